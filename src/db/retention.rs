//! Dropping what is old, a bounded range of ids at a time: ids begin with the time, so that a range of the primary key is
//! a range of time, and nothing is looked at twice.

use std::ops::Range;

use uuid::Uuid;

use super::Connection;
use crate::types::{CheckoutSessionId, OrganizationId, PaymentId, Timestamp};

/// What gets old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Payments, with their transactions.
    Payments,
    /// Checkout sessions.
    CheckoutSessions,
    /// Customer sessions.
    CustomerSessions,
}

/// The id that comes after the first `count` of a range of ids; `None` when no more are in it.
///
/// # Errors
/// When the database refuses.
pub async fn id_after(
    connection: &mut Connection,
    organization: OrganizationId,
    kind: Kind,
    ids: &Range<Uuid>,
    count: i64,
) -> sqlx::Result<Option<Uuid>> {
    let select = match kind {
        Kind::Payments => sqlx::query_scalar(
            r#"
            select payment_id from payments
            where organization_id = $1 and payment_id >= $2 and payment_id < $3
            order by payment_id
            limit 1 offset $4
            "#,
        ),
        Kind::CheckoutSessions => sqlx::query_scalar(
            r#"
            select checkout_session_id from checkout_sessions
            where organization_id = $1 and checkout_session_id >= $2 and checkout_session_id < $3
            order by checkout_session_id
            limit 1 offset $4
            "#,
        ),
        Kind::CustomerSessions => sqlx::query_scalar(
            r#"
            select customer_session_id from customer_sessions
            where organization_id = $1 and customer_session_id >= $2 and customer_session_id < $3
            order by customer_session_id
            limit 1 offset $4
            "#,
        ),
    };
    select.bind(organization).bind(ids.start).bind(ids.end).bind(count).fetch_optional(connection).await
}

/// Drops the checkout sessions of a range of ids, but those that have a payment, and those that somebody else has
/// locked. Gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn drop_checkout_sessions(
    connection: &mut Connection,
    organization: OrganizationId,
    ids: &Range<Uuid>,
) -> sqlx::Result<u64> {
    let dropped = sqlx::query(
        r#"
        delete from checkout_sessions
        where organization_id = $1 and checkout_session_id in (
            select checkout_session_id from checkout_sessions
            where organization_id = $1 and checkout_session_id >= $2 and checkout_session_id < $3 and not exists (
                select from payments
                where payments.organization_id = $1
                    and payments.checkout_session_id = checkout_sessions.checkout_session_id
                -- So that each is looked up: as a join, all payments of the organization would be read.
                offset 0
            )
            for update skip locked
        )
        "#,
    )
    .bind(organization)
    .bind(ids.start)
    .bind(ids.end)
    .execute(connection)
    .await?;
    Ok(dropped.rows_affected())
}

/// Drops the customer sessions of a range of ids, but those that somebody else has locked. Gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn drop_customer_sessions(
    connection: &mut Connection,
    organization: OrganizationId,
    ids: &Range<Uuid>,
) -> sqlx::Result<u64> {
    let dropped = sqlx::query(
        r#"
        delete from customer_sessions
        where organization_id = $1 and customer_session_id in (
            select customer_session_id from customer_sessions
            where organization_id = $1 and customer_session_id >= $2 and customer_session_id < $3
            for update skip locked
        )
        "#,
    )
    .bind(organization)
    .bind(ids.start)
    .bind(ids.end)
    .execute(connection)
    .await?;
    Ok(dropped.rows_affected())
}

/// Drops the payments of a range of ids with their transactions, but those that are not over, that have moved since
/// `moved_before`, that verified a payment method, which tells of them, or that somebody else has locked. Over is a
/// payment whose [state is terminal](crate::lifecycle::State::is_terminal), about which no gateway is being asked and
/// nothing is due. Gives how many. In a transaction.
///
/// # Errors
/// When the database refuses.
pub async fn drop_payments(
    connection: &mut Connection,
    organization: OrganizationId,
    ids: &Range<Uuid>,
    moved_before: Timestamp,
) -> sqlx::Result<u64> {
    let payments: Vec<PaymentId> = sqlx::query_scalar(
        r#"
        select payment_id from payments
        where organization_id = $1 and payment_id >= $2 and payment_id < $3 and updated_at < $4
            and status not in ('CREATED', 'PENDING', 'IN_DISPUTE')
            and not (status = 'SUCCEEDED' and sub_status = 'PARTIALLY_CAPTURED')
            and in_flight is null and due_at is null
            and not exists (
                select from payment_methods
                where payment_methods.organization_id = $1
                    and payment_methods.verify_payment_id = payments.payment_id
                -- So that each is looked up, as above.
                offset 0
            )
        for update skip locked
        "#,
    )
    .bind(organization)
    .bind(ids.start)
    .bind(ids.end)
    .bind(moved_before)
    .fetch_all(&mut *connection)
    .await?;
    if payments.is_empty() {
        return Ok(0);
    }
    sqlx::query("delete from transactions where organization_id = $1 and payment_id = any($2)")
        .bind(organization)
        .bind(&payments)
        .execute(&mut *connection)
        .await?;
    let dropped = sqlx::query("delete from payments where organization_id = $1 and payment_id = any($2)")
        .bind(organization)
        .bind(&payments)
        .execute(connection)
        .await?;
    Ok(dropped.rows_affected())
}

/// The first of the checkout sessions of an organization, by account, up to which expiries were told where a webhook
/// asks for them: of every session after it somebody may still have to be told.
///
/// # Errors
/// When the database refuses.
pub async fn expiries_told_up_to(
    connection: &mut Connection,
    organization: OrganizationId,
) -> sqlx::Result<Option<CheckoutSessionId>> {
    sqlx::query_scalar(
        r#"
        select expiries_told_up_to from accounts
        where organization_id = $1 and expiries_told_up_to is not null
        order by expiries_told_up_to
        limit 1
        "#,
    )
    .bind(organization)
    .fetch_optional(connection)
    .await
}
