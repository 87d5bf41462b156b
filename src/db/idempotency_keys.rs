//! Idempotency keys and the answers that they stand for.

use uuid::Uuid;

use super::Connection;
use crate::types::{CustomerId, OrganizationId, Timestamp};

/// A key that a request was answered under.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// SHA-256 of the first request's body.
    pub body_sha256: Vec<u8>,
    /// The first answer's HTTP status; null only inside of the transaction that writes it.
    pub status: Option<i16>,
    /// The first answer's body, as it was sent.
    pub answer: Option<String>,
    /// What the work made, where the answer is made anew each time.
    pub subject_id: Option<Uuid>,
    /// Whether the work was refused.
    pub refused: bool,
}

/// Which request a key is for.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The operation: one key on two operations is two keys.
    pub operation: &'a str,
    /// What the client sent.
    pub idempotency_key: &'a str,
}

/// Takes a key for the transaction that this runs in. Waits while another transaction has it. `false` when the key
/// was used after `forgotten_before`.
///
/// # Errors
/// When the database refuses.
pub async fn claim(
    connection: &mut Connection,
    organization: OrganizationId,
    key: Key<'_>,
    body_sha256: &[u8],
    now: Timestamp,
    forgotten_before: Timestamp,
) -> sqlx::Result<bool> {
    let claimed = sqlx::query(
        r#"
        insert into idempotency_keys (organization_id, operation, idempotency_key, body_sha256, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict (organization_id, operation, idempotency_key) do update
        set body_sha256 = excluded.body_sha256, created_at = excluded.created_at,
            customer_id = null, status = null, answer = null, subject_id = null, refused = false
        where idempotency_keys.created_at <= $6
        "#,
    )
    .bind(organization)
    .bind(key.operation)
    .bind(key.idempotency_key)
    .bind(body_sha256)
    .bind(now)
    .bind(forgotten_before)
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Finds what was answered under a key after `forgotten_before`.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    key: Key<'_>,
    forgotten_before: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select body_sha256, status, answer, subject_id, refused
        from idempotency_keys
        where organization_id = $1 and operation = $2 and idempotency_key = $3 and created_at > $4
        "#,
    )
    .bind(organization)
    .bind(key.operation)
    .bind(key.idempotency_key)
    .bind(forgotten_before)
    .fetch_optional(connection)
    .await
}

/// Keeps the answer under a key that was [claimed](claim) in the same transaction. `customer` is the one whose
/// personal data the answer has.
///
/// # Errors
/// When the database refuses.
pub async fn keep_answer(
    connection: &mut Connection,
    organization: OrganizationId,
    key: Key<'_>,
    customer: Option<CustomerId>,
    status: i16,
    answer: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update idempotency_keys
        set customer_id = $4, status = $5, answer = $6
        where organization_id = $1 and operation = $2 and idempotency_key = $3
        "#,
    )
    .bind(organization)
    .bind(key.operation)
    .bind(key.idempotency_key)
    .bind(customer)
    .bind(status)
    .bind(answer)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Notes what the work under a key that was [claimed](claim) in the same transaction makes.
///
/// # Errors
/// When the database refuses.
pub async fn keep_subject(
    connection: &mut Connection,
    organization: OrganizationId,
    key: Key<'_>,
    subject: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update idempotency_keys
        set subject_id = $4
        where organization_id = $1 and operation = $2 and idempotency_key = $3
        "#,
    )
    .bind(organization)
    .bind(key.operation)
    .bind(key.idempotency_key)
    .bind(subject)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Notes that the work under a key was refused, unless somebody else has taken the key since.
///
/// # Errors
/// When the database refuses.
pub async fn refuse(
    connection: &mut Connection,
    organization: OrganizationId,
    key: Key<'_>,
    now: Timestamp,
    forgotten_before: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into idempotency_keys (organization_id, operation, idempotency_key, body_sha256, refused, created_at)
        values ($1, $2, $3, '', true, $4)
        on conflict (organization_id, operation, idempotency_key) do update
        set body_sha256 = excluded.body_sha256, created_at = excluded.created_at,
            customer_id = null, status = null, answer = null, subject_id = null, refused = true
        where idempotency_keys.created_at <= $5
        "#,
    )
    .bind(organization)
    .bind(key.operation)
    .bind(key.idempotency_key)
    .bind(now)
    .bind(forgotten_before)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Drops keys that are forgotten, at most `limit`. Waits for nobody.
///
/// # Errors
/// When the database refuses.
pub async fn delete_forgotten(
    connection: &mut Connection,
    organization: OrganizationId,
    forgotten_before: Timestamp,
    limit: i64,
) -> sqlx::Result<u64> {
    sqlx::query(
        r#"
        delete from idempotency_keys
        where organization_id = $1 and (operation, idempotency_key) in (
            select operation, idempotency_key from idempotency_keys
            where organization_id = $1 and created_at <= $2
            order by created_at
            limit $3
            for update skip locked
        )
        "#,
    )
    .bind(organization)
    .bind(forgotten_before)
    .bind(limit)
    .execute(connection)
    .await
    .map(|dropped| dropped.rows_affected())
}

/// Forgets the answers that have a customer's personal data.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_customer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<()> {
    sqlx::query("delete from idempotency_keys where organization_id = $1 and customer_id = $2")
        .bind(organization)
        .bind(customer)
        .execute(connection)
        .await
        .map(|_| ())
}
