//! Trying deliveries: taken with a lease, called without holding a connection, recorded.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use url::Url;

use super::client::{Client, Outcome};
use super::oauth2::Tokens;
use super::schedule::{LEASE, Schedule};
use super::{UnsafeAddress, body, dispatch, signature};
use crate::clock::Clock;
use crate::db::{self, deliveries, events, webhooks};
use crate::types::{DeliveryStatus, OrganizationId, Timestamp, WebhookState};

/// Calls to one receiver at a time, when it answers: one at first, one more for each answer, half as many when one does
/// not come. So a receiver that is gone soon holds one call, and one that hangs now and then loses little.
const PER_RECEIVER: usize = 16;

/// Calls at a time.
const IN_ALL: usize = 256;

/// Of these, calls to receivers that may have one only: what is left is for those that answer.
const UNPROVEN: usize = 192;

/// How long it is remembered how a receiver answered.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// How often it is looked who has something due, apart from those who say so.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How many organizations and receivers are looked at in one round.
const LOOKED_AT: i64 = 1_000;

/// What delivers events. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks(Arc<Courier>);

/// The parts of [`Webhooks`].
pub struct Courier {
    db: PgPool,
    clock: Clock,
    client: Client,
    tokens: Tokens,
    schedule: Schedule,
    slots: Mutex<Slots>,
    /// How many calls a receiver may have at a time.
    allowed: Cache<Receiver, usize>,
    woken: Mutex<HashSet<OrganizationId>>,
    waking: Notify,
    stopping: Notify,
}

/// A receiver of an organization.
type Receiver = (OrganizationId, String);

/// The calls that are on their way.
#[derive(Default)]
struct Slots {
    in_all: usize,
    by_receiver: HashMap<Receiver, usize>,
}

/// A call that is on its way; it ends when this is dropped.
struct Slot {
    webhooks: Webhooks,
    receiver: Receiver,
}

impl Deref for Webhooks {
    type Target = Courier;

