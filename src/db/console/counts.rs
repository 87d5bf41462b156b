//! Counts for the charts of the console.

use std::ops::Range;

use crate::db::Connection;
use crate::types::{AccountId, CheckoutSessionId, OrganizationId, PaymentId, PaymentStatus, Timestamp};

/// How many checkout sessions of one kind were made in a part of a time.
#[derive(Debug, sqlx::FromRow)]
pub struct Made {
    /// Which part, from 1 on.
    pub part: i32,
    /// Where they are paid.
    pub country: String,
    /// The type of the method of their payments; `None` where nobody tried to pay.
    pub payment_method_type: Option<String>,
    /// How many.
    pub made: i64,
    /// How many of them were paid.
    pub paid: i64,
}

/// Counts the checkout sessions of an account in a range of ids, by the parts of time that begin at `parts`: of the
/// newest `looked_at` of the organization.
///
/// # Errors
/// When the database refuses.
pub async fn count_checkout_sessions(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    ids: Range<CheckoutSessionId>,
    parts: &[Timestamp],
    looked_at: i64,
) -> sqlx::Result<Vec<Made>> {
    sqlx::query_as(
        r#"
        with looked_at as (
            select checkout_session_id, account_id, country, created_at from checkout_sessions
            where organization_id = $1 and checkout_session_id >= $3 and checkout_session_id < $4
            order by checkout_session_id desc
            limit $6
        )
        select width_bucket(looked_at.created_at, $5::timestamptz[]) as part, looked_at.country,
            paid_with.payment_method_type, count(*) as made, count(*) filter (where paid_with.succeeded) as paid
        from looked_at, lateral (
            -- There is one at most, and so a row for every session. Money that was given back since had come.
            select max(payment_method_type) as payment_method_type,
                bool_or(paid > 0 or status = 'SUCCEEDED') as succeeded
            from payments
            where organization_id = $1 and payments.checkout_session_id = looked_at.checkout_session_id
        ) as paid_with
        where looked_at.account_id = $2
        group by part, looked_at.country, paid_with.payment_method_type
        limit $6
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(ids.start)
    .bind(ids.end)
    .bind(parts)
    .bind(looked_at)
    .fetch_all(connection)
    .await
}

/// Counts the payments of an account in a range of ids that stand in one of some ways, by why their main transaction
/// does, most first and at most `limit` reasons: of the newest `looked_at` of the organization.
///
/// # Errors
/// When the database refuses.
pub async fn count_reasons(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    ids: Range<PaymentId>,
    statuses: &[PaymentStatus],
    looked_at: i64,
    limit: i64,
) -> sqlx::Result<Vec<(String, i64)>> {
    sqlx::query_as(
        r#"
        with looked_at as (
            select payment_id, account_id, status from payments
            where organization_id = $1 and payment_id >= $3 and payment_id < $4
            order by payment_id desc
            limit $6
        )
        select main.response_code, count(*)
        from looked_at, lateral (
            select response_code from transactions
            where organization_id = $1 and transactions.payment_id = looked_at.payment_id and position = 1
            -- So that each is looked up: as a join, all transactions of the organization would be read.
            offset 0
        ) as main
        where looked_at.account_id = $2 and looked_at.status = any($5)
        group by main.response_code
        order by count(*) desc, main.response_code
        limit $7
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(ids.start)
    .bind(ids.end)
    .bind(statuses)
    .bind(looked_at)
    .bind(limit)
    .fetch_all(connection)
    .await
}
