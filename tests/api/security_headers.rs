//! What every answer says to browsers, and what none says to anybody.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::support::{Client, GOOD_CARD, TestApp, document, fill};

/// An answer that may be a fault of the server's.
pub async fn unchecked(client: &Client, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in [("public-api-key", &client.keys.public), ("private-secret-key", &client.keys.secret)] {
        request = request.header(name, value.as_deref().unwrap_or_default());
    }
    let request = request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
    let answer = client.oneshot(request).await;
    let status = answer.status();
    assert_data_headers(&format!("{method} {path} {status}"), answer.headers());
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// What every answer of the API must have.
fn assert_data_headers(what: &str, headers: &HeaderMap) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(headers.get(name).map(|value| value.to_str().unwrap()), Some(value), "{what}: {name}");
    }
}

#[tokio::test]
async fn every_answer_of_the_api_has_them() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (template, operations) in document()["paths"].as_object().unwrap() {
        for verb in operations.as_object().unwrap().keys() {
            let (method, path): (Method, _) = (verb.to_uppercase().parse().unwrap(), fill(template, |_| "x".into()));
            for client in [&merchant, &app.anybody()] {
                let answer = client.send(method.clone(), &path, None, "").await;
                assert_data_headers(&format!("{verb} {path}"), &answer.headers);
            }
        }
    }
    for (method, path) in
        [(Method::GET, "/nowhere"), (Method::PUT, "/v1/customers"), (Method::OPTIONS, "/v1/customers")]
    {
        assert_data_headers(path, &merchant.send(method, path, None, "").await.headers);
    }
    let icon = app.anybody().get("/icons/pix.svg").await;
    assert_eq!(icon.headers["cache-control"], "public, max-age=86400");
    assert_eq!(icon.headers["x-content-type-options"], "nosniff");
    assert_eq!(icon.headers.get_all("cache-control").iter().count(), 1);
}

#[tokio::test]
async fn pages_may_do_what_they_need_and_nothing_else() {
    let app = TestApp::new().await;
    for path in ["/docs/", "/docs/swagger-ui-bundle.js", "/openapi.json"] {
        let page = app.anybody().get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
    }
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let page = payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
    let path = page.strip_prefix("https://sessions.example.com").unwrap();
    let page = app.anybody().get(path).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("unsafe") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("style-src 'self';"), "{policy}");
    let html = String::from_utf8(page.bytes.to_vec()).unwrap();
    assert!(!html.contains(" style="), "{html}");
}

#[tokio::test]
async fn a_fault_tells_nothing_of_the_inside() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    merchant.get("/v1/connections").await.expect(200);
    app.pool()
        .execute("drop table payments, payment_methods, customers, tokens, connections, webhooks cascade")
        .await
        .unwrap();
    let mut faults = 0;
    for (template, operations) in document()["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            let path = fill(template, |name| match name {
                "checkout_session" => session.clone(),
                "webhook_id" => "123456789012345".to_owned(),
                _ => "01980f2e-7a6b-7c4d-8e5f-0123456789ab".to_owned(),
            });
            let mut body = operation["requestBody"]["content"]["application/json"]["example"].clone();
            body["account_id"] = json!(merchant.account);
            let query =
                if path.ends_with("/webhooks") { format!("?account_id={}", merchant.account) } else { String::new() };
            let (status, answer) =
                unchecked(&merchant, &verb.to_uppercase(), &(path.clone() + &query), Some(body)).await;
            if status == 500 {
                faults += 1;
                assert_eq!(
                    (&answer["code"], &answer["messages"]),
                    (&json!("INTERNAL_ERROR"), &json!(["Internal error."]))
                );
            }
            let text = answer.to_string();
            for inside in
                ["relation", "select ", "insert ", "sqlx", "src/", ".rs", "panicked", "postgres", "/home", "/work"]
            {
                assert!(!text.contains(inside), "{verb} {path}: {text}");
            }
        }
    }
    assert!(faults > 20, "only {faults} faults were provoked");
}
