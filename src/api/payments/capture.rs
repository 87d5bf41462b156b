//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/capture`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{AnswerAs, CapturePayment, MovingTransaction, Operation, Remarks, What, example_moving, operate};
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

/// Capture a payment
///
/// Takes held money: all of it, or a part. Further parts can follow.
#[utoipa::path(
    post,
    path = "/v1/payments/{payment_id}/transactions/{transaction_id}/capture",
    tag = "payments",
    params(
        IdempotencyKey,
        ("payment_id" = String, Path, description = "Id of the payment."),
        ("transaction_id" = String, Path, description = "Id of the transaction."),
    ),
    request_body(content = CapturePayment, example = json!({
        "merchant_reference": "AAB01-432245", "reason": "PRODUCT_CONFIRMED", "description": "Confirmed",
        "amount": {"currency": "BRL", "value": 100},
    })),
    responses((status = 200, description = "The transaction, with the payment.", body = MovingTransaction, example = json!(example_moving("CAPTURE", "SUCCEEDED", "CAPTURED"))), Refusals),
)]
pub async fn capture_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(payment, transaction): PathParameters,
    key: IdempotencyKey,
    Body { value: sent, .. }: Body<CapturePayment>,
) -> Result<Response, ApiError> {
    let operation = Operation {
        name: "capture_payment",
        what: What::Capture(sent.amount.into()),
        remarks: Remarks::of(Some(sent.merchant_reference), sent.description, Some(sent.reason.0)),
        answer_as: AnswerAs::Transaction(StatusCode::OK),
    };
    operate(&app, merchant.organization, key, &payment, Some(&transaction), operation).await
}
