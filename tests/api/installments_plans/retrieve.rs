//! `GET /v1/installments-plans/{installment_code}`

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn answers_an_array_of_one_as_it_is_published() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let made = merchant.post("/v1/installments-plans", merchant.whole_plan_body()).await.expect(200);
    let path = format!("/v1/installments-plans/{}", made["id"].as_str().unwrap());
    let nothing = json!({"currency": "COP", "value": "0", "total_value": "0"});
    let expected = json!([{
        "id": made["id"],
        "name": "Plan",
        "account_id": [merchant.account],
        "merchant_reference": "reference-1",
        "installments_plan": [
            {"installment": 1, "rate": 1, "provider_id": "", "amount": nothing},
            {
                "installment": 3, "rate": 1.2, "provider_id": "",
                "financial_costs": [{"type": "CFT", "rate": 45.25, "formatted_value": "45,25%"}],
                "type": "MERCHANT_INSTALLMENTS", "amount": nothing,
            },
        ],
        "iin": ["450799", "52524400"],
        "country_code": "CO",
        "first_installment_deferral": 1,
        "amount": {"Currency": "COP", "min_value": 50, "max_value": 10_000},
        "availability": {"start_at": "2026-01-01T00:00:00.000000Z", "finish_at": "2026-12-31T23:59:59.999000Z"},
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "payment_method_type": "CARD",
    }]);
    let found = merchant.get(&path).await.expect(200);
    assert_eq!(found.to_string(), expected.to_string(), "the order of the keys counts");
}

#[tokio::test]
async fn what_is_no_plan_is_refused() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for id in [Uuid::new_v4().to_string(), "x".into(), merchant.account.clone()] {
        let path = format!("/v1/installments-plans/{id}");
        let messages = merchant.get(&path).await.refused(400, "INVALID_REQUEST");
        assert_eq!(messages, ["Installments plan not found."]);
        merchant.patch(&path, json!({})).await.refused(400, "INVALID_REQUEST");
        merchant.delete(&path).await.refused(400, "INVALID_REQUEST");
    }
}
