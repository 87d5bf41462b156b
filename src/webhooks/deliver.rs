//! Trying deliveries: taken with a lease, called without holding a connection, recorded.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
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

/// Calls at a time to receivers that may have one only, and to those that may have more: neither kind can take the
/// other's room.
const UNPROVEN: usize = 192;
const PROVEN: usize = 128;

/// Of each, those of one organization.
const UNPROVEN_OF_ONE: usize = 96;
const PROVEN_OF_ONE: usize = 64;

/// How long it is remembered how a receiver answered.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// How often it is looked who has something due, apart from those who say so.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a webhook that gets nothing is left alone.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// How often recording what a receiver answered is tried.
const RECORDED: u32 = 5;

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
    by_receiver: HashMap<Receiver, usize>,
    /// Of each organization, by whether the receiver may have more than one.
    by_organization: HashMap<(OrganizationId, bool), usize>,
    unproven: usize,
    proven: usize,
    /// Organizations for whose receivers there was no room.
    refused: HashSet<OrganizationId>,
}

/// A call that is on its way; it ends when this is dropped.
struct Slot {
    webhooks: Webhooks,
    receiver: Receiver,
    proven: bool,
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
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
        match dispatch(&self.db, organization, self.clock.now(), false).await {
            Ok(false) => {}
            Ok(true) => self.wake(organization),
            // What has its place is delivered all the same.
            Err(error) => note(Err(error)),
        }
        let mut connection = self.db.acquire().await?;
        let mut begun = 0;
        let due = deliveries::list_due_receivers(&mut connection, organization, self.clock.now(), LOOKED_AT).await?;
        for (name, webhook_id) in due {
            // A lease begins when it is taken.
            let now = self.clock.now();
            let webhook = match webhook_id {
                Some(id) => match webhooks::find(&mut connection, organization, None, id).await? {
                    Some(webhook) if webhook.state == WebhookState::Active => Some(webhook),
                    Some(_) => {
                        let until = now.plus(LOOK_AGAIN);
                        deliveries::put_off(&mut connection, organization, &name, now, until, LOOKED_AT).await?;
                        continue;
                    }
                    None => {
                        deliveries::cancel(&mut connection, organization, id, now, LOOKED_AT).await?;
                        continue;
                    }
                },
                None => None,
            };
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
            for (delivery, slot) in claimed.into_iter().zip(slots) {
                let Some(event) = events.iter().find(|event| event.event_id == delivery.event_id) else { continue };
                let what = Try { organization, delivery, event: event.clone(), webhook: webhook.clone(), leased_until };
                let webhooks = self.clone();
                begun += 1;
                calls.spawn(async move {
                    webhooks.try_one(what).await;
                    drop(slot);
                });
            }
        }
        Ok(begun)
    }

    /// How many calls a receiver may have besides those that it has.
    fn free(&self, receiver: &Receiver) -> usize {
        let allowed = self.allowed.get(receiver).unwrap_or(1);
        let proven = allowed > 1;
        let mut slots = locked(&self.slots);
        let of_receiver = slots.by_receiver.get(receiver).copied().unwrap_or_default();
        let of_organization = slots.by_organization.get(&(receiver.0, proven)).copied().unwrap_or_default();
        let room = match proven {
            true => PROVEN.saturating_sub(slots.proven).min(PROVEN_OF_ONE.saturating_sub(of_organization)),
            false => UNPROVEN.saturating_sub(slots.unproven).min(UNPROVEN_OF_ONE.saturating_sub(of_organization)),
        };
        let wanted = allowed.saturating_sub(of_receiver);
        if room < wanted {
            slots.refused.insert(receiver.0);
        }
        wanted.min(room)
    }

    /// Counts a call. Only one round at a time does, so that what was [free](Self::free) still is.
    fn take_slot(&self, receiver: &Receiver) -> Slot {
        let proven = self.allowed.get(receiver).unwrap_or(1) > 1;
        let mut slots = locked(&self.slots);
        *slots.by_receiver.entry(receiver.clone()).or_default() += 1;
        *slots.by_organization.entry((receiver.0, proven)).or_default() += 1;
        *(if proven { &mut slots.proven } else { &mut slots.unproven }) += 1;
        Slot { webhooks: self.clone(), receiver: receiver.clone(), proven }
    }

    /// Allows a receiver more calls at a time, or fewer, by whether it has answered.
    fn note_answer(&self, receiver: Receiver, answered: bool) {
        let allowed = self.allowed.get(&receiver).unwrap_or(1);
        let allowed = if answered { PER_RECEIVER.min(allowed + 1) } else { 1.max(allowed / 2) };
        self.allowed.insert(receiver, allowed);
    }

    /// Tries a delivery and records what came of it.
    async fn try_one(&self, what: Try) {
        let Try { organization, delivery, event, webhook, leased_until } = what;
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
        let mut tries = 1;
        // What a receiver has answered is not given up at once because something else was in the way.
        while let Err(error) = self.record(organization, &tried, leased_until).await {
            note(Err(error));
            tries += 1;
            if tries > RECORDED {
                break;
            }
        }
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
        delivery: &deliveries::Row,
        leased_until: Timestamp,
    ) -> sqlx::Result<()> {
        let mut database = self.db.begin().await?;
        let recorded = deliveries::record(&mut database, organization, delivery, leased_until).await?;
        if recorded && delivery.status == DeliveryStatus::Failed {
            tracing::warn!(%organization, delivery = %delivery.delivery_id, receiver = delivery.receiver, "not delivered");
        }
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
        fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
        let mut slots = locked(&self.webhooks.slots);
        one_less(&mut slots.by_receiver, &self.receiver);
        one_less(&mut slots.by_organization, &(self.receiver.0, self.proven));
        *(if self.proven { &mut slots.proven } else { &mut slots.unproven }) -= 1;
        let refused = std::mem::take(&mut slots.refused);
        drop(slots);
        // There may be more for it, and there is room for those that had none.
        locked(&self.webhooks.woken).extend(refused);
        self.webhooks.wake(self.receiver.0);
    }
}

fn note(done: sqlx::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "cannot deliver webhooks");
    }
}
