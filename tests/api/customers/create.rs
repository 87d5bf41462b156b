//! `POST /v1/customers`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn answers_all_that_was_sent() {
    let app = TestApp::new().await;
    let body = app.merchant().whole_customer_body();
    let customer = app.merchant().post("/v1/customers", body.clone()).await.expect(201);
    for (field, sent) in body.as_object().unwrap() {
        match sent.as_object() {
            Some(object) => {
                for (inner, sent) in object {
                    assert_eq!(&customer[field][inner], sent, "{field}.{inner}");
                }
            }
            None => assert_eq!(&customer[field], sent, "{field}"),
        }
    }
    assert_eq!(customer["created_at"], "2026-01-15T12:00:00.000000Z");
    assert_eq!(customer["updated_at"], "2026-01-15T12:00:00.000000Z");
    assert_eq!(customer["id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn answers_what_is_not_known_as_the_contract_has_it() {
    let app = TestApp::new().await;
    let customer = app.merchant().post("/v1/customers", json!({"merchant_customer_id": "c-1"})).await.expect(201);
    let keys: Vec<_> = customer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "id",
            "merchant_customer_id",
            "first_name",
            "last_name",
            "gender",
            "date_of_birth",
            "email",
            "nationality",
            "country",
            "document",
            "phone",
            "billing_address",
            "shipping_address",
            "created_at",
            "updated_at",
            "merchant_customer_created_at",
        ]
    );
    assert!(keys[2..13].iter().all(|key| customer[*key].is_null()));
}

#[tokio::test]
async fn refuses_a_merchant_customer_id_that_is_taken_in_the_organization() {
    let app = TestApp::new().await;
    let body = json!({"merchant_customer_id": "c-1"});
    app.merchant().post("/v1/customers", body.clone()).await.expect(201);
    app.merchant().post("/v1/customers", body.clone()).await.refused(400, "CUSTOMER_ID_DUPLICATED");
    app.another_merchant().await.post("/v1/customers", body).await.expect(201);
}

#[tokio::test]
async fn names_every_wrong_field_inside_and_out() {
    let app = TestApp::new().await;
    let body = json!({
        "merchant_customer_created_at": "yesterday",
        "first_name": "",
        "email": "nobody",
        "date_of_birth": "28/02/1990",
        "country": "UK",
        "document": {"document_number": "1"},
        "phone": {},
        "billing_address": {"city": 7, "country": "br"},
        "shipping_address": [],
        "metadata": [{"key": "k".repeat(49), "value": "v"}],
    });
    app.merchant().post("/v1/customers", body).await.refused_fields(&[
        "merchant_customer_id",
        "merchant_customer_created_at",
        "first_name",
        "date_of_birth",
        "email",
        "country",
        "document.document_number",
        "phone.number",
        "phone.country_code",
        "billing_address.address_line_1",
        "billing_address.city",
        "billing_address.country",
        "shipping_address",
        "metadata[0].key",
    ]);
    let missing = app.merchant().post("/v1/customers", json!({"phone": {"number": "1"}})).await;
    assert_eq!(
        missing.refused(400, "MISSING_PARAMETERS"),
        ["merchant_customer_id: is required", "phone.country_code: is required"]
    );
}

#[tokio::test]
async fn metadata_comes_back_in_the_form_and_order_it_was_sent() {
    let app = TestApp::new().await;
    let body = json!({"merchant_customer_id": "c-1", "metadata": {"zebra": "1", "a": "2", "mm": "3"}});
    let customer = app.merchant().post("/v1/customers", body).await.expect(201);
    let id = customer["id"].as_str().unwrap();
    let retrieved = app.merchant().get(format!("/v1/customers/{id}")).await.expect(200);
    for customer in [customer.clone(), retrieved] {
        assert_eq!(customer["metadata"].to_string(), r#"{"zebra":"1","a":"2","mm":"3"}"#);
    }
}
