//! Sessions that were completed and that have expired: told where a webhook asks for it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::list::kinds;
use crate::support::{Call, Client, GOOD_CARD, Receiver, TestApp};

async fn ask(merchant: &Client, url: &str) -> String {
    let mut body = merchant.webhook_body(url);
    body["payment_triggers"] = json!([]);
    body["enrollment_triggers"] = json!([]);
    body["checkout_session_triggers"] = json!(["COMPLETED", "EXPIRED"]);
    merchant.post("/v1/webhooks", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn pay(merchant: &Client) -> String {
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let payment = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    merchant.post("/v1/payments", payment).await.expect(201);
    session
}

#[tokio::test]
async fn nothing_is_told_that_nobody_asks_for() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    pay(&merchant).await;
    merchant.make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::hours(6));
    app.do_what_is_due().await;
    assert_eq!(kinds(&merchant, 0).await, ["payment.purchase"]);
}

#[tokio::test]
async fn each_session_is_told_of_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    // It expires before anybody asks.
    merchant.make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::hours(5) + TimeDelta::seconds(1));
    let receiver = Receiver::new().await;
    ask(&merchant, &receiver.url).await;
    let paid = pay(&merchant).await;
    let left = merchant.make_checkout_session("MX", "MXN").await;
    app.wait(TimeDelta::hours(5));
    app.do_what_is_due().await;
    assert_eq!(receiver.told().len(), 1, "only the completion: it expires now, and is told of within a millisecond");
    app.wait(TimeDelta::milliseconds(1));
    app.do_what_is_due().await;
    app.wait(TimeDelta::hours(5));
    app.do_what_is_due().await;
    let told: Vec<_> = receiver.calls().iter().map(Call::json).collect();
    let sessions: Vec<_> = told
        .iter()
        .map(|body| {
            let session = &body["data"]["checkout_session"];
            [&body["type_event"], &session["id"], &session["status"]].map(Value::clone)
        })
        .collect();
    assert_eq!(
        sessions,
        [
            [json!("checkout_session.completed"), json!(paid), json!("COMPLETED")],
            [json!("checkout_session.expired"), json!(left), json!("EXPIRED")],
        ]
    );
    assert_eq!(told[0]["type"], "checkout_session");
}

/// Its payment may still come to an end, and then it is completed.
#[tokio::test]
async fn a_session_with_a_payment_does_not_expire() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    ask(&merchant, &receiver.url).await;
    let session = merchant.make_checkout_session("MX", "MXN").await;
    let payment = merchant.payment_body(&session, "MX", "MXN", json!({"type": "OXXO"}));
    let payment = merchant.post("/v1/payments", payment).await.expect(201);
    app.wait(TimeDelta::hours(6));
    app.do_what_is_due().await;
    assert!(receiver.calls().is_empty());
    let page = &payment["payment_method"]["payment_method_detail"]["ticket"]["redirect_url"];
    app.decide(page.as_str().unwrap(), "decision=approve").await;
    app.deliver().await;
    assert_eq!(receiver.told()[0].0, "checkout_session.completed");
    // Completed once, whatever happens to its payment afterwards.
    merchant.refund(&payment).await;
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test]
async fn more_than_one_batch_expires_at_once_and_an_inactive_webhook_hears_of_none() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = ask(&merchant, &receiver.url).await;
    for _ in 0..150 {
        merchant.make_checkout_session("BR", "BRL").await;
    }
    app.wait(TimeDelta::hours(5) + TimeDelta::milliseconds(1));
    app.do_what_is_due().await;
    let told = receiver.told();
    let keys: std::collections::BTreeSet<_> = told.iter().map(|(_, _, key)| key).collect();
    assert_eq!((told.len(), keys.len()), (150, 150));
    merchant.make_checkout_session("BR", "BRL").await;
    merchant.change_webhook(&webhook, json!({"state": "INACTIVE"})).await;
    app.wait(TimeDelta::hours(6));
    app.do_what_is_due().await;
    merchant.change_webhook(&webhook, json!({"state": "ACTIVE"})).await;
    app.do_what_is_due().await;
    assert_eq!(receiver.told().len(), 150);
}
