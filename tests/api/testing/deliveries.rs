//! `/v1/testing/deliveries`: webhooks, without waiting for the server's own time.

use serde_json::{Value, json};

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

#[tokio::test]
async fn what_is_due_was_told_when_it_answers() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
    let others = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    other.make_webhook(&others.url).await;
    for _ in 0..3 {
        merchant.pay_direct(GOOD_CARD).await;
    }
    other.pay_direct(GOOD_CARD).await;
    let wait = || async { merchant.post_nothing("/v1/testing/deliveries/wait").await.expect(200) };
    assert_eq!(wait().await, json!({"deliveries_tried": 3, "complete": true}));
    assert_eq!((receiver.calls().len(), others.calls().len()), (3, 0));
    assert_eq!(wait().await, json!({"deliveries_tried": 0, "complete": true}), "the other try is due in five minutes");
    let deliveries = merchant.deliveries(&webhook).await;
    assert_eq!(deliveries.iter().filter(|delivery| delivery["status"] == "DELIVERED").count(), 2);
    // What it begins while others deliver too is begun once.
    merchant.pay_direct(GOOD_CARD).await;
    let (waited, ()) = tokio::join!(wait(), app.deliver());
    assert_eq!(waited["complete"], true);
    assert_eq!((receiver.calls().len(), others.calls().len()), (4, 1));
}

#[tokio::test]
async fn what_would_be_sent_is_told_where_nobody_receives_it() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let payment = merchant.pay_direct(GOOD_CARD).await;
    assert_eq!(merchant.post_nothing("/v1/testing/deliveries/wait").await.expect(200)["deliveries_tried"], 0);
    let events = merchant.get("/v1/events").await.expect(200);
    let event = &events["events"][0];
    assert_eq!((&event["body"]["data"]["payment"]["id"], &event["deliveries"]), (&payment["id"], &json!([])));
    assert_ne!(event["body"]["data"]["payment"], Value::Null);
}
