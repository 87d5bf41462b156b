//! How many requests are worked on at a time, and what they may hold.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use futures_util::stream;
use tokio::time::Instant;
use tower::ServiceExt as _;
use yuno_sessions::admission::Admission;
use yuno_sessions::config::limits::{BODY_TIMEOUT, Limits, MAX_ARRIVING_BYTES, MAX_BODY_BYTES};
use yuno_sessions::error::ApiError;
use yuno_sessions::gateway::Gateways;

use crate::payments::gateway::Held;
use crate::support::{GOOD_CARD, Setup, TestApp};

/// A server that works on so many requests at a time, with a gateway that answers when it is let go.
async fn busy(max_requests: usize) -> (std::sync::Arc<Held>, TestApp) {
    let gateway = Held::new(0);
    let gateways = Gateways::default().with("YUNO_TEST_PAYMENT_GW", gateway.clone(), Duration::from_secs(600));
    (
        gateway,
        TestApp::with(Setup { gateways, limits: Limits { max_requests, ..Limits::default() }, ..Setup::default() })
            .await,
    )
}

#[tokio::test]
async fn what_is_too_much_is_refused_at_once_and_let_in_when_there_is_room() {
    let (gateway, app) = busy(2).await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{session}");
    let paying = [(); 2].map(|()| {
        let merchant = merchant.clone();
        tokio::spawn(async move { merchant.pay_direct(GOOD_CARD).await })
    });
    gateway.asked().await;
    gateway.asked().await;

    let refused = merchant.get(&path).await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.refused(503, "SERVICE_UNAVAILABLE");
    app.sdk().get(format!("{path}/payment-methods")).await.refused(503, "SERVICE_UNAVAILABLE");
    assert_eq!(merchant.get("/v1/connections").await.expect(503)["type"], "api_error");
    // Whoever looks after the server is told that it is well.
    merchant.get("/health/ready").await.expect(200);

    gateway.let_go();
    gateway.let_go();
    for paid in paying {
        assert_eq!(paid.await.unwrap()["status"], "SUCCEEDED");
    }
    merchant.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_request_keeps_its_place_until_its_work_has_ended_also_when_its_client_goes_away() {
    let (gateway, app) = busy(1).await;
    let merchant = app.merchant();
    let payer = merchant.clone();
    let paying = tokio::spawn(async move { payer.pay_direct(GOOD_CARD).await });
    gateway.asked().await;
    paying.abort();
    assert!(paying.await.unwrap_err().is_cancelled());
    merchant.get("/v1/connections").await.expect(503);
    gateway.let_go();
    while merchant.get("/v1/connections").await.status == 503 {
        tokio::task::yield_now().await;
    }
    let paid = merchant.get("/v1/payments?merchant_order_id=order-1").await.expect(200);
    assert_eq!(paid[0]["status"], "SUCCEEDED");
}

fn request(body: Body) -> Request<Body> {
    Request::post("/").body(body).unwrap()
}

/// A body in pieces, which never ends when `ends` is not set.
fn in_pieces(pieces: usize, bytes: usize, ends: bool) -> Body {
    use futures_util::StreamExt as _;
    let pieces = stream::iter((0..pieces).map(move |_| Ok::<_, std::io::Error>(vec![b'x'; bytes])));
    match ends {
        true => Body::from_stream(pieces),
        false => Body::from_stream(pieces.chain(stream::pending())),
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_sent_slowly_is_waited_for_ten_seconds_and_takes_nobodys_place() {
    let admission = Admission::new(1);
    let began = Instant::now();
    let slow = admission.enter(request(in_pieces(1, 10, false)));
    let quick = async {
        let entered = admission.enter(request(in_pieces(3, 10, true))).await;
        assert!(entered.is_ok());
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    let (slow, ()) = tokio::join!(slow, quick);
    assert!(matches!(slow.err(), Some(ApiError::BodyTimeout)));
    assert_eq!(began.elapsed(), BODY_TIMEOUT);
}

#[tokio::test]
async fn bodies_have_a_limit_however_they_are_sent() {
    let admission = Admission::new(10);
    for (pieces, bytes) in [(1, MAX_BODY_BYTES), (256, 1024)] {
        assert!(admission.enter(request(in_pieces(pieces, bytes, true))).await.is_ok());
        let larger = admission.enter(request(in_pieces(pieces, bytes + 1, true))).await;
        assert!(matches!(larger.err(), Some(ApiError::PayloadTooLarge)), "{pieces} pieces");
    }
    // One that is announced is not read at all.
    let announced = Body::new(http_body_util::Full::<axum::body::Bytes>::from(vec![0; MAX_BODY_BYTES + 1]));
    assert!(matches!(admission.enter(request(announced)).await.err(), Some(ApiError::PayloadTooLarge)));
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_still_being_sent_take_bounded_memory() {
    let admission = Admission::new(10);
    let large = MAX_ARRIVING_BYTES / MAX_BODY_BYTES;
    let mut slow = Vec::new();
    for _ in 0..large {
        let admission = admission.clone();
        let sent = request(in_pieces(2, MAX_BODY_BYTES / 2, false));
        slow.push(tokio::spawn(async move { admission.enter(sent).await.err() }));
    }
    // Until each has had its turn.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let one_more = admission.enter(request(in_pieces(2, 10, true))).await;
    assert!(matches!(one_more.err(), Some(ApiError::Overloaded)));
    // What comes in one piece is there already.
    assert!(admission.enter(request(Body::from("{}"))).await.is_ok());
    for slow in slow {
        assert!(matches!(slow.await.unwrap(), Some(ApiError::BodyTimeout)));
    }
    assert!(admission.enter(request(in_pieces(2, 10, true))).await.is_ok());
}

#[tokio::test]
async fn a_large_body_is_refused_whatever_the_call_reads() {
    let app = TestApp::new().await;
    let large = vec![b' '; MAX_BODY_BYTES + 1];
    for path in ["/v1/customers", "/v1/checkout/sessions", "/v1/connections", "/v1/webhooks", "/v1/payments"] {
        let answer = app.merchant().send(Method::POST, path, Some(large.clone()), "application/json").await;
        answer.refused(413, "PAYLOAD_TOO_LARGE");
    }
    let answer = app.router.clone().oneshot(request(in_pieces(1, 10, true))).await.unwrap();
    assert_eq!(answer.status(), 405);
}
