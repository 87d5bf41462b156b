//! `GET /v1/connections`

use axum::Json;
use axum::extract::State;

use super::{ProviderConnection, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::connections;
use crate::error::ApiError;
use crate::input::{QueryOf, input};
use crate::state::AppState;
use crate::types::AccountId;

input! {
    /// Which connections.
    pub struct ListConnections {
        /// Only those of an account.
        optional account_id: AccountId,
    }
}

refusals!(ApiError::InvalidAccountId);

/// List connections
///
/// Oldest first. This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/connections",
    tag = "connections",
    params(("account_id" = Option<String>, Query, description = "Only connections of this account.")),
    responses(
        (status = 200, description = "The connections.", body = [ProviderConnection], example = json!([example()])),
        Refusals,
    ),
)]
pub async fn list_connections(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListConnections>,
) -> Result<Json<Vec<ProviderConnection>>, ApiError> {
    let account = query.account_id.map(|account| merchant.account(account)).transpose()?;
    let connections = connections::list(&mut *app.db.acquire().await?, merchant.organization, account).await?;
    Ok(Json(connections.into_iter().map(Into::into).collect()))
}
