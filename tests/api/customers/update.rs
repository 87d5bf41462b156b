//! `PATCH /v1/customers/{customer_id}`

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn changes_only_what_is_sent() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({
        "merchant_customer_id": "c-1", "first_name": "Ana", "last_name": "Souza",
        "phone": {"number": "1", "country_code": "55"}, "metadata": [{"key": "a", "value": "1"}],
    });
    let mut customer = merchant.post("/v1/customers", body).await.expect(201);
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    app.wait(TimeDelta::seconds(90));

    let change = json!({"first_name": "Maria", "email": "maria@example.com", "last_name": null, "unknown": 1});
    let changed = merchant.patch(&path, change).await.expect(200);
    customer["first_name"] = json!("Maria");
    customer["email"] = json!("maria@example.com");
    customer["updated_at"] = json!("2026-01-15T12:01:30.000000Z");
    assert_eq!(changed, customer);
    assert_eq!(merchant.get(&path).await.expect(200), customer);

    let change =
        json!({"phone": {"number": "2", "country_code": "1"}, "metadata": {"b": "2"}, "merchant_customer_id": "c-2"});
    let changed = merchant.patch(&path, change).await.expect(200);
    assert_eq!(changed["phone"], json!({"number": "2", "country_code": "1"}));
    assert_eq!(changed["metadata"], json!({"b": "2"}));
    merchant.get("/v1/customers?merchant_customer_id=c-2").await.expect(200);
    merchant.get("/v1/customers?merchant_customer_id=c-1").await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.patch(&path, json!({})).await.expect(200);
}

#[tokio::test]
async fn refuses_wrong_fields_and_changes_nothing() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.post("/v1/customers", json!({"merchant_customer_id": "c-1"})).await.expect(201);
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    let change = json!({"first_name": "Ana", "country": "br", "document": {"document_type": "CPF"}});
    merchant.patch(&path, change).await.refused_fields(&["country", "document.document_number"]);
    assert_eq!(merchant.get(&path).await.expect(200), customer);
}

#[tokio::test]
async fn refuses_a_merchant_customer_id_that_is_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    merchant.post("/v1/customers", json!({"merchant_customer_id": "c-1"})).await.expect(201);
    let second = merchant.post("/v1/customers", json!({"merchant_customer_id": "c-2"})).await.expect(201);
    let path = format!("/v1/customers/{}", second["id"].as_str().unwrap());
    merchant.patch(&path, json!({"merchant_customer_id": "c-1"})).await.refused(400, "CUSTOMER_ID_DUPLICATED");
    merchant.patch(&path, json!({"merchant_customer_id": "c-2"})).await.expect(200);
}

#[tokio::test]
async fn there_must_be_such_a_customer() {
    let app = TestApp::new().await;
    for id in [Uuid::new_v4().to_string(), "1".into()] {
        app.merchant().patch(format!("/v1/customers/{id}"), json!({})).await.refused(400, "CUSTOMER_NOT_FOUND");
    }
}
