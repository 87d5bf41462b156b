//! `/v1/testing/log`: what a client really sends, and nothing that must not be kept.

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Setup, TestApp};

async fn log(client: &Client) -> Vec<Value> {
    client.get("/v1/testing/log").await.expect(200).as_array().unwrap().clone()
}

#[tokio::test]
async fn has_requests_with_their_answers_in_order() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    merchant.without_secret().get(format!("/v1/checkout/sessions/{session}/payment-methods?category=CARD")).await;
    merchant.with("x-idempotency-key", "key-1").post("/v1/customers", json!({"email": 7})).await.expect(400);
    merchant.get("/v1/customers/x").await.expect(400);
    let [made, listed, refused, last] = &log(&merchant).await[..] else { panic!("{:?}", log(&merchant).await) };
    assert_eq!(
        (&made["method"], &made["path"], &made["status"]),
        (&json!("POST"), &json!("/v1/checkout/sessions"), &json!(200))
    );
    assert_eq!(
        (&made["body"], &made["answer"]["checkout_session"]),
        (&merchant.session_body("BR", "BRL"), &json!(session))
    );
    assert_eq!((&made["with_secret"], &made["fault"]), (&json!(true), &Value::Null));
    assert_eq!(made["headers"]["content-type"], "application/json");
    assert_eq!(listed["path"], format!("/v1/checkout/sessions/{session}/payment-methods?category=CARD"));
    assert_eq!(listed["route"], "/v1/checkout/sessions/{checkout_session}/payment-methods");
    assert_eq!((&listed["with_secret"], &listed["body"]), (&json!(false), &Value::Null));
    assert_eq!((&refused["status"], &refused["answer"]["code"]), (&json!(400), &json!("INVALID_PARAMETERS")));
    assert_eq!(refused["headers"]["x-idempotency-key"], "key-1");
    assert_eq!(last["route"], "/v1/customers/{customer_id}");
    let newest = merchant.get("/v1/testing/log?limit=1").await.expect(200);
    assert_eq!(newest[0], *last);
    merchant.delete("/v1/testing/log").await.expect(204);
    assert_eq!(log(&merchant).await.len(), 0);
}

#[tokio::test]
async fn has_no_card_data_and_no_secret() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    merchant.pay_direct(GOOD_CARD).await;
    let customer = merchant.make_customer().await;
    merchant.enroll(&customer, GOOD_CARD).await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    merchant.make_token(&session, GOOD_CARD).await;
    merchant.post("/v1/webhooks", merchant.whole_webhook_body()).await;
    let body = json!({"merchant_customer_id": "paid with 4111 1111 1111 1111"});
    merchant.post("/v1/customers", body).await.expect(201);
    merchant.get("/v1/payments?merchant_order_id=4111111111111111").await;
    let text = json!(log(&merchant).await).to_string();
    assert!(text.contains("/v1/payments") && text.contains("holder_name"));
    let secret = merchant.keys.secret.clone().unwrap();
    for gone in [GOOD_CARD, "4111", "\"123\"", &secret, "\"hmac\"", "\"secret\":\"secret\""] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
}

#[tokio::test]
async fn is_the_organizations_alone_and_nobody_writes_into_anothers() {
    let app = TestApp::new().await;
    let (one, other) = (app.test_merchant().await, app.test_merchant().await);
    one.get("/v1/connections").await.expect(200);
    let mut wrong = one.clone();
    wrong.keys.secret = other.keys.secret.clone();
    wrong.get("/v1/connections").await.expect(401);
    one.advance(json!({"hours": 1})).await;
    assert_eq!((log(&one).await.len(), log(&other).await.len()), (1, 0));
    one.get("/v1/connections").await.expect(200);
    assert_eq!(log(&one).await[1]["at"], "2026-01-15T13:00:00.000000Z");
    for _ in 0..120 {
        one.get("/v1/customers/x").await.expect(400);
    }
    assert_eq!(log(&one).await.len(), 100);
    one.without_secret().get("/v1/testing/log").await.refused(401, "INVALID_CREDENTIALS");
}

/// The same calls are answered in the same way where nothing is observed.
#[tokio::test]
async fn answers_are_the_same_without_test_controls() {
    let app = TestApp::new().await;
    let without = TestApp::with(Setup { testing: false, ..Setup::default() }).await;
    for path in
        ["/v1/connections", "/v1/customers/x", "/v1/catalog/payment-methods?country=BR", "/v1/webhooks", "/v1/nowhere"]
    {
        let (one, other) = (app.merchant().get(path).await, without.merchant().get(path).await);
        let names = |headers: &axum::http::HeaderMap| {
            let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!((one.status, names(&one.headers)), (other.status, names(&other.headers)), "{path}");
    }
}
