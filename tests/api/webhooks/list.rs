//! `GET /v1/webhooks`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn lists_those_of_an_account_oldest_first_by_state() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let path = format!("/v1/webhooks?account_id={}", merchant.account);
    assert_eq!(merchant.get(&path).await.expect(200), json!([]));
    let one = merchant.make_webhook("https://example.com/one").await;
    app.wait(chrono::TimeDelta::seconds(1));
    let two = merchant.make_webhook("https://example.com/two").await;
    merchant.change_webhook(&two, json!({"state": "INACTIVE"})).await;
    let listed = async |path: &str| {
        let webhooks = merchant.get(path).await.expect(200);
        webhooks
            .as_array()
            .unwrap()
            .iter()
            .map(|webhook| webhook["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&path).await, [one.clone(), two.clone()]);
    assert_eq!(listed(&format!("{path}&state=ACTIVE")).await, [one]);
    assert_eq!(listed(&format!("{path}&state=INACTIVE")).await, [two]);
}

#[tokio::test]
async fn wants_an_account_of_the_organization() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let messages = merchant.get("/v1/webhooks").await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(messages, ["account_id: is required"]);
    let path = format!("/v1/webhooks?account_id={}&state=PAUSED", merchant.account);
    let messages = merchant.get(path).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(messages, ["state: must be one of ACTIVE INACTIVE"]);
    let stranger = app.another_merchant().await;
    merchant.get(format!("/v1/webhooks?account_id={}", stranger.account)).await.refused(400, "INVALID_ACCOUNT_ID");
}
