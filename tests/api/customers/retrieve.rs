//! `GET /v1/customers/{customer_id}`

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn gives_what_was_created() {
    let app = TestApp::new().await;
    let body =
        json!({"merchant_customer_id": "c-1", "first_name": "Ana", "phone": {"number": "1", "country_code": "55"}});
    let created = app.merchant().post("/v1/customers", body).await.expect(201);
    let id = created["id"].as_str().unwrap();
    assert_eq!(app.merchant().get(format!("/v1/customers/{id}")).await.expect(200), created);
}

#[tokio::test]
async fn a_malformed_id_is_answered_like_an_unknown_one() {
    let app = TestApp::new().await;
    let unknown = Uuid::new_v4().to_string();
    let simple = Uuid::new_v4().simple().to_string();
    for id in [unknown.as_str(), &simple, "1", "%00", "%ff", "null", "%7B%7D"] {
        let messages = app.merchant().get(format!("/v1/customers/{id}")).await.refused(400, "CUSTOMER_NOT_FOUND");
        assert_eq!(messages, ["Customer not found."]);
    }
}
