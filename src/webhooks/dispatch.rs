//! Giving events their places in the order of their organization, and handing them to the receivers that asked.

use std::collections::HashSet;

use sqlx::Acquire as _;
use url::Url;
use uuid::Uuid;

use crate::db::deliveries::Lane;
use crate::db::{Connection, Pool, deliveries, events, webhooks};
use crate::types::{AccountId, DeliveryId, DeliveryStatus, OrganizationId, Timestamp, WebhookId};

/// How many events are dispatched at once.
const BATCH: i64 = 200;

/// How many batches one call dispatches at most, so that nobody waits for another's thousands.
const BATCHES: usize = 10;

/// Dispatches an organization's events, until none is left or somebody else is doing it; with `wait`, when that one is
/// done. Places are given after the commit of what they order, by one at a time: so nobody who has read up to a place
/// can miss what was committed later with an earlier one. Gives whether some may be left.
///
/// # Errors
/// When the database refuses; what is not dispatched then is the next time.
pub async fn dispatch(db: &Pool, organization: OrganizationId, now: Timestamp, wait: bool) -> sqlx::Result<bool> {
    let mut connection = db.acquire().await?;
    // Everything that is committed and has no place is seen here, without any lock.
    if events::list_undispatched(&mut connection, organization, 1).await?.is_empty() {
        return Ok(false);
    }
    for _ in 0..BATCHES {
        let dispatched = dispatch_batch(&mut connection, organization, now, wait).await?;
        if dispatched < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn dispatch_batch(
    connection: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
    wait: bool,
) -> sqlx::Result<usize> {
    let mut database = connection.begin().await?;
    let Some(last) = events::lock_last_position(&mut database, organization, wait).await? else { return Ok(0) };
    let new = events::list_undispatched(&mut database, organization, BATCH).await?;
    if new.is_empty() {
        return Ok(0);
    }
    let accounts: HashSet<AccountId> = new.iter().map(|event| event.account_id).collect();
    let accounts: Vec<_> = accounts.into_iter().collect();
    let webhooks = webhooks::list_active(&mut database, organization, &accounts).await?;
    let mut made = Vec::new();
    for (event, position) in new.iter().zip(last + 1..) {
        let asking =
            webhooks.iter().filter(|webhook| webhook.account_id == event.account_id && webhook.asks_for(event.kind));
        let asking = asking.map(|webhook| (Some(webhook.webhook_id), None, of_webhook(webhook.webhook_id)));
        let callback = event.callback_url.iter().map(|url| (None, Some(url.clone()), of_callback(url)));
        for (webhook_id, callback_url, receiver) in asking.chain(callback) {
            made.push(delivery(event, position, webhook_id, callback_url, receiver, now));
        }
    }
    if !made.is_empty() {
        let subjects: HashSet<Uuid> = made.iter().map(|delivery| delivery.subject_id).collect();
        let subjects: Vec<_> = subjects.into_iter().collect();
        let taken = deliveries::lock_taken_lanes(&mut database, organization, &subjects).await?;
        let mut taken: HashSet<Lane> = taken.into_iter().collect();
        for delivery in &mut made {
            if !taken.insert(delivery.lane()) {
                delivery.due_at = None;
            }
        }
        deliveries::insert(&mut database, organization, &made).await?;
    }
    let ids: Vec<_> = new.iter().map(|event| event.event_id).collect();
    events::place(&mut database, organization, &ids, last + 1).await?;
    let count = i64::try_from(new.len()).unwrap_or(BATCH);
    events::set_last_position(&mut database, organization, last + count).await?;
    database.commit().await?;
    Ok(new.len())
}

fn delivery(
    event: &events::Undispatched,
    position: i64,
    webhook_id: Option<WebhookId>,
    callback_url: Option<String>,
    receiver: String,
    now: Timestamp,
) -> deliveries::Row {
    deliveries::Row {
        delivery_id: DeliveryId::new(now),
        event_id: event.event_id,
        webhook_id,
        callback_url,
        receiver,
        subject_id: event.subject_id,
        position,
        ordered: true,
        status: DeliveryStatus::Pending,
        tries: 0,
        first_tried_at: None,
        due_at: Some(now),
        leased_until: None,
        last_tried_at: None,
        answer_status: None,
        answer_body: None,
        problem: None,
        created_at: now,
        updated_at: now,
    }
}

/// A webhook's calls are counted apart from those of others, also where they lead to one host.
fn of_webhook(webhook: WebhookId) -> String {
    format!("webhook {webhook}")
}

/// Every session has a `callback_url` of its own, so their calls are counted by host.
fn of_callback(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
