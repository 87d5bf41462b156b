//! Gateways that do not answer, and payments that run out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::Semaphore;
use yuno_sessions::gateway::{Answer, Gateway, Gateways, Question, ResponseCode};

use super::{on, state};
use crate::support::{GOOD_CARD, TestApp};

/// A gateway that answers as often as it is let.
pub struct Held {
    asked: Semaphore,
    let_go: Arc<Semaphore>,
}

impl Held {
    pub fn new(answers: usize) -> Arc<Self> {
        Arc::new(Self { asked: Semaphore::new(0), let_go: Arc::new(Semaphore::new(answers)) })
    }

    /// Waits until it was asked once more.
    pub async fn asked(&self) {
        self.asked.acquire().await.unwrap().forget();
    }

    /// Lets it answer once more.
    pub fn let_go(&self) {
        self.let_go.add_permits(1);
    }
}

impl Gateway for Held {
    fn decide(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        self.asked.add_permits(1);
        let let_go = Arc::clone(&self.let_go);
        Box::pin(async move {
            let_go.acquire().await.unwrap().forget();
            Answer::plain(ResponseCode::succeeded())
        })
    }
}

/// A server whose gateway for cards is held.
pub async fn with_held(gateway: &Arc<Held>, limit: Duration) -> TestApp {
    let gateway: Arc<dyn Gateway> = Arc::<Held>::clone(gateway);
    TestApp::with_gateways(Gateways::default().with("YUNO_TEST_PAYMENT_GW", gateway, limit)).await
}

#[tokio::test]
async fn a_gateway_that_never_answers_ends_the_payment_as_timed_out() {
    let app = with_held(&Held::new(0), Duration::from_millis(1)).await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(state(&payment), ("ERROR", "TIMEOUT"));
    assert_eq!(payment["transactions"]["response_code"], "PROVIDER_TIMEOUT");
    let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!(found["status"], "COMPLETED");
}

#[tokio::test]
async fn a_gateway_that_never_answers_a_capture_or_a_refund_moves_no_money() {
    let gateway = Held::new(1);
    let app = with_held(&gateway, Duration::from_millis(1)).await;
    let merchant = app.merchant();
    let held = merchant.authorize().await;
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    let answer = merchant.post(on(&held, "capture"), capture.clone()).await.expect(200);
    assert_eq!((&answer["status"], &answer["response_code"]), (&json!("ERROR"), &json!("PROVIDER_TIMEOUT")));
    assert_eq!(
        (state(&answer["payment"]), &answer["payment"]["amount"]["captured"]),
        (("PENDING", "AUTHORIZED"), &json!(0))
    );

    gateway.let_go();
    let captured = merchant.post(on(&held, "capture"), capture).await.expect(200);
    let path = super::on_transaction(&held, &captured, "refund");
    let refund = json!({"merchant_reference": "ref-1"});
    let refunded = merchant.post(&path, refund.clone()).await.expect(200);
    assert_eq!((state(&refunded), &refunded["amount"]["refunded"]), (("SUCCEEDED", "CAPTURED"), &json!(0)));
    gateway.let_go();
    let refunded = merchant.post(&path, refund).await.expect(200);
    assert_eq!(state(&refunded), ("REFUNDED", "REFUNDED"), "what was not given back still can be");
}

#[tokio::test]
async fn no_connection_is_held_while_a_gateway_is_asked_and_one_operation_runs_at_a_time() {
    let gateway = Held::new(1);
    let app = with_held(&gateway, Duration::from_secs(60)).await;
    let merchant = app.merchant();
    let held = merchant.authorize().await;
    gateway.asked().await;
    let path = on(&held, "capture");
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    let first = {
        let (merchant, path, capture) = (merchant.clone(), path.clone(), capture.clone());
        tokio::spawn(async move { merchant.post(path, capture).await })
    };
    gateway.asked().await;
    // On the one connection of the embedded database.
    let messages = merchant.post(&path, capture).await.refused(400, "INVALID_STATUS");
    assert_eq!(messages, ["Invalid transaction status. Transaction already in progress."]);
    let cancel = json!({"merchant_reference": "ref-1"});
    merchant.post(on(&held, "cancel"), cancel).await.refused(400, "INVALID_STATUS");
    gateway.let_go();
    assert_eq!(state(&first.await.unwrap().expect(200)["payment"]), ("SUCCEEDED", "CAPTURED"));
}

