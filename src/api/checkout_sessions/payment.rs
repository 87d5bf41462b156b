//! `GET /v1/checkout/sessions/{checkout_session}/payment`

use axum::Json;
use axum::extract::State;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::payments::{Payment, Shape, answer, example};
use crate::db::payments;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CheckoutSessionId;

refusals!(ApiError::PaymentNotFound);

/// Retrieve the payment of a checkout session
///
/// As it was answered when it was made, with its state of now.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}/payment",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    responses((status = 200, description = "The payment.", body = Payment, example = json!(example())), Refusals),
)]
pub async fn retrieve_session_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<Payment>, ApiError> {
    let id = CheckoutSessionId::parse(&id).map_err(|_| ApiError::PaymentNotFound)?;
    let connection = &mut *app.db.acquire().await?;
    let payment = payments::find_by_session(connection, merchant.organization, id).await?;
    let payment = payment.ok_or(ApiError::PaymentNotFound)?;
    Ok(Json(answer(&app, connection, merchant.organization, payment, Shape::Made).await?))
}
