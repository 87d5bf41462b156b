//! Organizations and their accounts.

use chrono::TimeDelta;
use sqlx::postgres::types::PgInterval;

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

/// Marks an organization as one that a test made, and may drop.
///
/// # Errors
/// When the database refuses.
pub async fn mark_for_tests(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<()> {
    sqlx::query("update organizations set for_tests = true where organization_id = $1")
        .bind(organization)
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

/// Marks an organization as dropped; `false` when there is none that a test made.
///
/// # Errors
/// When the database refuses.
pub async fn mark_dropped(
    connection: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let marked = sqlx::query(
        "update organizations set dropped_at = coalesce(dropped_at, $2) where organization_id = $1 and for_tests",
    )
    .bind(organization)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(marked.rows_affected() > 0)
}

/// How far an organization's time is ahead of the machine's; by nothing when there is no such organization.
///
/// # Errors
/// When the database refuses.
pub async fn ahead(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<TimeDelta> {
    let ahead: Option<PgInterval> = sqlx::query_scalar("select ahead from organizations where organization_id = $1")
        .bind(organization)
        .fetch_optional(connection)
        .await?;
    Ok(ahead.map(|ahead| TimeDelta::microseconds(ahead.microseconds)).unwrap_or_default())
}

/// Moves an organization's time on, so that it is ahead of the machine's by so much, unless it is by more; gives by how
/// much it is. `None` when there is no such organization.
///
/// # Errors
/// When the database refuses.
pub async fn move_on(
    connection: &mut Connection,
    organization: OrganizationId,
    ahead: TimeDelta,
) -> sqlx::Result<Option<TimeDelta>> {
    let ahead = PgInterval { months: 0, days: 0, microseconds: ahead.num_microseconds().unwrap_or(i64::MAX) };
    let ahead: Option<PgInterval> = sqlx::query_scalar(
        "update organizations set ahead = greatest(ahead, $2) where organization_id = $1 returning ahead",
    )
    .bind(organization)
    .bind(ahead)
    .fetch_optional(connection)
    .await?;
    Ok(ahead.map(|ahead| TimeDelta::microseconds(ahead.microseconds)))
}
