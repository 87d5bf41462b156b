//! Which organizations there are, and which have something that is due. These statements look at more than one
//! organization; what they find is worked on organization by organization. Those whose time a test has moved are asked
//! for apart, where there are any.

use chrono::TimeDelta;
use sqlx::postgres::types::PgInterval;

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

/// Times by the machine, before which something is due; for organizations that are ahead of it, as much later.
pub struct Before {
    /// What was to be done by then.
    pub now: Timestamp,
    /// Keys from before are forgotten.
    pub forgotten: Timestamp,
    /// Tokens that expired before are dropped.
    pub expired: Timestamp,
    /// Events from before are dropped.
    pub dropped: Timestamp,
}

/// Organizations whose time was moved, and that have payments, keys, tokens, events or expired sessions about which
/// something is to be done by it, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn due_of_moved(
    connection: &mut Connection,
    before: Before,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where ahead > interval '0' and (
            exists (
                select from payments
                where payments.organization_id = organizations.organization_id and due_at <= $1::timestamptz + ahead
            )
            or exists (
                select from idempotency_keys
                where idempotency_keys.organization_id = organizations.organization_id
                    and idempotency_keys.created_at <= $2::timestamptz + ahead
            )
            or exists (
                select from tokens
                where tokens.organization_id = organizations.organization_id and expires_at <= $3::timestamptz + ahead
            )
            or exists (
                select from events
                where events.organization_id = organizations.organization_id and position is not null
                    and events.created_at < $4::timestamptz + ahead
            )
            or exists (
                select from accounts
                join checkout_sessions on checkout_sessions.organization_id = accounts.organization_id
                    and checkout_sessions.account_id = accounts.account_id
                    and checkout_session_id > expiries_told_up_to
                where accounts.organization_id = organizations.organization_id and not used
                    and expires_at <= $1::timestamptz + ahead
            )
        )
        limit $5
        "#,
    )
    .bind(before.now)
    .bind(before.forgotten)
    .bind(before.expired)
    .bind(before.dropped)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations whose time was moved, and that have deliveries which are to be tried by it, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn deliveries_due_of_moved(
    connection: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where ahead > interval '0' and exists (
            select from deliveries
            where deliveries.organization_id = organizations.organization_id and due_at <= $1::timestamptz + ahead
        )
        limit $2
        "#,
    )
    .bind(now)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations whose time was moved, and how far each is ahead of the machine's, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn moved(connection: &mut Connection, limit: i64) -> sqlx::Result<Vec<(OrganizationId, TimeDelta)>> {
    let rows: Vec<(OrganizationId, PgInterval)> = sqlx::query_as(
        "select organization_id, ahead from organizations where ahead > interval '0' order by organization_id limit $1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(organization, ahead)| (organization, TimeDelta::microseconds(ahead.microseconds)))
        .collect())
}

/// How many organizations there are that were made for tests, counted up to `most`.
///
/// # Errors
/// When the database refuses.
pub async fn count_for_tests(connection: &mut Connection, most: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from (select from organizations where for_tests and dropped_at is null limit $1) as made",
    )
    .bind(most)
    .fetch_one(connection)
    .await
}

/// Organizations that were made for tests before a time and never dropped, oldest first, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn for_tests_before(
    connection: &mut Connection,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where for_tests and dropped_at is null and created_at < $1
        order by created_at
        limit $2
        "#,
    )
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Organizations that were dropped before a time, in the order of their ids from the one after `after` on, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn dropped_before(
    connection: &mut Connection,
    before: Timestamp,
    after: Option<OrganizationId>,
    limit: i64,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where dropped_at < $1 and ($2::uuid is null or organization_id > $2)
        order by organization_id
        limit $3
        "#,
    )
    .bind(before)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Which of these organizations were not dropped.
///
/// # Errors
/// When the database refuses.
pub async fn not_dropped(
    connection: &mut Connection,
    organizations: &[OrganizationId],
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar(
        r#"
        select organization_id from organizations
        where organization_id = any($1) and dropped_at is null
        limit $2
        "#,
    )
    .bind(organizations)
    .bind(i64::try_from(organizations.len()).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await
}
