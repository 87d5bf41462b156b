//! The `callback_url` of a session is notified of what happens on it, when the customer is sent elsewhere.

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, Reply, TestApp};

async fn pay(merchant: &Client, callback_url: &str, return_url: Option<&str>) -> Value {
    let mut session = merchant.session_body("BR", "BRL");
    session["callback_url"] = json!(callback_url);
    session["return_url"] = json!(return_url);
    let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
    let session = session["checkout_session"].as_str().unwrap();
    let token = merchant.make_token(session, GOOD_CARD).await;
    merchant
        .post("/v1/payments", merchant.payment_body(session, "BR", "BRL", json!({"token": token})))
        .await
        .expect(201)
}

#[tokio::test]
async fn gets_the_events_of_its_session_and_of_no_other() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (receiver, other) = (Receiver::new().await, Receiver::new().await);
    let payment = pay(&merchant, &receiver.url, Some("https://example.com/done")).await;
    pay(&merchant, &other.url, None).await;
    pay(&merchant, "myshop://paid", Some("https://example.com/done")).await;
    merchant.refund(&payment).await;
    app.deliver().await;
    let kinds: Vec<_> = receiver.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["payment.purchase", "payment.refund"]);
    let call = &receiver.calls()[0];
    assert_eq!((call.uri.path(), call.uri.query()), ("/hook", None));
    assert_eq!(call.json()["data"]["payment"]["id"], payment["id"]);
    assert!(call.json()["data"]["payment"]["callback_url"].as_str().unwrap().contains("?checkoutSession="));
    assert!(other.calls().is_empty(), "without a return_url the customer is sent there");
    let delivery = &merchant.get("/v1/events").await.expect(200)["events"][0]["deliveries"][0];
    assert_eq!((&delivery["webhook_id"], &delivery["callback_url"]), (&Value::Null, &json!(receiver.url)));
}

#[tokio::test]
async fn is_tried_like_a_webhook_and_can_be_sent_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
    pay(&merchant, &receiver.url, Some("https://example.com/done")).await;
    app.deliver().await;
    app.wait(chrono::TimeDelta::minutes(5));
    app.deliver().await;
    let delivery = merchant.get("/v1/events").await.expect(200)["events"][0]["deliveries"][0].clone();
    assert_eq!((&delivery["status"], &delivery["tries"]), (&json!("DELIVERED"), &json!(2)));
    merchant
        .post_nothing(format!("/v1/webhooks/deliveries/{}/resend", delivery["id"].as_str().unwrap()))
        .await
        .expect(202);
    app.deliver().await;
    assert_eq!(receiver.told().iter().map(|(_, retry, _)| *retry).collect::<Vec<_>>(), [0, 1, 0]);
}

#[tokio::test]
async fn of_a_customer_session_gets_its_enrollments() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let session = json!({
        "account_id": merchant.account, "country": "BR", "customer_id": merchant.make_customer().await,
        "callback_url": receiver.url, "return_url": "https://example.com/done",
    });
    let session = merchant.post("/v1/customers/sessions", session).await.expect(200);
    let path = format!("/v1/customers/sessions/{}/payment-methods", session["customer_session"].as_str().unwrap());
    let ready = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
    let ready = merchant.post(&path, ready).await.expect(201);
    let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
    app.sdk().post(complete, json!({"card_data": Client::card(GOOD_CARD)})).await.expect(200);
    app.deliver().await;
    let kinds: Vec<_> = receiver.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["enrollment.enroll"]);
}
