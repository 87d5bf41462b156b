//! `DELETE /v1/testing/outcomes/{outcome_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::OutcomeId;

refusals!(ApiError::NotFound);

/// Take an outcome back
#[utoipa::path(
    delete,
    path = "/v1/testing/outcomes/{outcome_id}",
    tag = "testing",
    params(("outcome_id" = String, Path, description = "Id of the outcome.")),
    responses((status = 204, description = "Deleted; no body."), Refusals),
)]
pub async fn delete_test_outcome(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<StatusCode, ApiError> {
    let id = OutcomeId::parse(&id).map_err(|_| ApiError::NotFound)?;
    let controls = controls(&app, merchant.organization)?;
    let removed = controls.outcomes().remove(id);
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}
