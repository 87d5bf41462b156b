//! `POST /v1/webhooks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{CreateWebhook, UpdateWebhook, Webhook, check_addresses, example, merged, refuse_overlap};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::note_expiries_asked;
use crate::db::organizations;
use crate::db::webhooks::{self, Row};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::Body;
use crate::state::AppState;
use crate::types::{WebhookId, WebhookState};
use crate::webhooks::dispatch;

/// Webhooks that an account can have.
const MAX_WEBHOOKS: usize = 50;

refusals!(
    ApiError::WebhookInvalidTrigger(vec!["enrollment_triggers[0]: must be one of ENROLL UNENROLL".into()]),
    ApiError::WebhookInvalidOauth2("url, client id, client secret and grant type are needed"),
    ApiError::WebhookInvalidRenewalDays,
    ApiError::WebhookUrlUnsafe,
    ApiError::WebhookAlreadyExists,
);

/// Create a webhook
///
/// It asks for one thing at least, and gets it from now on. An account has fifty at most.
#[utoipa::path(
    post,
    path = "/v1/webhooks",
    tag = "webhooks",
    request_body(content = CreateWebhook, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "name": "Payments",
        "url": "https://example.com/webhooks",
        "hmac_client_secret": "a-secret-of-mine",
        "payment_triggers": ["PURCHASE", "REFUND"],
        "enrollment_triggers": ["ENROLL"],
    })),
    responses((status = 201, description = "The webhook.", body = Webhook, example = json!(example())), Refusals),
)]
pub async fn create_webhook(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: new, .. }: Body<CreateWebhook>,
) -> Result<(StatusCode, Json<Webhook>), ApiError> {
    let account_id = merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let now = app.clock.now(organization);
    let blank = Row {
        webhook_id: WebhookId::random()?,
        account_id,
        name: String::new(),
        state: WebhookState::Active,
        url: String::new(),
        api_key: None,
        secret: None,
        hmac_client_secret: None,
        oauth2_authentication_url: None,
        oauth2_client_id: None,
        oauth2_client_secret: None,
        oauth2_grant_type: None,
        oauth2_scope: None,
        oauth2_authorization_name: None,
        oauth2_include_client_id: false,
        enrollment_triggers: Vec::new(),
        payment_triggers: Vec::new(),
        report_triggers: Vec::new(),
        subscription_triggers: None,
        onboarding_triggers: None,
        checkout_session_triggers: Vec::new(),
        renewal_days: None,
        created_at: now,
        updated_at: now,
    };
    let sent = UpdateWebhook::from(new);
    check_addresses(&app.webhooks, &sent).await?;
    let webhook = merged(blank, sent, app.webhooks.allows_private())?;
    let asks_for_nothing = webhook.enrollment_triggers.is_empty()
        && webhook.payment_triggers.is_empty()
        && webhook.report_triggers.is_empty()
        && webhook.checkout_session_triggers.is_empty()
        && webhook.subscription_triggers.iter().all(Vec::is_empty)
        && webhook.onboarding_triggers.iter().all(Vec::is_empty);
    if asks_for_nothing {
        let message = "payment_triggers: at least one trigger is required, in any of the lists of triggers".to_owned();
        return Err(ApiError::WebhookInvalidRequest(vec![message]));
    }
    // What is committed is not for it.
    dispatch(&app.db, organization, now, true).await?;
    let mut database = app.db.begin().await?;
    organizations::lock_account(&mut database, organization, account_id).await?;
    if refuse_overlap(&mut database, organization, &webhook).await? >= MAX_WEBHOOKS {
        let message = format!("account_id: has {MAX_WEBHOOKS} webhooks, which is the most there can be");
        return Err(ApiError::WebhookInvalidRequest(vec![message]));
    }
    webhooks::insert(&mut database, organization, &webhook)
        .await
        .on_constraint("webhooks_name_key", ApiError::WebhookAlreadyExists)?;
    note_expiries_asked(&mut database, organization, account_id, now).await?;
    database.commit().await?;
    Ok((StatusCode::CREATED, Json(webhook.into())))
}
