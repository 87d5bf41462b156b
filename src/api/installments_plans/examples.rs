//! Plans as the document's examples have them.

use serde_json::{Value, json};

/// The plan of the document's examples, with its choices and more fields.
fn example_with(parts: &Value, more: Value) -> Value {
    let mut plan = json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ae",
        "name": "Winter sale",
        "account_id": ["00000000-0000-4000-8000-000000000001"],
        "merchant_reference": "winter-2026",
        "installments_plan": parts,
        "iin": ["450799"],
        "country_code": "BR",
        "first_installment_deferral": 0,
        "amount": {"Currency": "BRL", "min_value": 50, "max_value": 10000},
        "availability": {"start_at": "2026-01-01T00:00:00.000000Z", "finish_at": "2026-12-31T00:00:00.000000Z"},
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
    });
    if let (Value::Object(plan), Value::Object(more)) = (&mut plan, more) {
        plan.extend(more);
    }
    plan
}

/// The plan of the document's examples, when it was made or changed.
pub(super) fn example(payment_method_type: Option<&str>) -> Value {
    let parts = json!([
        {"installment": 1, "rate": 1, "provider_id": ""},
        {
            "installment": 3, "rate": 1.05, "provider_id": "",
            "financial_costs": [{"type": "CET", "rate": 45.25, "formatted_value": "45,25%"}],
            "type": "MERCHANT_INSTALLMENTS",
        },
    ]);
    let mut more = json!({
        "type": "", "source": "", "provider_id": "", "scheme": "", "brand": ["VISA"], "issuer": "", "issuer_id": "",
    });
    if let Some(r#type) = payment_method_type {
        more["payment_method_type"] = json!(r#type);
    }
    example_with(&parts, more)
}

/// What the choices of the document's examples cost.
pub(in crate::api) fn example_priced_parts() -> Value {
    json!([
        {
            "installment": 1, "rate": 1, "provider_id": "",
            "amount": {"currency": "BRL", "value": "259.9", "total_value": "259.9"},
        },
        {
            "installment": 3, "rate": 1.05, "provider_id": "",
            "financial_costs": [{"type": "CET", "rate": 45.25, "formatted_value": "45,25%"}],
            "type": "MERCHANT_INSTALLMENTS",
            "amount": {"currency": "BRL", "value": "90.97", "total_value": "272.9"},
        },
    ])
}

/// The plan of the document's examples, when it is asked for alone: then its choices have no price.
pub(super) fn example_without_prices() -> Value {
    let mut plan = example_priced();
    for part in plan["installments_plan"].as_array_mut().into_iter().flatten() {
        part["amount"] = json!({"currency": "BRL", "value": "0", "total_value": "0"});
    }
    plan
}

/// The plan of the document's examples, when it is asked for.
pub(super) fn example_priced() -> Value {
    example_with(&example_priced_parts(), json!({"payment_method_type": "CARD"}))
}
