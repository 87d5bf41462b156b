//! Deliveries of events to receivers.

use uuid::Uuid;

use super::Connection;
use crate::types::{DeliveryId, DeliveryStatus, EventId, OrganizationId, Timestamp, WebhookId};

/// A delivery.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// What is delivered.
    pub event_id: EventId,
    /// To which webhook.
    pub webhook_id: Option<WebhookId>,
    /// Or else to which `callback_url`.
    pub callback_url: Option<String>,
    /// What one receiver's calls are counted by.
    pub receiver: String,
    /// What the event is about.
    pub subject_id: Uuid,
    /// The event's place.
    pub position: i64,
    /// Whether it waits for earlier ones of the same subject, and later ones for it.
    pub ordered: bool,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub tries: i16,
    /// When it was first tried.
    pub first_tried_at: Option<Timestamp>,
    /// When it is to be tried.
    pub due_at: Option<Timestamp>,
    /// While it is being tried: when that counts as never done.
    pub leased_until: Option<Timestamp>,
    /// When it was last tried.
    pub last_tried_at: Option<Timestamp>,
    /// What the receiver answered last.
    pub answer_status: Option<i16>,
    /// The beginning of that answer's body.
    pub answer_body: Option<String>,
    /// Why there was no answer.
    pub problem: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl Row {
    /// The order that it keeps: of one subject, towards one receiver.
    #[must_use]
    pub fn lane(&self) -> Lane {
        (self.subject_id, self.webhook_id)
    }
}

/// A subject and a webhook, or the `callback_url` of the subject: what arrives in order.
pub type Lane = (Uuid, Option<WebhookId>);

/// Adds deliveries.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, new: &[Row]) -> sqlx::Result<()> {
    fn each<T>(rows: &[Row], column: impl FnMut(&Row) -> T) -> Vec<T> {
        rows.iter().map(column).collect()
    }
    sqlx::query(
        r#"
        insert into deliveries (organization_id, delivery_id, event_id, webhook_id, callback_url, receiver, subject_id,
            position, ordered, due_at, status, created_at, updated_at)
        select $1, new.*, 'PENDING', $11, $11
        from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::uuid[], $8::bigint[],
            $9::boolean[], $10::timestamptz[]) as new
        "#,
    )
    .bind(organization)
    .bind(each(new, |row| row.delivery_id))
    .bind(each(new, |row| row.event_id))
    .bind(each(new, |row| row.webhook_id))
    .bind(each(new, |row| row.callback_url.clone()))
    .bind(each(new, |row| row.receiver.clone()))
    .bind(each(new, |row| row.subject_id))
    .bind(each(new, |row| row.position))
    .bind(each(new, |row| row.ordered))
    .bind(each(new, |row| row.due_at))
    .bind(new.first().map(|row| row.created_at))
    .execute(connection)
    .await
    .map(|_| ())
}

/// Which lanes of subjects are taken, by deliveries that will not end before the transaction does.
///
/// # Errors
/// When the database refuses.
pub async fn lock_taken_lanes(
    connection: &mut Connection,
    organization: OrganizationId,
    subjects: &[Uuid],
) -> sqlx::Result<Vec<Lane>> {
    sqlx::query_as(
        r#"
        select subject_id, webhook_id
        from deliveries
        where organization_id = $1 and subject_id = any($2) and status = 'PENDING' and ordered
        order by subject_id, position
        for no key update
        "#,
    )
    .bind(organization)
    .bind(subjects)
    .fetch_all(connection)
    .await
}

