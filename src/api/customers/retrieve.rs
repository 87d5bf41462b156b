//! `GET /v1/customers/{customer_id}`

use axum::Json;
use axum::extract::State;

use super::Customer;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::customers;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CustomerId;

refusals!(ApiError::CustomerNotFound);

/// Retrieve a customer
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    params(("customer_id" = String, Path, description = "Id of the customer.")),
    responses((status = 200, description = "The customer.", body = Customer, example = json!(super::example())), Refusals),
)]
pub async fn retrieve_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<Customer>, ApiError> {
    let id = CustomerId::parse(&id).map_err(|_| ApiError::CustomerNotFound)?;
    let customer = customers::find(&mut *app.db.acquire().await?, merchant.organization, id).await?;
    Ok(Json(customer.ok_or(ApiError::CustomerNotFound)?.try_into()?))
}
