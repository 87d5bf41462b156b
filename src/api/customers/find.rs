//! `GET /v1/customers?merchant_customer_id=` and its alias `GET /v1/customers/external/{merchant_customer_id}`

use axum::Json;
use axum::extract::State;

use super::{Customer, MerchantCustomerId};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::customers;
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf, input};
use crate::state::AppState;
use crate::types::OrganizationId;

refusals!(ApiError::CustomerNotFound);

input! {
    /// Which customer.
    pub struct FindCustomer {
        /// The merchant's own id of the customer.
        required merchant_customer_id: MerchantCustomerId,
    }
}

/// Retrieve a customer by the merchant's id
///
/// One object, not a list.
#[utoipa::path(
    get,
    path = "/v1/customers",
    tag = "customers",
    params(("merchant_customer_id" = String, Query, description = "The merchant's own id of the customer.")),
    responses((status = 200, description = "The customer.", body = Customer, example = json!(super::example())), Refusals),
)]
pub async fn find_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<FindCustomer>,
) -> Result<Json<Customer>, ApiError> {
    find(&app, merchant.organization, query.merchant_customer_id.as_str()).await
}

/// Retrieve a customer by the merchant's id in the path
#[utoipa::path(
    get,
    path = "/v1/customers/external/{merchant_customer_id}",
    tag = "customers",
    params(("merchant_customer_id" = String, Path, description = "The merchant's own id of the customer.")),
    responses((status = 200, description = "The customer.", body = Customer, example = json!(super::example())), Refusals),
)]
pub async fn retrieve_external_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<Customer>, ApiError> {
    find(&app, merchant.organization, &id).await
}

async fn find(
    app: &AppState,
    organization: OrganizationId,
    merchant_customer_id: &str,
) -> Result<Json<Customer>, ApiError> {
    let connection = &mut *app.db.acquire().await?;
    let customer = customers::find_by_merchant_customer_id(connection, organization, merchant_customer_id).await?;
    Ok(Json(customer.ok_or(ApiError::CustomerNotFound)?.try_into()?))
}
