//! `GET /v1/customers/sessions/{customer_session}`

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn gives_what_was_created_until_and_after_it_expires() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let body = json!({"account_id": merchant.account, "country": "BR", "customer_id": customer});
    let mut session = merchant.post("/v1/customers/sessions", body).await.expect(200);
    let path = format!("/v1/customers/sessions/{}", session["customer_session"].as_str().unwrap());
    app.wait(TimeDelta::hours(5) - TimeDelta::microseconds(1));
    assert_eq!(merchant.get(&path).await.expect(200), session);
    app.wait(TimeDelta::microseconds(1));
    session["status"] = json!("EXPIRED");
    assert_eq!(merchant.get(&path).await.expect(200), session);
}

#[tokio::test]
async fn there_must_be_such_a_session() {
    let app = TestApp::new().await;
    for id in [Uuid::new_v4().to_string(), "x".into()] {
        app.merchant().get(format!("/v1/customers/sessions/{id}")).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    }
}
