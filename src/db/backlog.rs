//! How much waits to be done, of all organizations together: for those who watch the server. Like what asks [which have
//! something due](super::due), these statements look at more than one organization; none of their rows leaves them.

use super::Connection;
use crate::types::Timestamp;

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Backlog {
    /// How many rows, counted up to a limit.
    pub rows: i64,
    /// Since when the oldest of those waits: where there are more than were counted, one that was not may be older.
    pub oldest: Option<Timestamp>,
}

/// Events that have no place yet, counted up to `most`.
///
/// # Errors
/// When the database refuses.
pub async fn outbox(connection: &mut Connection, most: i64) -> sqlx::Result<Backlog> {
    sqlx::query_as(
        r#"
        select count(*) as rows, min(created_at) as oldest
        from (select created_at from events where position is null limit $1) as waiting
        "#,
    )
    .bind(most)
    .fetch_one(connection)
    .await
}

/// Deliveries that are to be tried by now, counted up to `most`.
///
/// # Errors
/// When the database refuses.
pub async fn deliveries_due(connection: &mut Connection, now: Timestamp, most: i64) -> sqlx::Result<Backlog> {
    sqlx::query_as(
        r#"
        select count(*) as rows, min(due_at) as oldest
        from (select due_at from deliveries where due_at <= $1 order by due_at limit $2) as waiting
        "#,
    )
    .bind(now)
    .bind(most)
    .fetch_one(connection)
    .await
}

/// Deliveries that are not over, counted up to `most`.
///
/// # Errors
/// When the database refuses.
pub async fn deliveries_pending(connection: &mut Connection, most: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from (select from deliveries where status = 'PENDING' limit $1) as waiting")
        .bind(most)
        .fetch_one(connection)
        .await
}

/// Payments about which something is to be done by now, counted up to `most`.
///
/// # Errors
/// When the database refuses.
pub async fn payments_due(connection: &mut Connection, now: Timestamp, most: i64) -> sqlx::Result<Backlog> {
    sqlx::query_as(
        r#"
        select count(*) as rows, min(due_at) as oldest
        from (select due_at from payments where due_at <= $1 order by due_at limit $2) as waiting
        "#,
    )
    .bind(now)
    .bind(most)
    .fetch_one(connection)
    .await
}
