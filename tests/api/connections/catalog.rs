//! `GET /v1/connections/catalog/{provider_id}`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn tells_what_a_provider_offers_and_needs() {
    let app = TestApp::new().await;
    let stripe = app.merchant().get("/v1/connections/catalog/STRIPE").await.expect(200);
    assert!(stripe["payment_method_type"].as_array().unwrap().contains(&json!("CARD")));
    assert_eq!((&stripe["params"][0]["param_id"], &stripe["params"][0]["secret"]), (&json!("API_KEY"), &json!(true)));
    let gateway = app.merchant().get("/v1/connections/catalog/YUNO_TEST_PAYMENT_GW").await.expect(200);
    assert_eq!(gateway, json!({"payment_method_type": ["CARD"], "params": []}));
}

#[tokio::test]
async fn case_matters() {
    let app = TestApp::new().await;
    for provider in ["stripe", "NOT_A_PROVIDER", "%00"] {
        app.merchant().get(format!("/v1/connections/catalog/{provider}")).await.refused(404, "PROVIDER_NOT_FOUND");
    }
}
