//! `DELETE /v1/testing/organizations/{organization_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::testing::organizations::drop_whole;
use crate::types::OrganizationId;

refusals!(ApiError::TestOrganizationNotFound);

/// Delete an organization that was made for a test
///
/// With its own keys, and with all that it has. Nobody gets in with them any more. What calls it at the same time may be
/// refused.
#[utoipa::path(
    delete,
    path = "/v1/testing/organizations/{organization_id}",
    tag = "testing",
    params(("organization_id" = String, Path, description = "Id of the organization: that of the keys.")),
    responses((status = 204, description = "Deleted; no body."), Refusals),
)]
pub async fn delete_test_organization(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<StatusCode, ApiError> {
    let id = OrganizationId::parse(&id).ok().filter(|id| *id == merchant.organization);
    drop_whole(&app, id.ok_or(ApiError::TestOrganizationNotFound)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
