//! `GET /v1/webhooks`

use axum::Json;
use axum::extract::State;

use super::{Webhook, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::webhooks;
use crate::error::ApiError;
use crate::input::{QueryOf, input};
use crate::state::AppState;
use crate::types::{AccountId, WebhookState};

input! {
    /// Which webhooks.
    pub struct ListWebhooks {
        /// Those of an account.
        required account_id: AccountId,
        /// Only those in a state.
        optional state: WebhookState,
    }
}

refusals!();

/// List webhooks
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "webhooks",
    params(
        ("account_id" = String, Query, description = "The account that they belong to."),
        ("state" = Option<String>, Query, description = "Only those that are `ACTIVE`, or `INACTIVE`."),
    ),
    responses(
        (status = 200, description = "The webhooks.", body = [Webhook], example = json!([example()])),
        Refusals,
    ),
)]
pub async fn list_webhooks(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListWebhooks>,
) -> Result<Json<Vec<Webhook>>, ApiError> {
    let account = merchant.account(query.account_id)?;
    let webhooks = webhooks::list(&mut *app.db.acquire().await?, merchant.organization, account).await?;
    let asked = webhooks.into_iter().filter(|webhook| query.state.is_none_or(|state| webhook.state == state));
    Ok(Json(asked.map(Into::into).collect()))
}
