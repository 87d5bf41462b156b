//! Up to which checkout session the expiries of an account were told, where a webhook asks for them.

use super::Connection;
use crate::types::{AccountId, CheckoutSessionId, OrganizationId, Timestamp};

/// Notes whether an active webhook of an account asks for expired sessions: from `from` on, unless one did before.
///
/// # Errors
/// When the database refuses.
pub async fn note_asked(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    from: CheckoutSessionId,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update accounts
        set expiries_told_up_to = case when exists (
            select from webhooks
            where webhooks.organization_id = $1 and webhooks.account_id = $2 and state = 'ACTIVE'
                and 'EXPIRED' = any(checkout_session_triggers)
        ) then coalesce(expiries_told_up_to, $3) end
        where organization_id = $1 and account_id = $2
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(from)
    .execute(connection)
    .await
    .map(|_| ())
}

/// The last session of an account whose expiry was told, when nobody else is telling; `None` also when no webhook asks.
///
/// # Errors
/// When the database refuses.
pub async fn lock_told(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Option<CheckoutSessionId>> {
    sqlx::query_scalar(
        r#"
        select expiries_told_up_to from accounts
        where organization_id = $1 and account_id = $2 and expiries_told_up_to is not null
        for no key update skip locked
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_optional(connection)
    .await
}

/// Notes the last session of an account whose expiry was told. It never goes back: of what lies before was told.
///
/// # Errors
/// When the database refuses.
pub async fn set_told(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    session: CheckoutSessionId,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update accounts set expiries_told_up_to = greatest(expiries_told_up_to, $3)
        where organization_id = $1 and account_id = $2
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(session)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Accounts of an organization in which a webhook asks for expired sessions.
///
/// # Errors
/// When the database refuses.
pub async fn list_asked(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar(
        r#"
        select account_id from accounts
        where organization_id = $1 and expiries_told_up_to is not null
        order by account_id
        "#,
    )
    .bind(organization)
    .fetch_all(connection)
    .await
}

/// When the next checkout session of an account expires after those of which it was told; `None` also when no webhook
/// asks.
///
/// # Errors
/// When the database refuses.
pub async fn next(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar(
        r#"
        select expires_at from checkout_sessions
        where organization_id = $1 and account_id = $2 and not used and checkout_session_id > (
            select expiries_told_up_to from accounts where organization_id = $1 and account_id = $2
        )
        order by checkout_session_id
        limit 1
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_optional(connection)
    .await
}
