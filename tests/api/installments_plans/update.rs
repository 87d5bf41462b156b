//! `PATCH /v1/installments-plans/{installment_code}`

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn changes_only_what_is_sent() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let second = app.another_account().await;
    let mut plan = merchant.post("/v1/installments-plans", merchant.whole_plan_body()).await.expect(200);
    let path = format!("/v1/installments-plans/{}", plan["id"].as_str().unwrap());
    plan.as_object_mut().unwrap().shift_remove("payment_method_type");
    app.wait(TimeDelta::seconds(5));
    plan["updated_at"] = json!("2026-01-15T12:00:06.000000Z");
    for (change, field, value) in [
        (json!({}), "name", json!("Plan")),
        (json!({"name": "Plan Update"}), "name", json!("Plan Update")),
        (json!({"merchant_reference": "REF01", "name": null}), "merchant_reference", json!("REF01")),
        (
            json!({"installments_plan": [{"installment": 6, "rate": 1.1}]}),
            "installments_plan",
            json!([{"installment": 6, "rate": 1.1, "provider_id": ""}]),
        ),
        (json!({"country_code": "US"}), "country_code", json!("US")),
        (json!({"scheme": "MASTERCARD"}), "scheme", json!("MASTERCARD")),
        (json!({"brand": ["ELO"]}), "brand", json!(["ELO"])),
        (json!({"brand": []}), "brand", Value::Null),
        (json!({"issuer": "Another bank"}), "issuer", json!("Another bank")),
        (json!({"iin": ["411111", "542418"]}), "iin", json!(["411111", "542418"])),
        (json!({"iin": []}), "iin", Value::Null),
        (json!({"first_installment_deferral": 0}), "first_installment_deferral", json!(0)),
        (
            json!({"amount": {"currency": "USD", "max_value": 10}}),
            "amount",
            json!({"Currency": "USD", "min_value": null, "max_value": 10}),
        ),
        (
            json!({"availability": {"start_at": "2024-01-01T00:00:00.000Z"}}),
            "availability",
            json!({"start_at": "2024-01-01T00:00:00.000000Z", "finish_at": null}),
        ),
        (json!({"availability": {}}), "availability", Value::Null),
        (json!({"account_id": [second, second]}), "account_id", json!([second])),
        (json!({"payment_method_type": "APPLE_PAY"}), "name", json!("Plan Update")),
    ] {
        plan[field] = value;
        let changed = merchant.patch(&path, change).await.expect(200);
        assert_eq!(changed.to_string(), plan.to_string(), "the order of the keys counts");
    }
    let kept = merchant.get(&path).await.expect(200)[0].clone();
    for field in ["name", "account_id", "iin", "amount", "availability", "created_at", "updated_at"] {
        assert_eq!(kept[field], plan[field], "{field}");
    }
    assert_eq!(kept["payment_method_type"], "APPLE_PAY");
    let none = merchant.get(format!("/v1/installments-plans?account_id={}", merchant.account)).await.expect(200);
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn refuses_what_is_wrong_and_changes_nothing() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_plan(json!({"amount": {"currency": "BRL", "max_value": 10}})).await;
    let path = format!("/v1/installments-plans/{id}");
    let before = merchant.get(&path).await.expect(200);
    let wrong = json!({
        "name": "ab", "account_id": [], "installments_plan": [{"installment": 2}, {"installment": 2}], "iin": ["1"],
        "amount": {"min_value": 1}, "availability": {"start_at": "tomorrow"}, "merchant_reference": "good-one",
    });
    merchant.patch(&path, wrong).await.refused_fields(&[
        "name",
        "account_id",
        "installments_plan[1].installment",
        "iin[0]",
        "amount.currency",
        "availability.start_at",
    ]);
    for account in [app.another_merchant().await.account, Uuid::new_v4().to_string()] {
        let change = json!({"account_id": [account], "merchant_reference": "good-one"});
        merchant.patch(&path, change).await.refused(400, "INVALID_ACCOUNT_ID");
    }
    assert_eq!(merchant.get(&path).await.expect(200), before);
}
