//! Webhooks: where an account is told what happens, and what came of telling it.

mod create;
mod delete;
mod deliveries;
mod list;
mod resend;
mod retrieve;
mod settings;
mod update;

pub use create::*;
pub use delete::*;
pub use deliveries::*;
pub use list::*;
pub use resend::*;
pub use retrieve::*;
pub use settings::*;
pub use update::*;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::db::Connection;
use crate::db::webhooks::{self, Row};
use crate::error::ApiError;
use crate::input::input;
use crate::types::{
    AccountId, CheckoutSessionTrigger, EnrollmentTrigger, OnboardingTrigger, OrganizationId, PaymentTrigger,
    ReportTrigger, Secret, SubscriptionTrigger, Timestamp, WebhookId, WebhookState,
};

/// A webhook. Secrets are never told: `***` says that there is one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id: digits.
    #[schema(value_type = String)]
    id: WebhookId,
    /// The account whose events it gets.
    #[schema(value_type = String, format = Uuid)]
    account_id: AccountId,
    /// The merchant's name of it.
    name: String,
    /// `ACTIVE` or `INACTIVE`.
    #[schema(value_type = String)]
    state: WebhookState,
    /// Where it leads.
    url: String,
    /// Whether there is one.
    #[schema(required)]
    api_key: Option<&'static str>,
    /// Whether there is one.
    #[schema(required)]
    secret: Option<&'static str>,
    /// Whether deliveries are signed.
    #[schema(required)]
    hmac_client_secret: Option<&'static str>,
    /// Where a token for deliveries is fetched.
    #[schema(required)]
    oauth2_authentication_url: Option<String>,
    /// Whether there is one.
    #[schema(required)]
    oauth2_client_secret: Option<&'static str>,
    /// As whom a token is fetched.
    #[schema(required)]
    oauth2_client_id: Option<String>,
    /// How a token is fetched.
    #[schema(required)]
    oauth2_grant_type: Option<String>,
    /// For what a token is fetched.
    #[schema(required)]
    oauth2_scope: Option<String>,
    /// The header that the token is sent in; `Authorization` when `null`.
    #[schema(required)]
    oauth2_authorization_name: Option<String>,
    /// Whether the client id is also sent as a header where the token is fetched.
    oauth2_include_client_id: bool,
    /// What it asks for of payment methods.
    #[schema(value_type = Vec<String>)]
    enrollment_triggers: Vec<EnrollmentTrigger>,
    /// What it asks for of payments.
    #[schema(value_type = Vec<String>)]
    payment_triggers: Vec<PaymentTrigger>,
    /// What it asks for of reports. There are none here.
    #[schema(value_type = Vec<String>)]
    report_triggers: Vec<ReportTrigger>,
    /// What it asks for of subscriptions. There are none here.
    #[schema(value_type = Option<Vec<String>>, required)]
    subscription_triggers: Option<Vec<SubscriptionTrigger>>,
    /// What it asks for of the onboarding of sellers. There is none here.
    #[schema(value_type = Option<Vec<String>>, required)]
    onboarding_triggers: Option<Vec<OnboardingTrigger>>,
    /// How many days before a renewal it is told.
    #[schema(required)]
    renewal_days: Option<i32>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What it asks for of checkout sessions: this server's own.
    #[schema(value_type = Vec<String>)]
    checkout_session_triggers: Vec<CheckoutSessionTrigger>,
}

impl From<Row> for Webhook {
    fn from(row: Row) -> Self {
        let masked = |secret: &Option<Secret>| secret.as_ref().map(|_| "***");
        Self {
            id: row.webhook_id,
            account_id: row.account_id,
            name: row.name,
            state: row.state,
            url: row.url,
            api_key: masked(&row.api_key),
            secret: masked(&row.secret),
            hmac_client_secret: masked(&row.hmac_client_secret),
            oauth2_authentication_url: row.oauth2_authentication_url,
            oauth2_client_secret: masked(&row.oauth2_client_secret),
            oauth2_client_id: row.oauth2_client_id,
            oauth2_grant_type: row.oauth2_grant_type,
            oauth2_scope: row.oauth2_scope,
            oauth2_authorization_name: row.oauth2_authorization_name,
            oauth2_include_client_id: row.oauth2_include_client_id,
            enrollment_triggers: row.enrollment_triggers,
            payment_triggers: row.payment_triggers,
            report_triggers: row.report_triggers,
            subscription_triggers: row.subscription_triggers,
            onboarding_triggers: row.onboarding_triggers,
            renewal_days: row.renewal_days,
            created_at: row.created_at,
            updated_at: row.updated_at,
            checkout_session_triggers: row.checkout_session_triggers,
        }
    }
}

input! {
    /// Whose webhook.
    pub struct WebhookOwner {
        /// The account that it belongs to.
        required account_id: AccountId,
    }
}

/// Finds a webhook by what a path and a query say. Of another account it is like none.
async fn find(
    connection: &mut Connection,
    merchant: &Merchant,
    account: AccountId,
    webhook: &str,
) -> Result<Row, ApiError> {
    let account = merchant.account(account)?;
    let id = WebhookId::parse(webhook).map_err(|_| ApiError::WebhookNotFound)?;
    let found = webhooks::find(connection, merchant.organization, Some(account), id).await?;
    found.ok_or(ApiError::WebhookNotFound)
}

/// Checks that no other webhook of the account leads to the same URL for the same. The account must be locked.
async fn refuse_overlap(
    connection: &mut Connection,
    organization: OrganizationId,
    webhook: &Row,
) -> Result<usize, ApiError> {
    let present = webhooks::list(connection, organization, webhook.account_id).await?;
    let others = || present.iter().filter(|other| other.webhook_id != webhook.webhook_id);
    match others().any(|other| other.overlaps(webhook)) {
        true => Err(ApiError::WebhookAlreadyExists),
        false => Ok(others().count()),
    }
}

/// The webhook of the document's examples.
fn example() -> Value {
    json!({
        "id": "482190374655012",
        "account_id": "00000000-0000-4000-8000-000000000001",
        "name": "Payments",
        "state": "ACTIVE",
        "url": "https://example.com/webhooks",
        "api_key": "***",
        "secret": "***",
        "hmac_client_secret": "***",
        "oauth2_authentication_url": null,
        "oauth2_client_secret": null,
        "oauth2_client_id": null,
        "oauth2_grant_type": null,
        "oauth2_scope": null,
        "oauth2_authorization_name": null,
        "oauth2_include_client_id": false,
        "enrollment_triggers": ["ENROLL"],
        "payment_triggers": ["PURCHASE", "REFUND"],
        "report_triggers": [],
        "subscription_triggers": null,
        "onboarding_triggers": null,
        "renewal_days": null,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "checkout_session_triggers": [],
    })
}
