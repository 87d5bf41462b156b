//! What surrounds every request: its id, unknown addresses and methods, panics.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn answers_the_request_id_it_was_given_or_made() {
    let app = TestApp::new().await;
    let answer = app.merchant().with("x-request-id", "abc-123").get("/v1/connections").await;
    assert_eq!(answer.headers["x-request-id"], "abc-123");
    for unusable in ["", "two words", &"x".repeat(129)] {
        let answer = app.merchant().with("x-request-id", unusable).get("/v1/connections").await;
        let made = answer.headers["x-request-id"].to_str().unwrap();
        assert_eq!(made.len(), 36, "{made}");
    }
    let refused = app.anybody().get("/nowhere").await;
    assert!(refused.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_refused_in_the_common_shape() {
    let app = TestApp::new().await;
    for path in ["/v1/nowhere", "/v1/customers/", "/v1/customers/a/b/c", "/V1/customers", "/nowhere"] {
        app.merchant().get(path).await.refused(404, "NOT_FOUND");
    }
    for (method, path) in [
        (Method::PUT, "/v1/customers"),
        (Method::DELETE, "/v1/checkout/sessions"),
        (Method::PUT, "/v1/connections"),
        (Method::POST, "/health/live"),
        (Method::TRACE, "/v1/checkout/sessions/x"),
    ] {
        app.merchant().send(method, path, None, "").await.refused(405, "UNSUPPORTED_METHOD");
    }
}

#[tokio::test]
async fn connections_refuse_in_their_shape_whatever_it_is() {
    let app = TestApp::new().await;
    let refused = app.merchant().send(Method::PUT, "/v1/connections", None, "").await;
    assert_eq!(refused.expect(405)["type"], "validation_error");
    app.pool().close().await;
    assert_eq!(app.merchant().get("/v1/connections").await.expect(503)["type"], "api_error");
}

#[tokio::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let app = TestApp::new().await;
    let served: Value = app.anybody().get("/openapi.json").await.expect(200);
    assert_eq!(served["servers"], json!([{"url": "/"}]));
    assert_eq!(&served["paths"], &crate::support::document()["paths"]);
    let script = app.anybody().get("/docs/swagger-initializer.js").await;
    let script = String::from_utf8(script.bytes.to_vec()).unwrap();
    assert!(script.contains(r#""validatorUrl": "none""#) && !script.contains("://"), "{script}");
    let page = app.anybody().get("/docs/").await;
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.bytes.to_vec()).unwrap();
    assert!(page.contains("swagger-ui") && !page.contains("https://"), "{page}");
    assert_eq!(app.anybody().get("/docs/swagger-ui.css").await.status, 200);
    assert_eq!(app.anybody().get("/docs/swagger-ui-bundle.js").await.status, 200);
}
