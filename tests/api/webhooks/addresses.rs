//! Where webhooks may not lead, when they are set and when they are called.

use serde_json::json;

use crate::support::{GOOD_CARD, Receiver, TestApp};

#[tokio::test]
async fn a_webhook_into_a_private_network_is_refused_when_it_is_set() {
    let app = TestApp::public_only().await;
    let merchant = app.merchant();
    let webhook = merchant.make_webhook("https://1.1.1.1/hook").await;
    for url in [
        "http://localhost/hook",
        "http://127.0.0.1:9000/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/",
        "http://[::1]/",
        "http://[fd00:ec2::254]/",
        "http://0x7f.1/",
        "https://no-such-name.invalid/",
    ] {
        merchant.post("/v1/webhooks", merchant.webhook_body(url)).await.refused(400, "WEBHOOK_URL_UNSAFE");
        let change = json!({"account_id": merchant.account, "url": url});
        merchant.patch(format!("/v1/webhooks/{webhook}"), change).await.refused(400, "WEBHOOK_URL_UNSAFE");
    }
    let mut body = merchant.webhook_body("https://1.1.1.1/other");
    for (field, value) in [
        ("oauth2_authentication_url", "https://localhost/token"),
        ("oauth2_client_id", "id"),
        ("oauth2_client_secret", "s"),
        ("oauth2_grant_type", "client_credentials"),
    ] {
        body[field] = json!(value);
    }
    merchant.post("/v1/webhooks", body.clone()).await.refused(400, "WEBHOOK_URL_UNSAFE");
    body["oauth2_authentication_url"] = json!("http://1.1.1.1/token");
    merchant.post("/v1/webhooks", body).await.refused(400, "WEBHOOK_INVALID_OAUTH2");
}

/// The name may have moved since it was set.
#[tokio::test]
async fn and_again_when_it_is_called() {
    let app = TestApp::public_only().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    for url in [receiver.url.clone(), receiver.url.replace("127.0.0.1", "localhost")] {
        let webhook = merchant.make_webhook("https://1.1.1.1/hook").await;
        sqlx::query("update webhooks set url = $1").bind(&url).execute(app.pool()).await.unwrap();
        merchant.pay_direct(GOOD_CARD).await;
        app.deliver().await;
        let delivery = &merchant.deliveries(&webhook).await[0];
        assert!(delivery["problem"].as_str().unwrap().ends_with("the address is not public"), "{delivery}");
        assert_eq!(delivery["answer_status"], json!(null));
        merchant.delete(format!("/v1/webhooks/{webhook}?account_id={}", merchant.account)).await.expect(200);
    }
    assert!(receiver.calls().is_empty());
}
