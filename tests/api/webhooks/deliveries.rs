//! `GET /v1/webhooks/{webhook_id}/deliveries`

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

#[tokio::test]
async fn are_listed_newest_first_page_by_page_and_by_status() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 2 { 500 } else { 200 })).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    for _ in 0..5 {
        merchant.pay_direct(GOOD_CARD).await;
        app.wait(TimeDelta::seconds(1));
        app.deliver().await;
    }
    let all = merchant.deliveries(&webhook).await;
    let positions: Vec<_> = all.iter().map(|delivery| delivery["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, [5, 4, 3, 2, 1]);
    let path = format!("/v1/webhooks/{webhook}/deliveries?limit=2");
    let first = merchant.get(&path).await.expect(200);
    assert_eq!(first, json!(all[..2]));
    let second = merchant.get(format!("{path}&before={}", first[1]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(second, json!(all[2..4]));
    let pending = merchant.get(format!("{path}&status=PENDING")).await.expect(200);
    assert_eq!(pending, json!([all[2]]));
    for (query, place) in
        [("status=LATE", "status"), ("limit=0", "limit"), ("limit=x", "limit"), ("before=1", "before")]
    {
        let messages = merchant.get(format!("/v1/webhooks/{webhook}/deliveries?{query}")).await;
        let messages = messages.refused(400, "WEBHOOK_INVALID_REQUEST");
        assert!(messages[0].starts_with(place), "{messages:?}");
    }
}
