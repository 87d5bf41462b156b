//! `GET /v1/webhooks/{webhook_id}`

use axum::Json;
use axum::extract::State;

use super::{Webhook, WebhookOwner, example, find};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf};
use crate::state::AppState;

refusals!(ApiError::WebhookNotFound);

/// Retrieve a webhook
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}",
    tag = "webhooks",
    params(
        ("webhook_id" = String, Path, description = "Id of the webhook."),
        ("account_id" = String, Query, description = "The account that it belongs to."),
    ),
    responses((status = 200, description = "The webhook.", body = Webhook, example = json!(example())), Refusals),
)]
pub async fn retrieve_webhook(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<WebhookOwner>,
) -> Result<Json<Webhook>, ApiError> {
    let webhook = find(&mut *app.db.acquire().await?, &merchant, query.account_id, &id).await?;
    Ok(Json(webhook.into()))
}