    fn deref(&self) -> &Courier {
        &self.0
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Webhooks {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(db: PgPool, clock: Clock, allow_private: bool, schedule: Schedule) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Courier {
            db,
            clock,
            client: Client::new(allow_private)?,
            tokens: Tokens::default(),
            schedule,
            slots: Mutex::default(),
            allowed: Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED_FOR).build(),
            woken: Mutex::default(),
            waking: Notify::new(),
            stopping: Notify::new(),
        })))
    }

    /// Says that an organization has committed an event, or has something due. Without it, it would be found within a
    /// second.
    pub fn wake(&self, organization: OrganizationId) {
        locked(&self.woken).insert(organization);
        self.waking.notify_one();
    }

    /// Delivers until told to [stop](Self::stop), and then ends what is on its way.
    pub async fn run(&self) {
        let mut calls = JoinSet::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                _ = look.tick() => note(self.look().await),
                () = self.waking.notified() => {}
                Some(_) = calls.join_next() => continue,
                () = self.stopping.notified() => break,
            }
            note(self.round(&mut calls).await.map(|_| ()));
        }
        while calls.join_next().await.is_some() {}
    }

    /// Ends [`run`](Self::run).
    pub fn stop(&self) {
        self.stopping.notify_one();
    }

    /// Delivers everything that is due now, and everything that becomes due by that.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn deliver_due(&self) -> sqlx::Result<()> {
        let mut calls = JoinSet::new();
        loop {
            self.look().await?;
            if self.round(&mut calls).await? == 0 {
                return Ok(());
            }
            while calls.join_next().await.is_some() {}
        }
    }

    /// Notes who has something due.
    async fn look(&self) -> sqlx::Result<()> {
        let connection = &mut *self.db.acquire().await?;
        let mut found = db::due::events_undispatched(connection, LOOKED_AT).await?;
        found.extend(db::due::deliveries_due(connection, self.clock.now(), LOOKED_AT).await?);
        locked(&self.woken).extend(found);
        Ok(())
    }

    /// Dispatches and begins to deliver what the organizations have that were woken; gives how many calls it began.
    async fn round(&self, calls: &mut JoinSet<()>) -> sqlx::Result<usize> {
        let woken = std::mem::take(&mut *locked(&self.woken));
        let mut begun = 0;
        for organization in woken {
            // What one organization's rows do not let be done keeps no other waiting.
            match self.round_of(organization, calls).await {
                Ok(more) => begun += more,
                Err(error) => note(Err(error)),
            }
        }
        Ok(begun)
    }

    async fn round_of(&self, organization: OrganizationId, calls: &mut JoinSet<()>) -> sqlx::Result<usize> {
        let now = self.clock.now();
        dispatch(&self.db, organization, now, false).await?;
        let mut connection = self.db.acquire().await?;
        let mut begun = 0;
        for name in deliveries::list_due_receivers(&mut connection, organization, now, LOOKED_AT).await? {
            let receiver = (organization, name);
            let free = self.free(&receiver);
            if free == 0 {
                continue;
            }
            let (limit, leased_until) = (i64::try_from(free).unwrap_or(1), now.plus(LEASE));
            let claimed =
                deliveries::claim(&mut connection, organization, &receiver.1, now, leased_until, limit).await?;
            let slots: Vec<_> = claimed.iter().map(|_| self.take_slot(&receiver)).collect();
            let ids: Vec<_> = claimed.iter().map(|delivery| delivery.event_id).collect();
            let events = events::list(&mut connection, organization, &ids).await?;
            let webhook = match claimed.first().and_then(|delivery| delivery.webhook_id) {
                Some(webhook) => webhooks::find(&mut connection, organization, None, webhook).await?,
                None => None,
            };
            for (delivery, slot) in claimed.into_iter().zip(slots) {
                let Some(event) = events.iter().find(|event| event.event_id == delivery.event_id) else { continue };
                let what = Try { organization, delivery, event: event.clone(), webhook: webhook.clone(), leased_until };
                let webhooks = self.clone();
                begun += 1;
                calls.spawn(async move {
                    note(webhooks.try_one(what).await);
                    drop(slot);
                });
            }
        }
        Ok(begun)
    }

    /// How many calls a receiver may have besides those that it has.
    fn free(&self, receiver: &Receiver) -> usize {
        let slots = locked(&self.slots);
        let taken = slots.by_receiver.get(receiver).copied().unwrap_or_default();
        let allowed = self.allowed.get(receiver).unwrap_or(1);
        let in_all = if allowed > 1 { IN_ALL } else { UNPROVEN };
        allowed.saturating_sub(taken).min(in_all.saturating_sub(slots.in_all))
    }

    /// Allows a receiver more calls at a time, or fewer, by whether it has answered.
    fn note_answer(&self, receiver: Receiver, answered: bool) {
        let allowed = self.allowed.get(&receiver).unwrap_or(1);
        let allowed = if answered { PER_RECEIVER.min(allowed + 1) } else { 1.max(allowed / 2) };
        self.allowed.insert(receiver, allowed);
    }

    /// Counts a call. Only one round at a time does, so that what was [free](Self::free) still is.
    fn take_slot(&self, receiver: &Receiver) -> Slot {
        let mut slots = locked(&self.slots);
        slots.in_all += 1;
        *slots.by_receiver.entry(receiver.clone()).or_default() += 1;
        Slot { webhooks: self.clone(), receiver: receiver.clone() }
    }

    /// Tries a delivery and records what came of it.
    async fn try_one(&self, what: Try) -> sqlx::Result<()> {
        let Try { organization, delivery, event, webhook, leased_until } = what;
        match (&webhook, delivery.webhook_id) {
            (None, Some(_)) => {
                let status = DeliveryStatus::Canceled;
                let gone = deliveries::Row { status, due_at: None, updated_at: self.clock.now(), ..delivery };
                return self.record(organization, gone, leased_until).await;
            }
            (Some(webhook), _) if webhook.state == WebhookState::Inactive => {
                let mut database = self.db.begin().await?;
                let state = webhooks::hold_state(&mut database, organization, webhook.webhook_id).await?;
                // It may have become active in the meantime; who made it so has passed over what is leased.
                let due_at = (state != Some(WebhookState::Inactive)).then(|| self.clock.now());
                let id = delivery.delivery_id;
                deliveries::give_back(&mut database, organization, id, leased_until, due_at).await?;
                return database.commit().await;
            }
            _ => {}
        }
        let outcome = self.call(organization, &delivery, &event, webhook.as_ref()).await;
        let receiver = (organization, delivery.receiver.clone());
        let now = self.clock.now();
        self.note_answer(receiver, matches!(outcome, Outcome::Answered { .. }));
        let (answer_status, answer_body, problem) = match outcome {
            Outcome::Answered { status, body } => (i16::try_from(status).ok(), Some(body), None),
            Outcome::Unanswered(problem) => (None, None, Some(problem)),
        };
        let tries = delivery.tries + 1;
        let next = self.schedule.next(delivery.first_tried_at.unwrap_or(now), tries, now);
        let (status, due_at) = match (answer_status, next) {
            (Some(200), _) => (DeliveryStatus::Delivered, None),
            (_, Some(due_at)) => (DeliveryStatus::Pending, Some(due_at)),
            (_, None) => (DeliveryStatus::Failed, None),
        };
        let tried = deliveries::Row {
            status,
            tries,
            due_at,
            last_tried_at: Some(now),
            answer_status,
            answer_body,
            problem,
            updated_at: now,
            ..delivery
        };
        self.record(organization, tried, leased_until).await
    }

    /// Calls the receiver.
    async fn call(
        &self,
        organization: OrganizationId,
        delivery: &deliveries::Row,
        event: &events::Row,
        webhook: Option<&webhooks::Row>,
    ) -> Outcome {
        let body = body(event, delivery.tries).to_string();
        let url = webhook.map(|webhook| &webhook.url).or(delivery.callback_url.as_ref());
        let Some(url) = url.and_then(|url| Url::parse(url).ok()) else {
            return Outcome::Unanswered("there is no URL to call".to_owned());
        };
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if let Some(webhook) = webhook {
            let signature = webhook.hmac_client_secret.as_ref().map(|secret| signature(secret, body.as_bytes()));
            let texts =
                [("x-api-key", &webhook.api_key), ("x-secret", &webhook.secret), ("x-hmac-signature", &signature)];
            for (name, text) in texts {
                if let Some(value) = text.as_ref().and_then(|text| HeaderValue::from_str(text).ok()) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            match self.tokens.header(&self.client, organization, webhook, self.clock.now()).await {
                Ok(token) => headers.extend(token),
                Err(problem) => return Outcome::Unanswered(format!("no token: {problem}")),
            }
        }
        let outcome = self.client.post(&url, headers, body).await;
        if let (Outcome::Answered { status: 401, .. }, Some(webhook)) = (&outcome, webhook) {
            self.tokens.forget(organization, webhook);
        }
        outcome
    }

    /// Records what came of a try; when the delivery is over, the next of its lane is due.
    async fn record(
        &self,
        organization: OrganizationId,
        delivery: deliveries::Row,
        leased_until: Timestamp,
    ) -> sqlx::Result<()> {
        let mut database = self.db.begin().await?;
        let recorded = deliveries::record(&mut database, organization, &delivery, leased_until).await?;
        if recorded && delivery.ordered && delivery.status != DeliveryStatus::Pending {
            deliveries::release_next(&mut database, organization, delivery.lane(), delivery.updated_at).await?;
        }
        database.commit().await
    }

    /// Checks that a URL may be called.
    ///
    /// # Errors
    /// When it does not lead to public addresses, and others are not allowed.
    pub async fn check(&self, url: &Url) -> Result<(), UnsafeAddress> {
        self.client.check(url).await
    }

    /// Whether addresses that are not public may be called, and tokens fetched without TLS.
    #[must_use]
    pub fn allows_private(&self) -> bool {
        self.client.allows_private()
    }
}

/// A try: what is sent where, and until when it may be recorded.
struct Try {
    organization: OrganizationId,
    delivery: deliveries::Row,
    event: events::Row,
    webhook: Option<webhooks::Row>,
    leased_until: Timestamp,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut slots = locked(&self.webhooks.slots);
        slots.in_all = slots.in_all.saturating_sub(1);
        if let Some(taken) = slots.by_receiver.get_mut(&self.receiver) {
            *taken -= 1;
            if *taken == 0 {
                slots.by_receiver.remove(&self.receiver);
            }
        }
        drop(slots);
        // There may be more for it, or for those that had no room.
        self.webhooks.wake(self.receiver.0);
    }
}

fn note(done: sqlx::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "cannot deliver webhooks");
    }
}
