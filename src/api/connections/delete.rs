//! `DELETE /v1/connections/{connection_id}`

use axum::extract::State;
use axum::http::StatusCode;

use super::note;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::audit_log::Action;
use crate::db::connections;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::ConnectionId;

refusals!(ApiError::ConnectionNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()));

/// Delete a connection
///
/// It is out of every session at once. This server's own: with the real service a dashboard does it.
#[utoipa::path(
    delete,
    path = "/v1/connections/{connection_id}",
    tag = "connections",
    params(("connection_id" = String, Path, description = "Id of the connection.")),
    responses((status = 204, description = "Deleted; no body."), Refusals),
)]
pub async fn delete_connection(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(sent): PathParameter,
) -> Result<StatusCode, ApiError> {
    let Ok(id) = ConnectionId::parse(&sent) else { return Err(ApiError::ConnectionNotFound(sent)) };
    let mut database = app.db.begin().await?;
    let deleted = connections::delete(&mut database, merchant.organization, id).await?;
    let deleted = deleted.ok_or(ApiError::ConnectionNotFound(sent))?;
    note(&mut database, &merchant, Action::ConnectionDeleted, &deleted, app.clock.now(merchant.organization)).await?;
    database.commit().await?;
    app.accounts.changed(merchant.organization, deleted.account_id);
    Ok(StatusCode::NO_CONTENT)
}
