//! Events: what happened, in the order in which it was committed.

use uuid::Uuid;

use super::{AsSent, Connection};
use crate::types::{AccountId, CustomerId, EventId, EventKind, OrganizationId, Timestamp};

/// An event.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub event_id: EventId,
    /// The account in which it happened.
    pub account_id: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// The payment, payment method or session that it is about.
    pub subject_id: Uuid,
    /// The customer whose data it has.
    pub customer_id: Option<CustomerId>,
    /// What is notified besides webhooks.
    pub callback_url: Option<String>,
    /// The data that receivers get, with `null` in the places of personal data.
    pub data: AsSent,
    /// By place (a JSON pointer) what stands there.
    pub personal: Option<AsSent>,
    /// Its place in the order of the organization's events, once it has one.
    pub position: Option<i64>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Adds an event. The caller has locked the row of its subject.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, event: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into events (organization_id, event_id, account_id, kind, subject_id, customer_id, callback_url, data,
            personal, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
    )
    .bind(organization)
    .bind(event.event_id)
    .bind(event.account_id)
    .bind(event.kind)
    .bind(event.subject_id)
    .bind(event.customer_id)
    .bind(&event.callback_url)
    .bind(&event.data)
    .bind(&event.personal)
    .bind(event.created_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// What the dispatch of an event needs to know of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Undispatched {
    /// Its id.
    pub event_id: EventId,
    /// The account in which it happened.
    pub account_id: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// What it is about.
    pub subject_id: Uuid,
    /// What is notified besides webhooks.
    pub callback_url: Option<String>,
}

/// Lists events that have no place yet, in the order in which they were written, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_undispatched(
    connection: &mut Connection,
    organization: OrganizationId,
    limit: i64,
) -> sqlx::Result<Vec<Undispatched>> {
    sqlx::query_as(
        r#"
        select event_id, account_id, kind, subject_id, callback_url
        from events
        where organization_id = $1 and position is null
        order by written
        limit $2
        "#,
    )
    .bind(organization)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Gives events their places, one after the other from `first` on.
///
/// # Errors
/// When the database refuses.
pub async fn place(
    connection: &mut Connection,
    organization: OrganizationId,
    events: &[EventId],
    first: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update events
        set position = $3 + placed.nth - 1
        from unnest($2::uuid[]) with ordinality as placed (event_id, nth)
        where events.organization_id = $1 and events.event_id = placed.event_id
        "#,
    )
    .bind(organization)
    .bind(events)
    .bind(first)
    .execute(connection)
    .await
    .map(|_| ())
}

/// The place of the last event, when nobody else is giving places; with `wait`, when that one is done. None is given in an
/// organization that a test has dropped.
///
/// # Errors
/// When the database refuses.
pub async fn lock_last_position(
    connection: &mut Connection,
    organization: OrganizationId,
    wait: bool,
) -> sqlx::Result<Option<i64>> {
    let select = match wait {
        true => sqlx::query_scalar(
            "select last_position from organizations where organization_id = $1 and dropped_at is null for no key update",
        ),
        false => sqlx::query_scalar(
            r#"
            select last_position from organizations
            where organization_id = $1 and dropped_at is null
            for no key update skip locked
            "#,
        ),
    };
    select.bind(organization).fetch_optional(connection).await
}

/// The place of the last event.
///
/// # Errors
/// When the database refuses.
pub async fn last_position(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select last_position from organizations where organization_id = $1")
        .bind(organization)
        .fetch_one(connection)
        .await
}

/// Notes the place of the last event.
///
/// # Errors
/// When the database refuses.
pub async fn set_last_position(
    connection: &mut Connection,
    organization: OrganizationId,
    last: i64,
) -> sqlx::Result<()> {
    sqlx::query("update organizations set last_position = $2 where organization_id = $1")
        .bind(organization)
        .bind(last)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Lists events in their order, from the one after a place on, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_after(
    connection: &mut Connection,
    organization: OrganizationId,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as("select * from events where organization_id = $1 and position > $2 order by position limit $3")
        .bind(organization)
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await
}

/// Lists events by their ids.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    events: &[EventId],
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as("select * from events where organization_id = $1 and event_id = any($2)")
        .bind(organization)
        .bind(events)
        .fetch_all(connection)
        .await
}

/// Keeps an event from being dropped until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn hold(connection: &mut Connection, organization: OrganizationId, event: EventId) -> sqlx::Result<()> {
    sqlx::query("select from events where organization_id = $1 and event_id = $2 for key share")
        .bind(organization)
        .bind(event)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Forgets what events know of a customer. They stay readable and are still delivered.
///
/// # Errors
/// When the database refuses.
pub async fn forget_customer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<()> {
    sqlx::query("update events set personal = null, forgotten = true where organization_id = $1 and customer_id = $2")
        .bind(organization)
        .bind(customer)
        .execute(&mut *connection)
        .await?;
    // A receiver may have answered with what it was sent. In a statement of its own, which sees what was recorded until
    // the events were locked.
    sqlx::query(
        r#"
        update deliveries set answer_body = null
        where organization_id = $1 and answer_body is not null and event_id in (
            select event_id from events where organization_id = $1 and customer_id = $2
        )
        "#,
    )
    .bind(organization)
    .bind(customer)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Drops events that happened before a time, with their deliveries, at most `limit`. Not those that are still to be
/// delivered.
///
/// # Errors
/// When the database refuses.
pub async fn delete_before(
    connection: &mut Connection,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<u64> {
    let dropped = sqlx::query(
        r#"
        delete from events
        where organization_id = $1 and event_id in (
            select event_id from events
            where organization_id = $1 and created_at < $2 and position is not null and not exists (
                select from deliveries
                where deliveries.organization_id = $1 and deliveries.event_id = events.event_id
                    and status = 'PENDING'
            )
            order by created_at
            limit $3
            for update skip locked
        )
        "#,
    )
    .bind(organization)
    .bind(before)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(dropped.rows_affected())
}
