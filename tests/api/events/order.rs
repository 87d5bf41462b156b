//! The order of events is that of their commits, whoever writes at once.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::support::{Client, GOOD_CARD, TestApp};

/// Somebody reads on and on while others pay: it ends up with every event, in one order, without a gap.
#[tokio::test]
async fn who_reads_on_misses_nothing_that_is_committed_meanwhile() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let paying: Vec<_> = (0..8)
        .map(|_| {
            let merchant = merchant.clone();
            tokio::spawn(async move {
                for _ in 0..15 {
                    merchant.pay_direct(GOOD_CARD).await;
                }
            })
        })
        .collect();
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let done = paying.iter().all(JoinHandle::is_finished);
        let page = merchant.get(format!("/v1/events?after={after}&limit=7")).await.expect(200);
        let events = page["events"].as_array().unwrap();
        read.extend(events.iter().map(|event| event["position"].clone()));
        after = page["next_after"].as_i64().unwrap();
        if done && events.is_empty() {
            break;
        }
    }
    for paying in paying {
        paying.await.unwrap();
    }
    let expected: Vec<_> = (1..=120).map(Value::from).collect();
    assert_eq!(read, expected);
}

/// A change that is not committed has no event, and one that is has it: they are one transaction.
#[tokio::test]
async fn an_event_that_cannot_be_written_undoes_its_change() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    sqlx::query("alter table events add constraint none check (false)").execute(app.pool()).await.unwrap();
    let body = json!({
        "account_id": merchant.account, "country": "BR", "type": "CARD",
        "card_data": Client::card(GOOD_CARD),
    });
    let request = Request::post(format!("/v1/customers/{customer}/payment-methods"))
        .header("public-api-key", merchant.keys.public.unwrap())
        .header("private-secret-key", merchant.keys.secret.unwrap())
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    assert_eq!(app.router.clone().oneshot(request).await.unwrap().status(), 500);
    let left: i64 = sqlx::query_scalar("select count(*) from payment_methods").fetch_one(app.pool()).await.unwrap();
    assert_eq!(left, 0);
}
