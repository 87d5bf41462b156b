//! `PATCH /v1/connections/{connection_id}`

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn changes_only_what_is_sent() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let connections = merchant.get("/v1/connections").await.expect(200);
    let dlocal = connections.as_array().unwrap().iter().find(|connection| connection["provider_id"] == "DLOCAL");
    let mut connection = dlocal.unwrap().clone();
    let path = format!("/v1/connections/{}", connection["connection_id"].as_str().unwrap());
    app.wait(TimeDelta::seconds(5));
    connection["updated_at"] = json!("2026-01-15T12:00:05Z");
    for (change, key, value) in [
        (json!({"status": "PAUSED"}), "status", json!("PAUSED")),
        (json!({"payment_methods": ["PIX", "OXXO", "PIX"]}), "payment_methods", json!(["PIX", "OXXO"])),
        (json!({"countries": ["BR", "MX"]}), "countries", json!(["BR", "MX"])),
        (json!({"currencies": ["BRL"]}), "currencies", json!(["BRL"])),
        (json!({"countries": []}), "countries", json!(null)),
        (json!({"status": "ACTIVE", "currencies": null}), "status", json!("ACTIVE")),
    ] {
        connection[key] = value;
        assert_eq!(merchant.patch(&path, change).await.expect(200), connection);
    }
}

#[tokio::test]
async fn refuses_what_is_wrong() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let connection = merchant.get("/v1/connections").await.expect(200)[0].clone();
    let path = format!("/v1/connections/{}", connection["connection_id"].as_str().unwrap());
    let wrong = json!({"status": "OFF", "payment_methods": [], "countries": ["b"], "currencies": [1]});
    let fields = ["status", "payment_methods", "countries[0]", "currencies[0]"];
    merchant.patch(&path, wrong).await.refused_fields(&fields);
    merchant.patch(&path, json!({"payment_methods": ["NOPE"]})).await.refused(400, "UNSUPPORTED_PAYMENT_METHOD");
    assert_eq!(merchant.get(&path).await.expect(200), connection);
    for id in [Uuid::new_v4().to_string(), "x".into()] {
        merchant.patch(format!("/v1/connections/{id}"), json!({})).await.refused(404, "CONNECTION_NOT_FOUND");
    }
}
