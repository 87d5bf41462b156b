//! `DELETE /v1/webhooks/{webhook_id}`

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

#[tokio::test]
async fn answers_what_is_gone_and_delivers_nothing_more() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, _| Reply::Status(500)).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let path = format!("/v1/webhooks/{webhook}?account_id={}", merchant.account);
    let shown = merchant.get(&path).await.expect(200);
    assert_eq!(merchant.delete(&path).await.expect(200), shown);
    merchant.delete(&path).await.refused(404, "WEBHOOK_NOT_FOUND");
    merchant.get(format!("/v1/webhooks/{webhook}/deliveries")).await.refused(404, "WEBHOOK_NOT_FOUND");
    let events = merchant.get("/v1/events").await.expect(200);
    assert_eq!(events["events"][0]["deliveries"][0]["status"], "CANCELED", "at once");
    app.wait(TimeDelta::hours(1));
    app.deliver().await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1);
    let events = merchant.get("/v1/events").await.expect(200);
    let delivery = &events["events"][0]["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["tries"]), (&json!("CANCELED"), &json!(1)));
    let resend = format!("/v1/webhooks/deliveries/{}/resend", delivery["id"].as_str().unwrap());
    merchant.post_nothing(resend).await.refused(404, "DELIVERY_NOT_FOUND");
}
