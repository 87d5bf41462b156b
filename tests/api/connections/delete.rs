//! `DELETE /v1/connections/{connection_id}`

use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn is_gone_and_cannot_be_deleted_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let connection = merchant.get("/v1/connections").await.expect(200)[0].clone();
    let path = format!("/v1/connections/{}", connection["connection_id"].as_str().unwrap());
    merchant.delete(&path).await.expect(204);
    merchant.get(&path).await.refused(404, "CONNECTION_NOT_FOUND");
    merchant.delete(&path).await.refused(404, "CONNECTION_NOT_FOUND");
    for id in [Uuid::new_v4().to_string(), "x".into()] {
        merchant.delete(format!("/v1/connections/{id}")).await.refused(404, "CONNECTION_NOT_FOUND");
    }
}
