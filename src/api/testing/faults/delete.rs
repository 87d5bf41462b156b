//! `DELETE /v1/testing/faults/{fault_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::FaultId;

refusals!(ApiError::NotFound);

/// Take a fault back
#[utoipa::path(
    delete,
    path = "/v1/testing/faults/{fault_id}",
    tag = "testing",
    params(("fault_id" = String, Path, description = "Id of the fault.")),
    responses((status = 204, description = "Deleted; no body."), Refusals),
)]
pub async fn delete_test_fault(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<StatusCode, ApiError> {
    let id = FaultId::parse(&id).map_err(|_| ApiError::NotFound)?;
    let controls = controls(&app, merchant.organization)?;
    let removed = controls.faults().remove(id);
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NotFound) }
}
