//! `GET /v1/customers/{customer_id}/payment-methods/{payment_method_id}` and `GET /v1/payment-methods/{payment_method_id}`

use axum::Json;
use axum::extract::State;

use super::{EnrolledPaymentMethod, find_of_customer, told};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::payment_methods;
use crate::error::ApiError;
use crate::input::{PathParameter, PathParameters};
use crate::state::AppState;
use crate::types::PaymentMethodId;

refusals!(ApiError::CustomerNotFound, ApiError::PaymentMethodNotFound);

/// Retrieve a payment method of a customer
///
/// By its id or its `vaulted_token`.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/payment-methods/{payment_method_id}",
    tag = "payment methods",
    params(
        ("customer_id" = String, Path, description = "Id of the customer."),
        ("payment_method_id" = String, Path, description = "Id of the payment method, or its `vaulted_token`."),
    ),
    responses(
        (status = 200, description = "The method.", body = EnrolledPaymentMethod, example = json!(super::example())),
        Refusals,
    ),
)]
pub async fn retrieve_customer_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(customer, method): PathParameters,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    let connection = &mut *app.db.acquire().await?;
    let method = find_of_customer(connection, merchant.organization, &customer, &method).await?;
    Ok(Json(told(&app, connection, merchant.organization, method).await?))
}

/// Retrieve a payment method
///
/// By its id or its `vaulted_token`.
#[utoipa::path(
    get,
    path = "/v1/payment-methods/{payment_method_id}",
    tag = "payment methods",
    params(("payment_method_id" = String, Path, description = "Id of the payment method, or its `vaulted_token`.")),
    responses(
        (status = 200, description = "The method.", body = EnrolledPaymentMethod, example = json!(super::example())),
        Refusals,
    ),
)]
pub async fn retrieve_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(method): PathParameter,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    let id = PaymentMethodId::parse(&method).map_err(|_| ApiError::PaymentMethodNotFound)?;
    let connection = &mut *app.db.acquire().await?;
    let method = payment_methods::find(connection, merchant.organization, id).await?;
    let method = method.ok_or(ApiError::PaymentMethodNotFound)?;
    Ok(Json(told(&app, connection, merchant.organization, method).await?))
}
