//! `GET /v1/connections/{connection_id}`

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn gives_a_connection_of_the_list() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let listed = merchant.get("/v1/connections").await.expect(200);
    let path = format!("/v1/connections/{}", listed[1]["connection_id"].as_str().unwrap());
    assert_eq!(merchant.get(path).await.expect(200), listed[1]);
}

#[tokio::test]
async fn there_must_be_such_a_connection() {
    let app = TestApp::new().await;
    let unknown = Uuid::new_v4().to_string();
    for id in [unknown.as_str(), "x"] {
        let error = app.merchant().get(format!("/v1/connections/{id}")).await.expect(404);
        assert_eq!((&error["code"], &error["type"]), (&json!("CONNECTION_NOT_FOUND"), &json!("not_found")));
        assert_eq!(error["message"], format!("Connection '{id}' was not found."));
    }
}
