//! Up to which checkout session the expiries of an account were told, where a webhook asks for them.

use super::Connection;
use crate::types::{AccountId, CheckoutSessionId, OrganizationId};

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

/// Notes the last session of an account whose expiry was told.
///
/// # Errors
/// When the database refuses.
pub async fn set_told(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    session: CheckoutSessionId,
) -> sqlx::Result<()> {
    sqlx::query("update accounts set expiries_told_up_to = $3 where organization_id = $1 and account_id = $2")
        .bind(organization)
        .bind(account)
        .bind(session)
        .execute(connection)
        .await
        .map(|_| ())
}