#[tokio::test]
async fn a_payment_whose_server_died_is_ended_by_the_clock() {
    let gateway = Held::new(0);
    let app = with_held(&gateway, Duration::from_secs(600)).await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", "k");
    let body = merchant.direct_body(GOOD_CARD);
    let lost = {
        let (keyed, body) = (keyed.clone(), body.clone());
        tokio::spawn(async move { keyed.post("/v1/payments", body).await })
    };
    gateway.asked().await;
    lost.abort();
    keyed.post("/v1/payments", body.clone()).await.refused(400, "REQUEST_IN_PROCESS");
    app.wait(TimeDelta::minutes(2) - TimeDelta::microseconds(1));
    app.do_what_is_due().await;
    keyed.post("/v1/payments", body.clone()).await.refused(400, "REQUEST_IN_PROCESS");
    app.wait(TimeDelta::microseconds(1));
    app.do_what_is_due().await;
    let payment = keyed.post("/v1/payments", body).await.expect(201);
    assert_eq!(state(&payment), ("ERROR", "TIMEOUT"));
}

#[tokio::test]
async fn a_customer_that_never_pays_lets_the_payment_run_out() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (country, currency, r#type, span) in
        [("BR", "BRL", "PIX", TimeDelta::hours(1)), ("MX", "MXN", "OXXO", TimeDelta::days(3))]
    {
        let session = merchant.make_checkout_session(country, currency).await;
        let body = merchant.payment_body(&session, country, currency, json!({"type": r#type}));
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        let of_session = format!("/v1/checkout/sessions/{session}/payment");
        app.wait(span - TimeDelta::microseconds(1));
        app.do_what_is_due().await;
        assert_eq!(merchant.get(&of_session).await.expect(200)["status"], "PENDING");
        app.wait(TimeDelta::microseconds(1));
        // The page knows it before anybody has looked.
        let detail = &payment["payment_method"]["payment_method_detail"];
        let (_, detail) = detail.as_object().unwrap().iter().next().unwrap();
        let page = detail["redirect_url"].as_str().unwrap();
        app.decide(page, "decision=approve").await;
        let ended = merchant.get(&of_session).await.expect(200);
        assert_eq!(state(&ended), ("EXPIRED", "EXPIRED"), "{type}");
        assert_eq!(ended["transactions"]["response_code"], "EXPIRED_BY_PROVIDER");
    }
    let body = merchant.direct_body(GOOD_CARD);
    let mut pix = body.clone();
    pix["payment_method"] = json!({"type": "PIX"});
    let payment = merchant.post("/v1/payments", pix).await.expect(201);
    app.wait(TimeDelta::hours(1));
    app.do_what_is_due().await;
    let ended = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(state(&ended), ("EXPIRED", "EXPIRED"));
}

#[tokio::test]
async fn a_cardholder_that_never_authenticates_lets_the_payment_run_out() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct("4000000000003220").await;
    app.wait(TimeDelta::minutes(30));
    app.do_what_is_due().await;
    let ended = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(state(&ended), ("EXPIRED", "EXPIRED"));
    let statuses: Vec<_> = ended["transactions"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["EXPIRED", "EXPIRED"], "nobody came to authenticate");
}

#[tokio::test]
async fn held_money_does_not_run_out() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let held = merchant.authorize().await;
    app.wait(TimeDelta::days(30));
    app.do_what_is_due().await;
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    merchant.post(on(&held, "capture"), capture).await.expect(200);
}
