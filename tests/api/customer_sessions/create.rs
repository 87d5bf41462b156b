//! `POST /v1/customers/sessions` and `POST /v1/customer-sessions`

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn both_addresses_answer_200_with_the_keys_of_the_reference_and_ours() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let checkout = merchant.make_checkout("Promo").await;
    let body = json!({
        "account_id": merchant.account, "country": "US", "customer_id": customer, "checkout_id": checkout,
        "callback_url": "https://www.example.com/?a=b", "created_at": "2025-05-07T20:00:18.721786Z",
    });
    for path in ["/v1/customers/sessions", "/v1/customer-sessions"] {
        let session = merchant.post(path, body.clone()).await.expect(200);
        let expected = json!({
            "customer_session": session["customer_session"],
            "customer_id": customer,
            "country": "US",
            "callback_url": "https://www.example.com/?a=b",
            "created_at": "2026-01-15T12:00:00.000000Z",
            "checkout_id": checkout,
            "return_url": null,
            "status": "ACTIVE",
            "expires_at": "2026-01-15T17:00:00.000000Z",
        });
        assert_eq!(session.to_string(), expected.to_string());
    }
}

#[tokio::test]
async fn names_every_wrong_field() {
    let app = TestApp::new().await;
    let body = json!({"country": "USA", "customer_id": [], "callback_url": "x", "checkout_id": "y"});
    app.merchant().post("/v1/customers/sessions", body).await.refused_fields(&[
        "account_id",
        "country",
        "customer_id",
        "callback_url",
        "checkout_id",
    ]);
}

#[tokio::test]
async fn needs_a_customer_and_an_account_of_the_organization() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let deleted = merchant.make_customer().await;
    merchant.delete(format!("/v1/customers/{deleted}")).await.expect(202);
    for customer in [Uuid::new_v4().to_string(), deleted.clone()] {
        let body = json!({"account_id": merchant.account, "country": "BR", "customer_id": customer});
        merchant.post("/v1/customers/sessions", body).await.refused(400, "CUSTOMER_NOT_FOUND");
    }
    let body = json!({"account_id": Uuid::new_v4(), "country": "BR", "customer_id": deleted});
    merchant.post("/v1/customers/sessions", body).await.refused(400, "INVALID_ACCOUNT_ID");
}
