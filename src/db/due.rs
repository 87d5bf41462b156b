//! Which organizations there are, and which have something that is due. These statements look at more than one
//! organization; what they find is worked on organization by organization.

use super::Connection;
use crate::types::{AccountId, OrganizationId, Timestamp};

/// Organizations in the order of their ids, from the one after `after` on, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn organizations_after(
    connection: &mut Connection,
    after: Option<OrganizationId>,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where $1::uuid is null or organization_id > $1
        order by organization_id
        limit $2
        "#,
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations that have payments about which something is to be done, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn payments_due(
    connection: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar("select distinct organization_id from payments where due_at <= $1 limit $2")
        .bind(now)
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// Organizations that have keys which are forgotten, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn keys_forgotten(
    connection: &mut Connection,
    forgotten_before: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select distinct organization_id
        from (
            select organization_id from idempotency_keys where created_at <= $1 order by created_at limit $2
        ) oldest
        "#,
    )
    .bind(forgotten_before)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations that have tokens which expired before a time, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn tokens_expired(
    connection: &mut Connection,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select distinct organization_id
        from (select organization_id from tokens where expires_at <= $1 order by expires_at limit $2) oldest
        "#,
    )
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations that have events without a place, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn events_undispatched(connection: &mut Connection, limit: i64) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar("select distinct organization_id from events where position is null limit $1")
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// Organizations that have deliveries which are to be tried, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn deliveries_due(
    connection: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar("select distinct organization_id from deliveries where due_at <= $1 limit $2")
        .bind(now)
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// Organizations that have events which happened before a time, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn events_before(
    connection: &mut Connection,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select distinct organization_id
        from (
            select organization_id from events
            where created_at < $1 and position is not null
            order by created_at
            limit $2
        ) oldest
        "#,
    )
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Accounts in which a webhook asks for expired sessions, at most `limit`: those first of which the oldest are untold.
///
/// # Errors
/// When the database refuses.
pub async fn expiries_asked(connection: &mut Connection, limit: i64) -> sqlx::Result<Vec<(OrganizationId, AccountId)>> {
    sqlx::query_as(
        r#"
        select organization_id, account_id from accounts
        where expiries_told_up_to is not null
        order by expiries_told_up_to
        limit $1
        "#,
    )
    .bind(limit)
    .fetch_all(connection)
    .await
}
