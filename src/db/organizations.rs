//! Organizations and their accounts.

use super::Connection;
use crate::types::{AccountId, OrganizationId, Timestamp};

/// Makes an organization with one account. Does nothing when the organization exists.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    name: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        with organization as (
            insert into organizations (organization_id, name, created_at) values ($1, $3, $4)
            on conflict (organization_id) do nothing
            returning organization_id
        )
        insert into accounts (organization_id, account_id, name, created_at)
        select organization_id, $2, $3, $4 from organization
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(name)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Keeps everybody else from changing the webhooks and the checkouts of an account until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_account(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<()> {
    sqlx::query("select from accounts where organization_id = $1 and account_id = $2 for no key update")
        .bind(organization)
        .bind(account)
        .execute(connection)
        .await
        .map(|_| ())
}
