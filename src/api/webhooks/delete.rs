//! `DELETE /v1/webhooks/{webhook_id}`

use axum::Json;
use axum::extract::State;

use super::{Webhook, WebhookOwner, example, find};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::note_expiries_asked;
use crate::db::{deliveries, organizations, webhooks};
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf};
use crate::state::AppState;

/// How many deliveries one request cancels.
const CANCELED_AT_ONCE: i64 = 10_000;

refusals!(ApiError::WebhookNotFound);

/// Delete a webhook
///
/// What was not delivered to it yet never is.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{webhook_id}",
    tag = "webhooks",
    params(
        ("webhook_id" = String, Path, description = "Id of the webhook."),
        ("account_id" = String, Query, description = "The account that it belongs to."),
    ),
    responses(
        (status = 200, description = "The webhook that is gone.", body = Webhook, example = json!(example())),
        Refusals,
    ),
)]
pub async fn delete_webhook(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<WebhookOwner>,
) -> Result<Json<Webhook>, ApiError> {
    let organization = merchant.organization;
    let account = merchant.account(query.account_id)?;
    let mut database = app.db.begin().await?;
    organizations::lock_account(&mut database, organization, account).await?;
    let webhook = find(&mut database, &merchant, account, &id).await?;
    let now = app.clock.now(organization);
    webhooks::delete(&mut database, organization, webhook.webhook_id).await?;
    // What is more than that is canceled when it is due.
    deliveries::cancel(&mut database, organization, webhook.webhook_id, now, CANCELED_AT_ONCE).await?;
    note_expiries_asked(&mut database, organization, account, now).await?;
    database.commit().await?;
    Ok(Json(webhook.into()))
}
