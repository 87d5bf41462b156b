//! What the pages of the console show and the API has no call for. Nothing here changes anything, and what is read is
//! bounded: ids begin with the time, so that the newest come first without being looked for.

mod counts;

use std::ops::Range;

use uuid::Uuid;

pub use counts::{Made, count_checkout_sessions, count_reasons};

use super::{Connection, checkout_sessions, events, payments};
use crate::types::{AccountId, CheckoutSessionId, EventId, OrganizationId, PaymentId, Timestamp, TokenId};

/// What is looked for in a list.
#[derive(Debug, Default)]
pub struct Search<'a> {
    /// What `merchant_order_id` begins with.
    pub order: Option<&'a str>,
    /// A customer, where what is looked for can be its id.
    pub customer: Option<Uuid>,
    /// How it must stand.
    pub status: Option<&'a str>,
}

/// Lists checkout sessions of an account, newest first and at most `limit`: those before one, where that is asked, of
/// the `looked_at` of the organization that come next.
///
/// # Errors
/// When the database refuses.
#[expect(clippy::too_many_arguments, reason = "a page of a list that is searched")]
pub async fn list_checkout_sessions(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    before: Option<CheckoutSessionId>,
    search: &Search<'_>,
    now: Timestamp,
    looked_at: i64,
    limit: i64,
) -> sqlx::Result<Vec<checkout_sessions::Row>> {
    sqlx::query_as(
        r#"
        with looked_at as (
            select checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
                currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used,
                completed, created_at, expires_at
            from checkout_sessions
            where organization_id = $1 and ($3::uuid is null or checkout_session_id < $3)
            order by checkout_session_id desc
            limit $8
        )
        select * from looked_at
        where account_id = $2
            and ($4::text is null or starts_with(merchant_order_id, $4) or customer_id = $5)
            and ($6::text is null or $6 = case
                when completed then 'COMPLETED'
                when expires_at <= $7 then 'EXPIRED'
                else 'ACTIVE'
            end)
        order by checkout_session_id desc
        limit $9
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(before)
    .bind(search.order)
    .bind(search.customer)
    .bind(search.status)
    .bind(now)
    .bind(looked_at)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Lists payments of an account, as [checkout sessions](list_checkout_sessions) are.
///
/// # Errors
/// When the database refuses.
pub async fn list_payments(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    before: Option<PaymentId>,
    search: &Search<'_>,
    looked_at: i64,
    limit: i64,
) -> sqlx::Result<Vec<payments::Row>> {
    sqlx::query_as(
        r#"
        with looked_at as (
            select * from payments
            where organization_id = $1 and ($3::uuid is null or payment_id < $3)
            order by payment_id desc
            limit $7
        )
        select * from looked_at
        where account_id = $2
            and ($4::text is null or starts_with(merchant_order_id, $4) or customer_id = $5)
            and ($6::text is null or status = $6)
        order by payment_id desc
        limit $8
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(before)
    .bind(search.order)
    .bind(search.customer)
    .bind(search.status)
    .bind(looked_at)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// The checkout session that comes after `count` others, newest first, before one where that is asked.
///
/// # Errors
/// When the database refuses.
pub async fn checkout_session_after(
    connection: &mut Connection,
    organization: OrganizationId,
    before: Option<CheckoutSessionId>,
    count: i64,
) -> sqlx::Result<Option<CheckoutSessionId>> {
    sqlx::query_scalar(
        r#"
        select checkout_session_id from checkout_sessions
        where organization_id = $1 and ($2::uuid is null or checkout_session_id < $2)
        order by checkout_session_id desc
        limit 1 offset $3
        "#,
    )
    .bind(organization)
    .bind(before)
    .bind(count)
    .fetch_optional(connection)
    .await
}

/// The payment that comes after `count` others, newest first, before one where that is asked.
///
/// # Errors
/// When the database refuses.
pub async fn payment_after(
    connection: &mut Connection,
    organization: OrganizationId,
    before: Option<PaymentId>,
    count: i64,
) -> sqlx::Result<Option<PaymentId>> {
    sqlx::query_scalar(
        r#"
        select payment_id from payments
        where organization_id = $1 and ($2::uuid is null or payment_id < $2)
        order by payment_id desc
        limit 1 offset $3
        "#,
    )
    .bind(organization)
    .bind(before)
    .bind(count)
    .fetch_optional(connection)
    .await
}

/// A one-time token, without what is paid with it.
#[derive(Debug, sqlx::FromRow)]
pub struct Token {
    /// The type of its method.
    pub payment_method_type: String,
    /// Whether a payment was made with it.
    pub used: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Lists the one-time tokens of a session, in their order and at most `limit`, of the first `looked_at` tokens of the
/// organization in a range of ids.
///
/// # Errors
/// When the database refuses.
pub async fn tokens_of_session(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
    ids: Range<TokenId>,
    looked_at: i64,
    limit: i64,
) -> sqlx::Result<Vec<Token>> {
    sqlx::query_as(
        r#"
        with looked_at as (
            select token_id, checkout_session_id, payment_method_type, used_for, created_at, expires_at from tokens
            where organization_id = $1 and token_id >= $3 and token_id < $4
            order by token_id
            limit $5
        )
        select payment_method_type, used_for is not null as used, created_at, expires_at from looked_at
        where checkout_session_id = $2
        order by token_id
        limit $6
        "#,
    )
    .bind(organization)
    .bind(session)
    .bind(ids.start)
    .bind(ids.end)
    .bind(looked_at)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Lists the events of subjects in ranges of ids, in their order and at most `limit`, of the first `looked_at` events of
/// the organization in each of the ranges.
///
/// # Errors
/// When the database refuses.
pub async fn events_of(
    connection: &mut Connection,
    organization: OrganizationId,
    subjects: &[Uuid],
    ids: &[Range<EventId>],
    looked_at: i64,
    limit: i64,
) -> sqlx::Result<Vec<events::Row>> {
    let (first, end): (Vec<_>, Vec<_>) =
        ids.iter().map(|range| (Uuid::from(range.start), Uuid::from(range.end))).unzip();
    sqlx::query_as(
        r#"
        select found.*
        from unnest($3::uuid[], $4::uuid[]) as asked (first_id, end_id), lateral (
            select * from events
            where organization_id = $1 and event_id >= asked.first_id and event_id < asked.end_id
            order by event_id
            limit $5
        ) as found
        where found.subject_id = any($2)
        order by found.written
        limit $6
        "#,
    )
    .bind(organization)
    .bind(subjects)
    .bind(first)
    .bind(end)
    .bind(looked_at)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// A digest of the newest of everything that moves, so many of each: it is another one when one of them has come or
/// moved.
///
/// # Errors
/// When the database refuses.
pub async fn digest(connection: &mut Connection, organization: OrganizationId, newest: i64) -> sqlx::Result<String> {
    sqlx::query_scalar(
        r#"
        with sessions as (
            select checkout_session_id, used, completed, updated_at from checkout_sessions
            where organization_id = $1
            order by checkout_session_id desc
            limit $2
        ), paid as (
            select payment_id, status, sub_status, updated_at from payments
            where organization_id = $1
            order by payment_id desc
            limit $2
        ), happened as (
            select event_id from events
            where organization_id = $1
            order by event_id desc
            limit $2
        ), sent as (
            select delivery_id, status, tries, updated_at from deliveries
            where organization_id = $1
            order by delivery_id desc
            limit $2
        ), waiting as (
            select delivery_id, status, tries, updated_at from deliveries
            where organization_id = $1 and status = 'PENDING'
            order by created_at
            limit $2
        ), everything as (
            select checkout_session_id::text || used::text || completed::text || extract(epoch from updated_at) as one
            from sessions
            union all
            select payment_id::text || status || sub_status || extract(epoch from updated_at) from paid
            union all
            select event_id::text from happened
            union all
            select delivery_id::text || status || tries || extract(epoch from updated_at) from sent
            union all
            select delivery_id::text || status || tries || extract(epoch from updated_at) from waiting
        )
        select coalesce(md5(string_agg(one, ' ' order by one)), '') from everything
        "#,
    )
    .bind(organization)
    .bind(newest)
    .fetch_one(connection)
    .await
}
