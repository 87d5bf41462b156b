//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/refund`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::{AnswerAs, Operation, Payment, RefundPayment, Remarks, What, example, example_transaction, operate, with};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::IdempotencyKey;
use crate::error::ApiError;
use crate::input::{Body, PathParameters};
use crate::state::AppState;

refusals!(
    ApiError::PaymentNotFound,
    ApiError::TransactionNotFound,
    ApiError::InvalidTransactionType,
    ApiError::InvalidStatus("The payment is SUCCEEDED/APPROVED.".into()),
    ApiError::InvalidAmount("40 are left.".into()),
    ApiError::ChargebackInProcess,
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Refund a payment
///
/// Gives money back: all that is left of a purchase or a capture, or a part of it.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/transactions/{transaction_id}/refund",
    tag = "payments",
    params(
        IdempotencyKey,
        ("payment_id" = String, Path, description = "Id of the payment."),
        ("transaction_id" = String, Path, description = "Id of the transaction."),
    ),
    request_body(content = RefundPayment, example = json!({
        "merchant_reference": "AAB01-432245", "reason": "REQUESTED_BY_CUSTOMER", "description": "Confirmed",
        "amount": {"currency": "BRL", "value": 100},
    })),
    responses((status = 200, description = "The payment, with the refund.", body = Payment, example = json!(with(example(), json!({
        "status": "REFUNDED",
        "sub_status": "REFUNDED",
        "transactions": with(example_transaction(), json!({"type": "REFUND", "reason": "REQUESTED_BY_CUSTOMER"})),
    })))), Refusals),
)]
pub async fn refund_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(payment, transaction): PathParameters,
    key: IdempotencyKey,
    Body { value: sent, .. }: Body<RefundPayment>,
) -> Result<Response, ApiError> {
    let operation = Operation {
        name: "refund_payment",
        what: What::Refund(sent.amount.into()),
        remarks: Remarks::of(Some(sent.merchant_reference), sent.description, sent.reason.map(|reason| reason.0)),
        answer_as: AnswerAs::Payment,
    };
    operate(&app, merchant.organization, key, &payment, Some(&transaction), operation).await
}
