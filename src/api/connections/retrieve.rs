//! `GET /v1/connections/{connection_id}`

use axum::Json;
use axum::extract::State;

use super::{ProviderConnection, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::connections;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::ConnectionId;

refusals!(ApiError::ConnectionNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()));

/// Retrieve a connection
#[utoipa::path(
    get,
    path = "/v1/connections/{connection_id}",
    tag = "connections",
    params(("connection_id" = String, Path, description = "Id of the connection.")),
    responses((status = 200, description = "The connection.", body = ProviderConnection, example = json!(example())), Refusals),
)]
pub async fn retrieve_connection(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(sent): PathParameter,
) -> Result<Json<ProviderConnection>, ApiError> {
    let Ok(id) = ConnectionId::parse(&sent) else { return Err(ApiError::ConnectionNotFound(sent)) };
    let connection = connections::find(&mut *app.db.acquire().await?, merchant.organization, id).await?;
    Ok(Json(connection.ok_or(ApiError::ConnectionNotFound(sent))?.into()))
}
