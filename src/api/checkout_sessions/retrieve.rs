//! `GET /v1/checkout/sessions/{checkout_session}`

use axum::extract::State;
use serde_json::json;

use super::{CheckoutSession, example_with, find};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::written::Written;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;

refusals!(ApiError::CheckoutSessionNotFound);

/// Retrieve a checkout session
///
/// Also one that has expired: its `status` says so.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    responses(
        (status = 200, description = "The session.", body = CheckoutSession, example = json!(example_with(json!({
            "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab", "used": false,
        })))),
        Refusals,
    ),
)]
pub async fn retrieve_checkout_session(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Written<CheckoutSession>, ApiError> {
    let session = find(&app, merchant.organization, &id).await?;
    Ok(Written(CheckoutSession::retrieved(session, app.clock.now(merchant.organization))))
}
