//! `PATCH /v1/customers/{customer_id}`

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::{Customer, UpdateCustomer};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::{AsSent, customers};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::{Body, PathParameter};
use crate::state::AppState;
use crate::types::{CustomerId, Text};

refusals!(ApiError::CustomerNotFound, ApiError::CustomerIdDuplicated);

/// Update a customer
///
/// Only what is sent changes. A document, phone or address is replaced as a whole.
#[utoipa::path(
    patch,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    params(("customer_id" = String, Path, description = "Id of the customer.")),
    request_body(content = UpdateCustomer, example = json!({"first_name": "Ana Maria"})),
    responses((status = 200, description = "The customer.", body = Customer, example = json!(super::example())), Refusals),
)]
pub async fn update_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: change, .. }: Body<UpdateCustomer>,
) -> Result<Json<Customer>, ApiError> {
    let id = CustomerId::parse(&id).map_err(|_| ApiError::CustomerNotFound)?;
    let change = customers::Change {
        details: change.details()?,
        metadata: change.metadata.map(|metadata| AsSent(json!(metadata))),
        merchant_customer_id: change.merchant_customer_id.map(Text::into_string),
    };
    let connection = &mut *app.db.acquire().await?;
    let customer =
        customers::update(connection, merchant.organization, id, &change, app.clock.now(merchant.organization))
            .await
            .on_constraint("customers_merchant_customer_id_key", ApiError::CustomerIdDuplicated)?;
    Ok(Json(customer.ok_or(ApiError::CustomerNotFound)?.try_into()?))
}
