//! `GET /v1/customers?merchant_customer_id=` and `GET /v1/customers/external/{merchant_customer_id}`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn both_forms_give_the_one_customer() {
    let app = TestApp::new().await;
    let body = json!({"merchant_customer_id": "ana@example.com/1", "first_name": "Ana"});
    let created = app.merchant().post("/v1/customers", body).await.expect(201);
    let merchant = app.merchant();
    let by_query = merchant.get("/v1/customers?merchant_customer_id=ana%40example.com%2F1").await.expect(200);
    let by_path = merchant.get("/v1/customers/external/ana%40example.com%2F1").await.expect(200);
    assert_eq!((by_query, by_path), (created.clone(), created));
}

#[tokio::test]
async fn says_when_there_is_none_and_when_nothing_was_asked() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    merchant.get("/v1/customers?merchant_customer_id=nobody").await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.get("/v1/customers/external/nobody").await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.get("/v1/customers/external/%00").await.refused(400, "CUSTOMER_NOT_FOUND");
    let missing = merchant.get("/v1/customers").await.refused(400, "MISSING_PARAMETERS");
    assert_eq!(missing, ["merchant_customer_id: is required"]);
    merchant.get("/v1/customers?merchant_customer_id=").await.refused_fields(&["merchant_customer_id"]);
    let twice = "/v1/customers?merchant_customer_id=a&merchant_customer_id=b";
    merchant.get(twice).await.refused_fields(&["merchant_customer_id"]);
    let unknown_twice = "/v1/customers?merchant_customer_id=nobody&utm=1&utm=2&utm=3";
    merchant.get(unknown_twice).await.refused(400, "CUSTOMER_NOT_FOUND");
}