/// Lists the receivers for which something is due, with their webhooks, at most `limit`. Goes from receiver to receiver, however much waits
/// for one of them.
///
/// # Errors
/// When the database refuses.
pub async fn list_due_receivers(
    connection: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<(String, Option<WebhookId>)>> {
    sqlx::query_as(
        r#"
        with recursive first_due (receiver, webhook_id, due_at) as (
            (
                select receiver, webhook_id, due_at from deliveries
                where organization_id = $1 and due_at is not null
                order by receiver, due_at
                limit 1
            )
            union all
            select following.receiver, following.webhook_id, following.due_at
            from first_due, lateral (
                select receiver, webhook_id, due_at from deliveries
                where organization_id = $1 and due_at is not null and deliveries.receiver > first_due.receiver
                order by receiver, due_at
                limit 1
            ) as following
        )
        select receiver, webhook_id from first_due where due_at <= $2 order by due_at limit $3
        "#,
    )
    .bind(organization)
    .bind(now)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Takes deliveries to a receiver that are due, at most `limit`, until `leased_until`: who takes them records what came
/// of them before that time, or they are due again. Passes over those that somebody else is just taking.
///
/// # Errors
/// When the database refuses.
pub async fn claim(
    connection: &mut Connection,
    organization: OrganizationId,
    receiver: &str,
    now: Timestamp,
    leased_until: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        with due as (
            select delivery_id from deliveries
            where organization_id = $1 and receiver = $2 and due_at <= $3
            order by due_at, position
            limit $5
            for no key update skip locked
        )
        update deliveries
        set due_at = $4, leased_until = $4, first_tried_at = coalesce(first_tried_at, $3)
        from due
        where deliveries.organization_id = $1 and deliveries.delivery_id = due.delivery_id
        returning deliveries.*
        "#,
    )
    .bind(organization)
    .bind(receiver)
    .bind(now)
    .bind(leased_until)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Writes what came of a try, if the delivery is still [leased](claim) as `delivery` says; `false` when it is not: it
/// has become due again, and is somebody else's. What a customer's event was answered with is not kept once the
/// customer is forgotten.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    connection: &mut Connection,
    organization: OrganizationId,
    delivery: &Row,
    leased_until: Timestamp,
) -> sqlx::Result<bool> {
    let recorded = sqlx::query(
        r#"
        update deliveries
        set status = $4, tries = $5, due_at = $6, leased_until = null, last_tried_at = $7, answer_status = $8,
            -- Locked, so that who forgets the customer comes before or after, and not in between.
            answer_body = (
                select case when forgotten then null else $9 end from events
                where events.organization_id = $1 and events.event_id = deliveries.event_id
                for share
            ),
            problem = $10, updated_at = $11
        where organization_id = $1 and delivery_id = $2 and status = 'PENDING' and leased_until = $3
        "#,
    )
    .bind(organization)
    .bind(delivery.delivery_id)
    .bind(leased_until)
    .bind(delivery.status)
    .bind(delivery.tries)
    .bind(delivery.due_at)
    .bind(delivery.last_tried_at)
    .bind(delivery.answer_status)
    .bind(&delivery.answer_body)
    .bind(&delivery.problem)
    .bind(delivery.updated_at)
    .execute(connection)
    .await?;
    Ok(recorded.rows_affected() == 1)
}

/// Puts off what is due of a receiver that gets nothing now, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(
    connection: &mut Connection,
    organization: OrganizationId,
    receiver: &str,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        with due as (
            select delivery_id from deliveries
            where organization_id = $1 and receiver = $2 and due_at <= $3
            order by due_at, position
            limit $5
            for no key update skip locked
        )
        update deliveries
        set due_at = $4, leased_until = null
        from due
        where deliveries.organization_id = $1 and deliveries.delivery_id = due.delivery_id
        "#,
    )
    .bind(organization)
    .bind(receiver)
    .bind(now)
    .bind(until)
    .bind(limit)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Ends what is pending of a webhook that was deleted, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn cancel(
    connection: &mut Connection,
    organization: OrganizationId,
    webhook: WebhookId,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        with pending as (
            select delivery_id from deliveries
            where organization_id = $1 and webhook_id = $2 and status = 'PENDING'
            order by position, delivery_id
            limit $4
            for no key update skip locked
        )
        update deliveries
        set status = 'CANCELED', due_at = null, leased_until = null, updated_at = $3
        from pending
        where deliveries.organization_id = $1 and deliveries.delivery_id = pending.delivery_id
        "#,
    )
    .bind(organization)
    .bind(webhook)
    .bind(now)
    .bind(limit)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Gives up what is pending and was made before a time, at most `limit`, and gives the lanes that it was in.
