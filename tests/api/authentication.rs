//! Who may call what.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::Executor as _;
use uuid::Uuid;

use crate::support::{TestApp, document, fill};

#[tokio::test]
async fn refuses_missing_and_wrong_keys() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut wrong_public = merchant.clone();
    wrong_public.keys.public = Some("sandbox_nobody".into());
    let mut wrong_secret = merchant.clone();
    wrong_secret.keys.secret = Some("sandbox_demo_secret_kex".into());
    let mut no_public = merchant.clone();
    no_public.keys.public = None;
    let mut empty = merchant.clone();
    empty.keys.secret = Some(String::new());
    let mut long = merchant.clone();
    long.keys.public = Some("x".repeat(100_000));
    for client in [app.anybody(), long, wrong_public, wrong_secret, no_public, empty, app.sdk()] {
        client.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    }
    merchant.get("/v1/connections").await.expect(200);
}

#[tokio::test]
async fn keys_are_asked_for_before_the_body_is_looked_at() {
    let app = TestApp::new().await;
    app.anybody().post("/v1/customers", json!({})).await.refused(401, "INVALID_CREDENTIALS");
}

/// What an SDK client may call, and nothing else.
const PUBLIC_KEY_CALLS: [&str; 7] = [
    "/v1/checkout/sessions/{checkout_session}/payment-methods",
    "/v1/checkout/sessions/{checkout_session}/installments",
    "/v1/checkout/sessions/{checkout_session}/token",
    "/v1/checkout/sessions/{checkout_session}/info",
    "/v1/checkout/sessions/{checkout_session}/pay",
    "/v1/checkout/customers/sessions/{customer_session}/payment-methods",
    "/v1/customers/sessions/{customer_session}/payment-methods/{payment_method_id}/complete",
];

#[tokio::test]
async fn the_public_key_alone_opens_what_an_sdk_needs_and_nothing_else() {
    let app = TestApp::new().await;
    let session = app.merchant().make_checkout_session("BR", "BRL").await;
    app.sdk().get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    let session = app.merchant().make_customer_session("BR").await;
    app.sdk().get(format!("/v1/checkout/customers/sessions/{session}/payment-methods")).await.expect(200);

    for (path, operations) in document()["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            let method: Method = verb.to_uppercase().parse().unwrap();
            let open = operation["security"].as_array().is_some_and(|security| security.contains(&json!({})));
            let path_of_nobody = fill(path, |_| "x".to_owned());
            let answer = app.sdk().send(method, &path_of_nobody, None, "").await;
            let refused = answer.status == 401;
            assert_eq!(refused, !open && !PUBLIC_KEY_CALLS.contains(&path.as_str()), "{verb} {path_of_nobody}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_on_public_key_calls_too() {
    let app = TestApp::new().await;
    let session = app.merchant().make_checkout_session("BR", "BRL").await;
    let mut wrong = app.merchant();
    wrong.keys.secret = Some("wrong".into());
    let path = format!("/v1/checkout/sessions/{session}/payment-methods");
    wrong.get(&path).await.refused(401, "INVALID_CREDENTIALS");
    app.merchant().get(&path).await.expect(200);
}

#[tokio::test]
async fn an_account_of_nobody_or_of_another_organization_is_refused() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let other = app.another_merchant().await;
    for account in [other.account.clone(), Uuid::nil().to_string(), "x".into(), String::new()] {
        merchant.with("x-account-code", account).get("/v1/connections").await.refused(400, "INVALID_ACCOUNT_ID");
    }
    merchant.with("x-account-code", &merchant.account).get("/v1/connections").await.expect(200);

    let mut body = merchant.session_body("BR", "BRL");
    body["account_id"] = json!(other.account);
    merchant.post("/v1/checkout/sessions", body).await.refused(400, "INVALID_ACCOUNT_ID");
    let path = format!("/v1/connections?account_id={}", other.account);
    merchant.get(path).await.refused(400, "INVALID_ACCOUNT_ID");
}

#[tokio::test]
async fn a_checked_key_is_remembered_for_a_second() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    merchant.get("/v1/connections").await.expect(200);
    app.pool().execute("delete from api_keys").await.unwrap();
    app.wait(TimeDelta::milliseconds(999));
    merchant.get("/v1/connections").await.expect(200);
    app.wait(TimeDelta::milliseconds(1));
    merchant.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn pages_of_any_merchant_may_make_public_key_calls_and_no_others() {
    let app = TestApp::new().await;
    let page = app.anybody().with("origin", "https://shop.example.com");
    let preflight =
        page.with("access-control-request-method", "GET").with("access-control-request-headers", "public-api-key");
    for path in PUBLIC_KEY_CALLS {
        let path = fill(path, |_| "x".to_owned());
        let answer = preflight.send(Method::OPTIONS, &path, None, "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["access-control-allow-headers"], "*");
        let answer = page.get(&path).await;
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "a refusal must be readable too");
    }
    let answer = preflight.send(Method::OPTIONS, "/v1/customers", None, "").await;
    assert_eq!(answer.status, 405);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn only_the_digest_of_a_secret_is_kept() {
    let app = TestApp::new().await;
    let kept: String =
        sqlx::query_scalar("select string_agg(api_keys::text, ' ') from api_keys").fetch_one(app.pool()).await.unwrap();
    assert!(kept.contains("sandbox_demo_public_key") && !kept.contains("sandbox_demo_secret_key"));
}
