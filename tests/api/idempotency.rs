//! `X-Idempotency-Key`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// A call that makes something, and a second body that it would take too.
fn creations(client: &Client, customer: &str) -> Vec<(&'static str, Value, Value)> {
    let connection = |name: &str| {
        json!({
            "account_id": client.account, "merchant_connection_id": name, "provider_id": "YUNO_TEST_PAYMENT_GW",
            "flow_type": "PAYIN", "payment_methods": ["CARD"], "params": [],
        })
    };
    let session = |country: &str| json!({"account_id": client.account, "country": country, "customer_id": customer});
    vec![
        ("/v1/customers", json!({"merchant_customer_id": "one"}), json!({"merchant_customer_id": "two"})),
        ("/v1/checkout/sessions", client.session_body("BR", "BRL"), client.session_body("MX", "MXN")),
        ("/v1/customers/sessions", session("BR"), session("MX")),
        ("/v1/connections", connection("one"), connection("two")),
    ]
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let keyed = merchant.with("x-idempotency-key", "ce2e5f80-13ba-4f61-b2a1-f8dbf0e31b1d");
    for (path, body, other_body) in creations(&merchant, &customer) {
        let first = keyed.post(path, body.clone()).await;
        app.wait(TimeDelta::minutes(1));
        let again = keyed.post(path, body.clone()).await;
        assert_eq!((first.status, &first.bytes), (again.status, &again.bytes), "{path}");
        assert_eq!(again.headers["content-type"], "application/json");
        if path == "/v1/connections" {
            let error = keyed.post(path, other_body).await.expect(409);
            assert_eq!((&error["code"], &error["type"]), (&json!("IDEMPOTENCY_DUPLICATED"), &json!("conflict")));
        } else {
            let again = keyed.post(path, other_body).await;
            assert_eq!((first.status, &first.bytes), (again.status, &again.bytes), "{path}: the key decides");
        }
    }
}

#[tokio::test]
async fn keys_are_each_organizations_own() {
    let app = TestApp::new().await;
    let (one, other) = (app.merchant(), app.another_merchant().await);
    let path = "/v1/checkout/sessions";
    let key = ("x-idempotency-key", "the same");
    let first = one.with(key.0, key.1).post(path, one.session_body("BR", "BRL")).await.expect(200);
    let second = other.with(key.0, key.1).post(path, other.session_body("BR", "BRL")).await.expect(200);
    assert_ne!(first["checkout_session"], second["checkout_session"]);
}

#[tokio::test]
async fn a_key_is_forgotten_after_24_hours() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", "k");
    let body = merchant.session_body("BR", "BRL");
    let first = keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200);
    app.wait(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200), first);
    app.wait(TimeDelta::microseconds(1));
    let second = keyed.post("/v1/checkout/sessions", body).await.expect(200);
    assert_ne!(second["checkout_session"], first["checkout_session"]);
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key_up() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", "k");
    let path = "/v1/checkout/sessions";
    let mut body = merchant.session_body("BR", "BRL");
    body["customer_id"] = json!("00000000-0000-4000-8000-00000000ffff");
    keyed.post(path, json!({})).await.refused(400, "MISSING_PARAMETERS");
    keyed.post(path, body).await.refused(400, "CUSTOMER_NOT_FOUND");
    keyed.post(path, merchant.session_body("BR", "BRL")).await.expect(200);
}

#[tokio::test]
async fn a_key_must_be_short_plain_text() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for wrong in [String::new(), "k".repeat(256)] {
        let keyed = merchant.with("x-idempotency-key", wrong);
        keyed
            .post("/v1/checkout/sessions", merchant.session_body("BR", "BRL"))
            .await
            .refused_fields(&["X-Idempotency-Key"]);
    }
    let longest = merchant.with("x-idempotency-key", "k".repeat(255));
    longest.post("/v1/checkout/sessions", merchant.session_body("BR", "BRL")).await.expect(200);
}

#[tokio::test]
async fn many_equal_requests_at_once_make_one_session() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let calls = (0..40).map(|_| {
        let keyed = merchant.with("x-idempotency-key", "k");
        tokio::spawn(async move {
            let body = keyed.session_body("BR", "BRL");
            keyed.post("/v1/checkout/sessions", body).await.expect(200)["checkout_session"].clone()
        })
    });
    let mut answers = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        answers.push(call.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let kept: i64 = sqlx::query_scalar("select count(*) from checkout_sessions").fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 1);
}