///
/// # Errors
/// When the database refuses.
pub async fn give_up_before(
    connection: &mut Connection,
    organization: OrganizationId,
    before: Timestamp,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Lane>> {
    sqlx::query_as(
        r#"
        with old as (
            select delivery_id from deliveries
            where organization_id = $1 and status = 'PENDING' and created_at < $2
            order by created_at, position
            limit $4
            for no key update skip locked
        )
        update deliveries
        set status = 'FAILED', due_at = null, leased_until = null, updated_at = $3
        from old
        where deliveries.organization_id = $1 and deliveries.delivery_id = old.delivery_id
        returning deliveries.subject_id, deliveries.webhook_id
        "#,
    )
    .bind(organization)
    .bind(before)
    .bind(now)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Makes the next delivery of a lane due, after the one before it is over.
///
/// # Errors
/// When the database refuses.
pub async fn release_next(
    connection: &mut Connection,
    organization: OrganizationId,
    lane: Lane,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update deliveries
        set due_at = $4
        where organization_id = $1 and delivery_id = (
            select delivery_id from deliveries
            where organization_id = $1 and subject_id = $2 and webhook_id is not distinct from $3
                and status = 'PENDING' and ordered
            order by position
            limit 1
        ) and due_at is null
        "#,
    )
    .bind(organization)
    .bind(lane.0)
    .bind(lane.1)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a delivery.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    delivery: DeliveryId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from deliveries where organization_id = $1 and delivery_id = $2")
        .bind(organization)
        .bind(delivery)
        .fetch_optional(connection)
        .await
}

/// Finds a delivery and keeps everybody else from moving it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(
    connection: &mut Connection,
    organization: OrganizationId,
    delivery: DeliveryId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from deliveries where organization_id = $1 and delivery_id = $2 for no key update")
        .bind(organization)
        .bind(delivery)
        .fetch_optional(connection)
        .await
}

/// Makes a delivery due that would be tried later. It must have been [locked](lock) in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn make_due(
    connection: &mut Connection,
    organization: OrganizationId,
    delivery: DeliveryId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("update deliveries set due_at = $3, updated_at = $3 where organization_id = $1 and delivery_id = $2")
        .bind(organization)
        .bind(delivery)
        .bind(now)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Lists the deliveries of a webhook, newest first: those before one, and of one status, where that is asked.
///
/// # Errors
/// When the database refuses.
pub async fn list_of_webhook(
    connection: &mut Connection,
    organization: OrganizationId,
    webhook: WebhookId,
    before: Option<DeliveryId>,
    status: Option<DeliveryStatus>,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select * from deliveries
        where organization_id = $1 and webhook_id = $2 and ($4::text is null or status = $4)
            and ($3::uuid is null or (position, delivery_id) < (
                select position, delivery_id from deliveries where organization_id = $1 and delivery_id = $3
            ))
        order by position desc, delivery_id desc
        limit $5
        "#,
    )
    .bind(organization)
    .bind(webhook)
    .bind(before)
    .bind(status)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Lists the deliveries of events, oldest first, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_of_events(
    connection: &mut Connection,
    organization: OrganizationId,
    events: &[EventId],
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select * from deliveries
        where organization_id = $1 and event_id = any($2)
        order by position, created_at, delivery_id
        limit $3
        "#,
    )
    .bind(organization)
    .bind(events)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// When a delivery is next to be tried, after a time and up to another. Not of webhooks that get nothing now.
///
/// # Errors
/// When the database refuses.
pub async fn next_due(
    connection: &mut Connection,
    organization: OrganizationId,
    after: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar(
        r#"
        select min(due_at) from deliveries
        where organization_id = $1 and due_at > $2 and due_at <= $3 and not exists (
            select from webhooks
            where webhooks.organization_id = $1 and webhooks.webhook_id = deliveries.webhook_id and state <> 'ACTIVE'
        )
        "#,
    )
    .bind(organization)
    .bind(after)
    .bind(until)
    .fetch_one(connection)
    .await
}
