//! `DELETE /v1/testing/log`

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::testing;
use crate::error::ApiError;
use crate::state::AppState;

refusals!();

/// Forget the last requests
#[utoipa::path(
    delete,
    path = "/v1/testing/log",
    tag = "testing",
    responses((status = 204, description = "Forgotten; no body."), Refusals),
)]
pub async fn clear_test_log(State(app): State<AppState>, merchant: Merchant) -> Result<StatusCode, ApiError> {
    testing(&app)?.log().clear(merchant.organization);
    Ok(StatusCode::NO_CONTENT)
}
