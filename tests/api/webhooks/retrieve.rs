//! `GET /v1/webhooks/{webhook_id}`

use crate::support::TestApp;

#[tokio::test]
async fn answers_the_webhook_of_the_account() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let webhook = merchant.post("/v1/webhooks", merchant.webhook_body("https://example.com/")).await.expect(201);
    let path = format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let account = format!("?account_id={}", merchant.account);
    assert_eq!(merchant.get(format!("{path}{account}")).await.expect(200), webhook);
    merchant.get(&path).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    for unknown in ["123456789012345", "12345", "x", "00000000-0000-4000-8000-000000000001"] {
        merchant.get(format!("/v1/webhooks/{unknown}{account}")).await.refused(404, "WEBHOOK_NOT_FOUND");
    }
}
