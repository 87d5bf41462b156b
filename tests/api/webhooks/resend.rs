//! `POST /v1/webhooks/deliveries/{delivery_id}/resend`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

fn path(delivery: &Value) -> String {
    format!("/v1/webhooks/deliveries/{}/resend", delivery["id"].as_str().unwrap())
}

#[tokio::test]
async fn what_was_delivered_is_sent_once_more_with_the_same_key() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let first = merchant.deliveries(&webhook).await[0].clone();
    let again = merchant.post_nothing(path(&first)).await.expect(202);
    assert_ne!(again["id"], first["id"]);
    assert_eq!((&again["status"], &again["event_id"]), (&json!("PENDING"), &first["event_id"]));
    app.deliver().await;
    let calls = receiver.calls();
    assert_eq!((calls.len(), &calls[0].bytes), (2, &calls[1].bytes));
    assert_eq!(merchant.deliveries(&webhook).await.len(), 2);
}

/// Who has mended its receiver need not wait for the next try.
#[tokio::test]
async fn what_is_pending_is_tried_now_and_its_lane_goes_on() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    let payment = merchant.authorize().await;
    let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    merchant.post(format!("/v1/payments/{id}/transactions/{transaction}/capture"), capture).await.expect(200);
    app.deliver().await;
    let [capture, authorize] = &merchant.deliveries(&webhook).await[..] else { panic!("not two deliveries") };
    merchant.post_nothing(path(capture)).await.refused(400, "INVALID_STATUS");
    let tried = merchant.post_nothing(path(authorize)).await.expect(202);
    assert_eq!(tried["id"], authorize["id"]);
    app.deliver().await;
    let told: Vec<_> = receiver.told().into_iter().map(|(kind, retry, _)| format!("{kind} {retry}")).collect();
    assert_eq!(told, ["payment.authorize 0", "payment.authorize 1", "payment.capture 0"]);
}

#[tokio::test]
async fn what_has_failed_begins_anew() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| Reply::Status(if before < 8 { 500 } else { 200 })).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    for _ in 0..8 {
        app.wait(TimeDelta::hours(50));
        app.deliver().await;
    }
    let failed = merchant.deliveries(&webhook).await[0].clone();
    assert_eq!((&failed["status"], receiver.calls().len()), (&json!("FAILED"), 7));
    let again = merchant.post_nothing(path(&failed)).await.expect(202);
    app.deliver().await;
    app.wait(TimeDelta::minutes(5));
    app.deliver().await;
    let retries: Vec<_> = receiver.told()[7..].iter().map(|(_, retry, _)| *retry).collect();
    assert_eq!(retries, [0, 1]);
    let sent = merchant.deliveries(&webhook).await;
    let sent = sent.iter().find(|delivery| delivery["id"] == again["id"]).unwrap();
    assert_eq!(sent["status"], "DELIVERED");
}

#[tokio::test]
async fn nothing_is_sent_to_an_inactive_webhook_or_of_an_unknown_delivery() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let delivery = merchant.deliveries(&webhook).await[0].clone();
    merchant.change_webhook(&webhook, json!({"state": "INACTIVE"})).await;
    merchant.post_nothing(path(&delivery)).await.refused(400, "INVALID_STATUS");
    for unknown in ["x", "00000000-0000-4000-8000-000000000001"] {
        let path = format!("/v1/webhooks/deliveries/{unknown}/resend");
        merchant.post_nothing(path).await.refused(404, "DELIVERY_NOT_FOUND");
    }
}
