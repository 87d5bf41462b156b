mod cancel;
mod cancel_or_refund;
mod capture;
mod cards;
mod create;
mod find;
pub mod gateway;
mod idempotency;
mod installments;
mod money;
mod races;
mod refund;
mod retrieve;

use serde_json::Value;

/// The status and sub-status of a payment.
pub fn state(payment: &Value) -> (&str, &str) {
    (payment["status"].as_str().unwrap(), payment["sub_status"].as_str().unwrap())
}

/// The address of an operation on the transaction of a payment that was just made.
pub fn on(payment: &Value, operation: &str) -> String {
    on_transaction(payment, &payment["transactions"], operation)
}

/// The address of an operation on a transaction.
pub fn on_transaction(payment: &Value, transaction: &Value, operation: &str) -> String {
    let (payment, transaction) = (payment["id"].as_str().unwrap(), transaction["id"].as_str().unwrap());
    format!("/v1/payments/{payment}/transactions/{transaction}/{operation}")
}
