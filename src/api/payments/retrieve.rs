//! `GET /v1/payments/{payment_id}`

use axum::Json;
use axum::extract::State;

use super::{Payment, Shape, answer, example_retrieved};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::payments;
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf, Switch, input};
use crate::state::AppState;
use crate::types::PaymentId;

input! {
    /// What the answer is to have besides.
    pub struct RetrievePayment {
        /// The transactions also as `transactions_history`.
        optional transactions_history: Switch,
        /// What providers said: it is always told.
        optional raw_response: Switch,
    }
}

refusals!(ApiError::PaymentNotFound);

/// Retrieve a payment
///
/// With all of its transactions.
#[utoipa::path(
    get,
    path = "/v1/payments/{payment_id}",
    tag = "payments",
    params(
        ("payment_id" = String, Path, description = "Id of the payment."),
        ("transactions_history" = Option<bool>, Query, description = "The transactions also as `transactions_history`."),
        ("raw_response" = Option<bool>, Query, description = "What providers said: it is always told."),
    ),
    responses((status = 200, description = "The payment.", body = Payment, example = json!(example_retrieved())), Refusals),
)]
pub async fn retrieve_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<RetrievePayment>,
) -> Result<Json<Payment>, ApiError> {
    let id = PaymentId::parse(&id).map_err(|_| ApiError::PaymentNotFound)?;
    let connection = &mut *app.db.acquire().await?;
    let payment = payments::find(connection, merchant.organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    let shape = match query.transactions_history {
        Some(Switch(true)) => Shape::RetrievedWithHistory,
        _ => Shape::Retrieved,
    };
    Ok(Json(answer(&app, connection, merchant.organization, payment, shape).await?))
}
