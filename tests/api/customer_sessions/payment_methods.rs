//! `GET /v1/checkout/customers/sessions/{customer_session}/payment-methods`

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn lists_what_can_be_enrolled_in_the_country() {
    let app = TestApp::new().await;
    let id = app.merchant().make_customer_session("CO").await;
    let path = format!("/v1/checkout/customers/sessions/{id}/payment-methods");
    let listed = app.sdk().get(path).await.expect(200);
    let method = |name: &str, r#type: &str, category: &str| {
        json!({
            "name": name, "description": name, "type": r#type, "category": category,
            "icon": format!("https://sessions.example.com/icons/{}.svg", r#type.to_lowercase()),
            "enrollment": {"session": id, "sdk_required_action": true},
        })
    };
    let expected = json!({"payment_methods": [method("Card", "CARD", "CARD"), method("Nequi", "NEQUI", "WALLET")]});
    assert_eq!(listed.to_string(), expected.to_string());
}

#[tokio::test]
async fn another_country_has_other_methods() {
    let app = TestApp::new().await;
    let id = app.merchant().make_customer_session("BR").await;
    let listed = app.sdk().get(format!("/v1/checkout/customers/sessions/{id}/payment-methods")).await.expect(200);
    let types: Vec<_> = listed["payment_methods"].as_array().unwrap().iter().map(|method| &method["type"]).collect();
    assert_eq!(types, ["CARD"]);
}

#[tokio::test]
async fn a_deleted_customer_enrolls_nothing() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_customer_session("BR").await;
    let session = merchant.get(format!("/v1/customers/sessions/{id}")).await.expect(200);
    merchant.delete(format!("/v1/customers/{}", session["customer_id"].as_str().unwrap())).await.expect(202);
    let path = format!("/v1/checkout/customers/sessions/{id}/payment-methods");
    app.sdk().get(path).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    assert_eq!(merchant.get(format!("/v1/customers/sessions/{id}")).await.expect(200), session, "it stays readable");
}

#[tokio::test]
async fn an_unknown_or_expired_session_lists_nothing() {
    let app = TestApp::new().await;
    let id = app.merchant().make_customer_session("BR").await;
    app.wait(TimeDelta::hours(5));
    for id in [id, Uuid::new_v4().to_string(), "x".into()] {
        let path = format!("/v1/checkout/customers/sessions/{id}/payment-methods");
        app.sdk().get(path).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    }
}
