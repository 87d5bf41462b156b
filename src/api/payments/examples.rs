//! The payments of the document's examples.

use serde_json::{Map, Value, json};

/// The transaction of the document's examples.
pub(super) fn example_transaction() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ae",
        "type": "PURCHASE",
        "status": "SUCCEEDED",
        "category": "CARD",
        "amount": 259.9,
        "provider_id": "YUNO_TEST_PAYMENT_GW",
        "payment_method": example_method("detail"),
        "response_code": "SUCCEEDED",
        "response_message": "Transaction successful",
        "reason": null,
        "description": "Running shoes",
        "merchant_reference": "order-2001",
        "provider_data": example_provider_data(),
        "three_d_secure_action_required": null,
        "connection_data": {"id": "01980f2e-7a6b-7c4d-8e5f-0123456789af", "name": null},
        "created_at": "2026-01-15T12:05:00.000000Z",
        "updated_at": "2026-01-15T12:05:00.000000Z",
    })
}

pub(super) fn example_provider_data() -> Value {
    json!({
        "id": "YUNO_TEST_PAYMENT_GW",
        "transaction_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ae",
        "account_id": "",
        "status": "SUCCEEDED",
        "sub_status": "",
        "status_detail": "",
        "response_message": "Transaction successful",
        "response_code": "SUCCEEDED",
        "raw_request": {"amount": {"currency": "BRL", "value": 259.9}, "reference": "order-2001"},
        "raw_response": {"status": "SUCCEEDED"},
        "third_party_transaction_id": "",
        "third_party_account_id": null,
        "iso8583_response_code": "00",
        "iso8583_response_message": "Approved or completed successfully",
    })
}

pub(super) fn example_method(detail_name: &str) -> Value {
    let nothing = json!({
        "version": null, "electronic_commerce_indicator": null, "cryptogram": null, "transaction_id": null,
        "directory_server_transaction_id": null, "pares_status": null, "acs_id": null,
    });
    let mut method = json!({
        "vaulted_token": "",
        "type": "CARD",
        "vault_on_success": false,
        "token": "01980f2e-7a6b-7c4d-8e5f-0123456789ad",
        "parent_payment_method_type": null,
    });
    method[detail_name] = json!({"card": {
        "verify": false, "capture": true, "installments": 1, "installments_plan_id": null,
        "first_installment_deferral": 0, "installments_type": "", "installment_amount": null, "soft_descriptor": "",
        "authorization_code": "385930", "retrieval_reference_number": "", "acquirer_reference_number": "",
        "voucher": null,
        "card_data": {
            "holder_name": "Ana Souza", "iin": "45079900", "lfd": "0002", "number_length": 16,
            "security_code_length": 3, "brand": "VISA", "issuer_name": "TEST BANK", "issuer_code": null,
            "country_code": "BR", "category": "CLASSIC", "type": "CREDIT", "three_d_secure": nothing,
            "fingerprint": "5605f3e4-69e7-8a9f-9646-2ac8c2e33e12", "expiration_month": 11, "expiration_year": 28,
        },
        "stored_credentials": {
            "reason": null, "usage": null, "subscription_agreement_id": null, "network_transaction_id": null,
        },
    }});
    method
}

/// The payment of the document's examples, just made.
pub(in crate::api) fn example() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
        "account_id": "00000000-0000-4000-8000-000000000001",
        "description": "Running shoes",
        "country": "BR",
        "status": "SUCCEEDED",
        "sub_status": "APPROVED",
        "merchant_order_id": "order-2001",
        "created_at": "2026-01-15T12:05:00.000000Z",
        "updated_at": "2026-01-15T12:05:00.000000Z",
        "amount": {"captured": 0, "currency": "BRL", "currency_conversion": null, "refunded": 0, "value": 259.9},
        "checkout": {"session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab", "sdk_action_required": false},
        "payment_method": example_method("payment_method_detail"),
        "customer_payer": null,
        "additional_data": null,
        "taxes": null,
        "transactions": example_transaction(),
        "transactions_history": [example_transaction()],
        "split": [],
        "split_marketplace": [],
        "workflow": "SDK_CHECKOUT",
        "metadata": [],
        "fraud_screening": null,
        "payment_link_id": "",
        "payment_link_code": "",
        "subscription_code": null,
        "routing_rules": null,
        "simplified_mode": false,
        "account_code": "00000000-0000-4000-8000-000000000001",
        "idempotency_key": null,
    })
}

/// The payment of the document's examples, retrieved.
pub(super) fn example_retrieved() -> Value {
    let mut payment = example();
    payment["transactions"] = json!([example_transaction()]);
    if let Value::Object(payment) = &mut payment {
        payment.remove("transactions_history");
    }
    payment
}

/// An object's keys with those of another put over them.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend::<Map<_, _>>(more);
    }
    object
}
