//! `POST /v1/connections`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn is_active_at_once_and_hides_secret_values() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({
        "account_id": merchant.account,
        "merchant_connection_id": "adyen-1",
        "provider_id": "ADYEN",
        "flow_type": "PAYIN",
        "payment_methods": ["CARD", "IDEAL", "CARD"],
        "params": [
            {"param_id": "merchantAccount", "value": "ACME"}, {"param_id": "API_KEY", "value": "top secret"},
            {"param_id": "flags", "value": ["top secret"]},
        ],
        "costs": [{"sort_number": 1, "cost_name": "Fee", "currency": "USD"}],
        "currencies": ["EUR"],
        "countries": [],
    });
    let connection = merchant.post("/v1/connections", body).await.expect(201);
    let expected = json!({
        "connection_id": connection["connection_id"],
        "merchant_connection_id": "adyen-1",
        "provider_id": "ADYEN",
        "status": "ACTIVE",
        "flow_type": "PAYIN",
        "payment_methods": ["CARD", "IDEAL"],
        "params": [
            {"param_id": "merchantAccount", "value": "ACME"}, {"param_id": "API_KEY", "value": "***"},
            {"param_id": "flags", "value": "***"},
        ],
        "costs": [{"sort_number": 1, "cost_name": "Fee", "currency": "USD"}],
        "countries": null,
        "currencies": ["EUR"],
        "created_at": "2026-01-15T12:00:00Z",
        "updated_at": "2026-01-15T12:00:00Z",
    });
    assert_eq!(connection.to_string(), expected.to_string());
    let rows: String =
        sqlx::query_scalar("select string_agg(t::text, ' ') from connections t").fetch_one(app.pool()).await.unwrap();
    assert!(!rows.contains("top secret"), "what is not needed is not kept");
}

#[tokio::test]
async fn refuses_in_the_shape_of_the_connections_api() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = |provider: &str, methods: &[&str]| {
        json!({
            "account_id": merchant.account, "merchant_connection_id": "one", "provider_id": provider,
            "flow_type": "PAYIN", "payment_methods": methods, "params": [],
        })
    };
    let error = merchant.post("/v1/connections", body("STRIPE", &["CARD"])).await.expect(400);
    assert_eq!(
        error.to_string(),
        json!({
            "code": "MISSING_REQUIRED_PARAM",
            "messages": ["Required param 'API_KEY' is missing for provider 'STRIPE'."],
            "type": "validation_error",
            "message": "Required param 'API_KEY' is missing for provider 'STRIPE'.",
            "details": {},
        })
        .to_string()
    );
    merchant.post("/v1/connections", body("NOBODY", &["CARD"])).await.refused(400, "PROVIDER_NOT_FOUND");
    merchant.post("/v1/connections", body("adyen", &["CARD"])).await.refused(400, "PROVIDER_NOT_FOUND");
    let messages = merchant
        .post("/v1/connections", body("ADYEN", &["CARD", "OXXO", "card"]))
        .await
        .refused(400, "UNSUPPORTED_PAYMENT_METHOD");
    assert_eq!(messages, ["Provider 'ADYEN' does not offer: OXXO, card."]);
    let error = app.anybody().post("/v1/connections", json!({})).await;
    assert_eq!(error.expect(401)["type"], "auth_error");
}

#[tokio::test]
async fn names_every_wrong_field() {
    let app = TestApp::new().await;
    let body = json!({
        "merchant_connection_id": "", "provider_id": 1, "flow_type": "PAYOUT", "payment_methods": [],
        "params": [{"param_id": "A"}, {"param_id": "B", "value": {"c": 1}}], "costs": [1], "countries": ["BR", "br"],
        "currencies": "BRL",
    });
    app.merchant().post("/v1/connections", body).await.refused_fields(&[
        "account_id",
        "merchant_connection_id",
        "provider_id",
        "flow_type",
        "payment_methods",
        "params[0].value",
        "params[1].value",
        "costs[0]",
        "countries[1]",
        "currencies",
    ]);
}

#[tokio::test]
async fn a_name_is_taken_once_in_an_account() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({
        "account_id": merchant.account, "merchant_connection_id": "one", "provider_id": "YUNO_TEST_PAYMENT_GW",
        "flow_type": "PAYIN", "payment_methods": ["CARD"], "params": [],
    });
    merchant.post("/v1/connections", body.clone()).await.expect(201);
    let error = merchant.post("/v1/connections", body).await.expect(409);
    assert_eq!((&error["code"], &error["type"]), (&json!("CONNECTION_MERCHANT_ID_CONFLICT"), &json!("conflict")));
}

#[tokio::test]
async fn an_account_has_a_most_of_connections() {
    let app = TestApp::new().await;
    let merchant = app.another_merchant().await;
    let fill = "insert into connections
        select organization_id, gen_random_uuid(), account_id, 'c-' || n, provider_id, status, payment_methods,
            countries, currencies, params, costs, created_at, updated_at
        from connections, generate_series(1, 199) n where merchant_connection_id like 'cards-%'";
    sqlx::query(fill).execute(app.pool()).await.unwrap();
    let body = json!({
        "account_id": merchant.account, "merchant_connection_id": "one more", "provider_id": "YUNO_TEST_PAYMENT_GW",
        "flow_type": "PAYIN", "payment_methods": ["CARD"], "params": [],
    });
    merchant.post("/v1/connections", body).await.refused_fields(&["account_id"]);
}
