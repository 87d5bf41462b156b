//! Webhooks: where an account is told what happens.

use super::Connection;
use crate::types::{
    AccountId, CheckoutSessionTrigger, Endpoint, EnrollmentTrigger, EventKind, OnboardingTrigger, OrganizationId,
    PaymentTrigger, ReportTrigger, Secret, SubscriptionTrigger, Timestamp, WebhookId, WebhookState,
};

/// A webhook.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub webhook_id: WebhookId,
    /// The account whose events it gets.
    pub account_id: AccountId,
    /// The merchant's name of it, unique in the account.
    pub name: String,
    /// Whether it gets anything.
    pub state: WebhookState,
    /// Where it leads.
    pub url: String,
    /// Sent as `x-api-key`.
    pub api_key: Option<Secret>,
    /// Sent as `x-secret`.
    pub secret: Option<Secret>,
    /// What its deliveries are signed with.
    pub hmac_client_secret: Option<Secret>,
    /// Where a token for its deliveries is fetched.
    pub oauth2_authentication_url: Option<String>,
    /// As whom.
    pub oauth2_client_id: Option<String>,
    /// With which secret.
    pub oauth2_client_secret: Option<Secret>,
    /// How: `client_credentials`.
    pub oauth2_grant_type: Option<String>,
    /// For what.
    pub oauth2_scope: Option<String>,
    /// The header that the token is sent in, where that is not `Authorization`.
    pub oauth2_authorization_name: Option<String>,
    /// Whether the client id is also sent as a header where the token is fetched.
    pub oauth2_include_client_id: bool,
    /// What it asks for of payment methods.
    pub enrollment_triggers: Vec<EnrollmentTrigger>,
    /// What it asks for of payments.
    pub payment_triggers: Vec<PaymentTrigger>,
    /// What it asks for of reports.
    pub report_triggers: Vec<ReportTrigger>,
    /// What it asks for of subscriptions.
    pub subscription_triggers: Option<Vec<SubscriptionTrigger>>,
    /// What it asks for of the onboarding of sellers.
    pub onboarding_triggers: Option<Vec<OnboardingTrigger>>,
    /// What it asks for of checkout sessions.
    pub checkout_session_triggers: Vec<CheckoutSessionTrigger>,
    /// How long before a renewal it is told.
    pub renewal_days: Option<i32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Row {
    /// Whether it asks for a kind of event.
    #[must_use]
    pub fn asks_for(&self, kind: EventKind) -> bool {
        match kind.parts().0 {
            "payment" => self.payment_triggers.iter().any(|trigger| kind.is_asked_by(trigger.as_str())),
            "enrollment" => self.enrollment_triggers.iter().any(|trigger| kind.is_asked_by(trigger.as_str())),
            _ => self.checkout_session_triggers.iter().any(|trigger| kind.is_asked_by(trigger.as_str())),
        }
    }

    /// Whether it leads to the same URL as another, for something that both ask for.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        fn share<T: PartialEq>(one: &[T], two: &[T]) -> bool {
            one.iter().any(|trigger| two.contains(trigger))
        }
        let subscription = |list: &Option<Vec<SubscriptionTrigger>>| list.clone().unwrap_or_default();
        let onboarding = |list: &Option<Vec<OnboardingTrigger>>| list.clone().unwrap_or_default();
        let called = |url: &str| Endpoint::parse(url).map(Endpoint::called);
        called(&self.url) == called(&other.url)
            && (share(&self.enrollment_triggers, &other.enrollment_triggers)
                || share(&self.payment_triggers, &other.payment_triggers)
                || share(&self.report_triggers, &other.report_triggers)
                || share(&self.checkout_session_triggers, &other.checkout_session_triggers)
                || share(&subscription(&self.subscription_triggers), &subscription(&other.subscription_triggers))
                || share(&onboarding(&self.onboarding_triggers), &onboarding(&other.onboarding_triggers)))
    }
}

