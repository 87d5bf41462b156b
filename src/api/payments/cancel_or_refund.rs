//! `POST /v1/payments/{payment_id}/cancel-or-refund`, and the same of a transaction

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{
    AnswerAs, CancelOrRefund, CancelOrRefundTransaction, MovingTransaction, Operation, Remarks, What, example_moving,
    operate,
};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::IdempotencyKey;
use crate::error::ApiError;
use crate::input::{Body, PathParameter, PathParameters};
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

/// Cancel or refund a payment
///
/// Cancels it as long as no money was taken, and gives money back when some was.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/cancel-or-refund",
    tag = "payments",
    params(
        IdempotencyKey,
        ("payment_id" = String, Path, description = "Id of the payment."),
    ),
    request_body(content = CancelOrRefund, example = json!({
        "merchant_reference": "AAB01-432245", "reason": "REQUESTED_BY_CUSTOMER", "description": "Called off",
    })),
    responses((status = 201, description = "The transaction, with the payment.", body = MovingTransaction, example = json!(example_moving("CANCEL", "CANCELED", "CANCELED"))), Refusals),
)]
pub async fn cancel_or_refund_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(payment): PathParameter,
    key: IdempotencyKey,
    Body { value: sent, .. }: Body<CancelOrRefund>,
) -> Result<Response, ApiError> {
    let operation = Operation {
        name: "cancel_or_refund_payment",
        what: What::CancelOrRefund(sent.amount.into()),
        remarks: Remarks::of(sent.merchant_reference, sent.description, Some(sent.reason.0)),
        answer_as: AnswerAs::Transaction(StatusCode::CREATED),
    };
    operate(&app, merchant.organization, key, &payment, None, operation).await
}

/// Cancel or refund a transaction
///
/// Cancels the payment as long as no money was taken, and gives money back when some was.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/transactions/{transaction_id}/cancel-or-refund",
    tag = "payments",
    params(
        IdempotencyKey,
        ("payment_id" = String, Path, description = "Id of the payment."),
        ("transaction_id" = String, Path, description = "Id of the transaction."),
    ),
    request_body(content = CancelOrRefundTransaction, example = json!({
        "merchant_reference": "AAB01-432245", "reason": "REQUESTED_BY_CUSTOMER", "description": "Called off",
    })),
    responses((status = 201, description = "The transaction, with the payment.", body = MovingTransaction, example = json!(example_moving("CANCEL", "CANCELED", "CANCELED"))), Refusals),
)]
pub async fn cancel_or_refund_transaction(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(payment, transaction): PathParameters,
    key: IdempotencyKey,
    Body { value: sent, .. }: Body<CancelOrRefundTransaction>,
) -> Result<Response, ApiError> {
    let operation = Operation {
        name: "cancel_or_refund_transaction",
        what: What::CancelOrRefund(sent.amount.into()),
        remarks: Remarks::of(sent.merchant_reference, sent.description, sent.reason.map(|reason| reason.0)),
        answer_as: AnswerAs::Transaction(StatusCode::CREATED),
    };
    operate(&app, merchant.organization, key, &payment, Some(&transaction), operation).await
}
