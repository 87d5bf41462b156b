//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/cancel`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{AnswerAs, CancelPayment, MovingTransaction, Operation, Remarks, What, example_moving, operate};
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
    ApiError::ChargebackInProcess,
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Cancel a payment
///
/// Lets held money go, or gives up a payment that the customer has not made yet. Not while the cardholder
/// authenticates.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/transactions/{transaction_id}/cancel",
    tag = "payments",
    params(
        IdempotencyKey,
        ("payment_id" = String, Path, description = "Id of the payment."),
        ("transaction_id" = String, Path, description = "Id of the transaction."),
    ),
    request_body(content = CancelPayment, example = json!({
        "merchant_reference": "AAB01-432245", "reason": "REQUESTED_BY_CUSTOMER", "description": "Called off",
    })),
    responses((status = 200, description = "The transaction, with the payment.", body = MovingTransaction, example = json!(example_moving("CANCEL", "CANCELED", "CANCELED"))), Refusals),
)]
pub async fn cancel_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(payment, transaction): PathParameters,
    key: IdempotencyKey,
    Body { value: sent, .. }: Body<CancelPayment>,
) -> Result<Response, ApiError> {
    let operation = Operation {
        name: "cancel_payment",
        what: What::Cancel,
        remarks: Remarks::of(Some(sent.merchant_reference), sent.description, sent.reason.map(|reason| reason.0)),
        answer_as: AnswerAs::Transaction(StatusCode::OK),
    };
    operate(&app, merchant.organization, key, &payment, Some(&transaction), operation).await
}
