//! `GET /v1/checkouts/{checkout_code}`

use axum::Json;
use axum::extract::State;

use super::{CheckoutCode, CheckoutConfiguration, example_configuration};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;

refusals!(
    ApiError::CheckoutNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()),
    ApiError::InvalidParameters(vec!["checkout_code: must be a UUID of 36 characters".into()]),
);

/// Retrieve a checkout
///
/// With its configuration and its looks. All types that a connection of the account has are in it, in the order in which
/// they are shown; those with `is_active` are shown.
#[utoipa::path(
    get,
    path = "/v1/checkouts/{checkout_code}",
    tag = "checkouts",
    params(("checkout_code" = String, Path, description = "Id of the checkout.")),
    responses(
        (status = 200, description = "The checkout.", body = CheckoutConfiguration, example = json!(example_configuration())),
        Refusals,
    ),
)]
pub async fn retrieve_checkout(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(code): PathParameter,
) -> Result<Json<CheckoutConfiguration>, ApiError> {
    let account = merchant.account_of_header()?;
    let code = CheckoutCode::read(code)?;
    let connection = &mut *app.db.acquire().await?;
    let row = code.find(connection, merchant.organization, account).await?;
    Ok(Json(CheckoutConfiguration::of(&app, connection, merchant.organization, row).await?))
}
