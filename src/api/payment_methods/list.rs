//! `GET /v1/customers/{customer_id}/payment-methods` and its alias `GET /v1/enrolled-payment-methods?customer_id=`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{EnrolledPaymentMethod, existing_customer};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::payment_methods;
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf, input};
use crate::state::AppState;
use crate::types::{OrganizationId, Text};

/// How many methods of one customer are told.
pub(in crate::api) const LIMIT: i64 = 100;

input! {
    /// Whose methods.
    pub struct ListEnrolledPaymentMethods {
        /// Id of the customer.
        required customer_id: Text<1, 64>,
    }
}

/// What a customer has enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledPaymentMethods {
    /// The methods: what was last paid with first, then the newest.
    payment_methods: Vec<EnrolledPaymentMethod>,
}

refusals!(ApiError::CustomerNotFound);

/// List the payment methods that a customer has enrolled
///
/// What was last paid with first, then the newest; at most 100.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/payment-methods",
    tag = "payment methods",
    params(("customer_id" = String, Path, description = "Id of the customer.")),
    responses(
        (status = 200, description = "The methods.", body = EnrolledPaymentMethods,
            example = json!({"payment_methods": [super::example()]})),
        Refusals,
    ),
)]
pub async fn list_enrolled_payment_methods(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(customer): PathParameter,
) -> Result<Json<EnrolledPaymentMethods>, ApiError> {
    let payment_methods = list(&app, merchant.organization, &customer).await?;
    Ok(Json(EnrolledPaymentMethods { payment_methods }))
}

/// List the payment methods that a customer has enrolled (alias)
///
/// The same as `GET /v1/customers/{customer_id}/payment-methods`, as a bare array.
#[utoipa::path(
    get,
    path = "/v1/enrolled-payment-methods",
    tag = "payment methods",
    params(("customer_id" = String, Query, description = "Id of the customer.")),
    responses(
        (status = 200, description = "The methods.", body = [EnrolledPaymentMethod],
            example = json!([super::example()])),
        Refusals,
    ),
)]
pub async fn list_enrolled_payment_methods_alias(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListEnrolledPaymentMethods>,
) -> Result<Json<Vec<EnrolledPaymentMethod>>, ApiError> {
    Ok(Json(list(&app, merchant.organization, query.customer_id.as_str()).await?))
}

async fn list(
    app: &AppState,
    organization: OrganizationId,
    customer: &str,
) -> Result<Vec<EnrolledPaymentMethod>, ApiError> {
    let connection = &mut *app.db.acquire().await?;
    let customer = existing_customer(connection, organization, customer).await?;
    let methods = payment_methods::list_enrolled(connection, organization, customer, LIMIT).await?;
    let told = methods.into_iter().map(|row| EnrolledPaymentMethod::new(app, organization, row, None, None));
    Ok(told.collect())
}