/// Adds a webhook.
///
/// # Errors
/// A violation of `webhooks_name_key` when the name is taken in the account.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, webhook: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into webhooks (organization_id, webhook_id, account_id, name, state, url, api_key, secret,
            hmac_client_secret, oauth2_authentication_url, oauth2_client_id, oauth2_client_secret, oauth2_grant_type,
            oauth2_scope, oauth2_authorization_name, oauth2_include_client_id, enrollment_triggers, payment_triggers,
            report_triggers, subscription_triggers, onboarding_triggers, checkout_session_triggers, renewal_days,
            created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25)
        "#,
    )
    .bind(organization)
    .bind(webhook.webhook_id)
    .bind(webhook.account_id)
    .bind(&webhook.name)
    .bind(webhook.state)
    .bind(&webhook.url)
    .bind(&webhook.api_key)
    .bind(&webhook.secret)
    .bind(&webhook.hmac_client_secret)
    .bind(&webhook.oauth2_authentication_url)
    .bind(&webhook.oauth2_client_id)
    .bind(&webhook.oauth2_client_secret)
    .bind(&webhook.oauth2_grant_type)
    .bind(&webhook.oauth2_scope)
    .bind(&webhook.oauth2_authorization_name)
    .bind(webhook.oauth2_include_client_id)
    .bind(&webhook.enrollment_triggers)
    .bind(&webhook.payment_triggers)
    .bind(&webhook.report_triggers)
    .bind(&webhook.subscription_triggers)
    .bind(&webhook.onboarding_triggers)
    .bind(&webhook.checkout_session_triggers)
    .bind(webhook.renewal_days)
    .bind(webhook.created_at)
    .bind(webhook.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Writes what a webhook has become.
///
/// # Errors
/// A violation of `webhooks_name_key` when the name is taken in the account.
pub async fn update(connection: &mut Connection, organization: OrganizationId, webhook: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update webhooks
        set name = $3, state = $4, url = $5, api_key = $6, secret = $7, hmac_client_secret = $8,
            oauth2_authentication_url = $9, oauth2_client_id = $10, oauth2_client_secret = $11,
            oauth2_grant_type = $12, oauth2_scope = $13, oauth2_authorization_name = $14,
            oauth2_include_client_id = $15, enrollment_triggers = $16, payment_triggers = $17, report_triggers = $18,
            subscription_triggers = $19, onboarding_triggers = $20, checkout_session_triggers = $21,
            renewal_days = $22, updated_at = $23
        where organization_id = $1 and webhook_id = $2
        "#,
    )
    .bind(organization)
    .bind(webhook.webhook_id)
    .bind(&webhook.name)
    .bind(webhook.state)
    .bind(&webhook.url)
    .bind(&webhook.api_key)
    .bind(&webhook.secret)
    .bind(&webhook.hmac_client_secret)
    .bind(&webhook.oauth2_authentication_url)
    .bind(&webhook.oauth2_client_id)
    .bind(&webhook.oauth2_client_secret)
    .bind(&webhook.oauth2_grant_type)
    .bind(&webhook.oauth2_scope)
    .bind(&webhook.oauth2_authorization_name)
    .bind(webhook.oauth2_include_client_id)
    .bind(&webhook.enrollment_triggers)
    .bind(&webhook.payment_triggers)
    .bind(&webhook.report_triggers)
    .bind(&webhook.subscription_triggers)
    .bind(&webhook.onboarding_triggers)
    .bind(&webhook.checkout_session_triggers)
    .bind(webhook.renewal_days)
    .bind(webhook.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a webhook of an organization, or of one of its accounts.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    account: Option<AccountId>,
    webhook: WebhookId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select * from webhooks
        where organization_id = $1 and webhook_id = $2 and ($3::uuid is null or account_id = $3)
        "#,
    )
    .bind(organization)
    .bind(webhook)
    .bind(account)
    .fetch_optional(connection)
    .await
}

/// Lists the webhooks of an account, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select * from webhooks where organization_id = $1 and account_id = $2 order by created_at, webhook_id",
    )
    .bind(organization)
    .bind(account)
    .fetch_all(connection)
    .await
}

/// Lists the active webhooks of accounts.
///
/// # Errors
/// When the database refuses.
pub async fn list_active(
    connection: &mut Connection,
    organization: OrganizationId,
    accounts: &[AccountId],
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as("select * from webhooks where organization_id = $1 and account_id = any($2) and state = 'ACTIVE'")
        .bind(organization)
        .bind(accounts)
        .fetch_all(connection)
        .await
}

/// Removes a webhook of an account.
///
/// # Errors
/// When the database refuses.
pub async fn delete(connection: &mut Connection, organization: OrganizationId, webhook: WebhookId) -> sqlx::Result<()> {
    sqlx::query("delete from webhooks where organization_id = $1 and webhook_id = $2")
        .bind(organization)
        .bind(webhook)
        .execute(connection)
        .await
        .map(|_| ())
}
