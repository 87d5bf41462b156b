//! `GET /v1/connections`

use crate::support::TestApp;

#[tokio::test]
async fn lists_the_organizations_connections_oldest_first() {
    let app = TestApp::new().await;
    let other = app.another_merchant().await;
    let listed = other.get("/v1/connections").await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    app.wait(chrono::TimeDelta::milliseconds(1));
    let second = other.post("/v1/connections", other.connection_body()).await.expect(201);
    let both = other.get("/v1/connections").await.expect(200);
    assert_eq!(both, serde_json::json!([listed[0], second]));
    let filtered = other.get(format!("/v1/connections?account_id={}", other.account)).await.expect(200);
    assert_eq!(filtered, both);
    assert_eq!(app.merchant().get("/v1/connections").await.expect(200).as_array().unwrap().len(), 4);
    other.get("/v1/connections?account_id=x").await.refused_fields(&["account_id"]);
}
