//! `PATCH /v1/webhooks/{webhook_id}`

use axum::Json;
use axum::extract::State;

use super::{UpdateWebhook, Webhook, check_addresses, example, find, merged, refuse_overlap};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::note_expiries_asked;
use crate::db::{organizations, webhooks};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::{Body, PathParameter};
use crate::state::AppState;
use crate::webhooks::dispatch;

refusals!(
    ApiError::WebhookInvalidTrigger(vec!["enrollment_triggers[0]: must be one of ENROLL UNENROLL".into()]),
    ApiError::WebhookInvalidOauth2("url, client id, client secret and grant type are needed"),
    ApiError::WebhookInvalidRenewalDays,
    ApiError::WebhookUrlUnsafe,
    ApiError::WebhookNotFound,
    ApiError::WebhookAlreadyExists,
);

/// Update a webhook
///
/// What is not sent stays as it is. An `INACTIVE` webhook gets nothing: what it had not got yet goes on at its
/// time, or within a minute after the webhook is `ACTIVE` again; what happens in between it never gets.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/{webhook_id}",
    tag = "webhooks",
    params(("webhook_id" = String, Path, description = "Id of the webhook.")),
    request_body(content = UpdateWebhook, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001", "state": "ACTIVE", "secret": "another-secret",
    })),
    responses((status = 200, description = "The webhook.", body = Webhook, example = json!(example())), Refusals),
)]
pub async fn update_webhook(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: change, .. }: Body<UpdateWebhook>,
) -> Result<Json<Webhook>, ApiError> {
    let organization = merchant.organization;
    let account = merchant.account(change.account_id)?;
    check_addresses(&app.webhooks, &change).await?;
    let now = app.clock.now(organization);
    // What is committed goes by what the webhook was then.
    dispatch(&app.db, organization, now, true).await?;
    let mut database = app.db.begin().await?;
    organizations::lock_account(&mut database, organization, account).await?;
    let before = find(&mut database, &merchant, account, &id).await?;
    let mut webhook = merged(before, change, app.webhooks.allows_private())?;
    webhook.updated_at = now;
    refuse_overlap(&mut database, organization, &webhook).await?;
    webhooks::update(&mut database, organization, &webhook)
        .await
        .on_constraint("webhooks_name_key", ApiError::WebhookAlreadyExists)?;
    note_expiries_asked(&mut database, organization, account, now).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok(Json(webhook.into()))
}
