//! Trying deliveries: taken with a lease, called without holding a connection, recorded.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use url::Url;

use super::client::{Client, Outcome};
use super::oauth2::Tokens;
use super::room::Room;
use super::schedule::{LEASE, Schedule};
use super::{Secrets, UnsafeAddress, body, dispatch};
use crate::clock::Clock;
use crate::db::{self, Pool, deliveries, events, webhooks};
use crate::metrics::Metrics;
use crate::metrics::measures::{Measures, outcome};
use crate::types::{DeliveryStatus, OrganizationId, Timestamp, WebhookState};

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
    db: Pool,
    clock: Clock,
    client: Client,
    tokens: Tokens,
    schedule: Schedule,
    pub(super) room: Arc<Room>,
    stopping: Notify,
    metrics: Metrics,
    /// Who is taking deliveries, one at a time.
    pub(super) taking: Mutex<()>,
}

impl Deref for Webhooks {
    type Target = Courier;

    fn deref(&self) -> &Courier {
        &self.0
    }
}

impl Webhooks {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(
        db: impl Into<Pool>,
        clock: Clock,
        allow_private: bool,
        schedule: Schedule,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let db = db.into();
        Ok(Self(Arc::new(Courier {
            db: db.measured(&metrics),
            clock,
            client: Client::new(allow_private)?,
            tokens: Tokens::default(),
            schedule,
            room: Arc::default(),
            stopping: Notify::new(),
            metrics,
            taking: Mutex::default(),
        })))
    }

    /// Says that an organization has committed an event, or has something due. Without it, it would be found within a
    /// second.
    pub fn wake(&self, organization: OrganizationId) {
        self.room.wake(organization);
    }

    /// Delivers until told to [stop](Self::stop), and then ends what is on its way.
    pub async fn run(&self) {
        let mut calls = JoinSet::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => note(self.db.tenure().bound(self.look()).await),
                () = self.room.waking() => {}
                Some(_) = calls.join_next() => continue,
                () = self.stopping.notified() => break,
            }
            note(self.db.tenure().bound(self.round(&mut calls)).await.map(|_| ()));
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

    /// Forgets what is remembered of an organization that is gone.
    pub fn forget(&self, organization: OrganizationId) {
        self.room.forget(organization);
        self.tokens.forget_all(organization);
    }

    /// Notes who has something due.
    async fn look(&self) -> sqlx::Result<()> {
        let connection = &mut *self.db.acquire().await?;
        let mut found = db::due::events_undispatched(connection, LOOKED_AT).await?;
        // Nobody's time is behind the machine's: what is due by that is due.
        let now = self.clock.machine_time();
        found.extend(db::due::deliveries_due(connection, now, LOOKED_AT).await?);
        if self.clock.has_moved() {
            found.extend(db::due::deliveries_due_of_moved(connection, now, LOOKED_AT).await?);
        }
        self.room.note(found);
        Ok(())
    }

    /// Dispatches and begins to deliver what the organizations have that were woken; gives how many calls it began.
    async fn round(&self, calls: &mut JoinSet<()>) -> sqlx::Result<usize> {
        let woken = self.room.woken();
        let mut begun = 0;
        for organization in woken {
            let _taking = self.taking.lock().await;
            if self.room.is_held(organization) {
                continue;
            }
            // What one organization's rows do not let be done keeps no other waiting.
            match self.round_of(organization, false, calls).await {
                Ok(more) => begun += more.calls,
                Err(error) => note(Err(error)),
            }
        }
        Ok(begun)
    }

    /// With `wait`, what somebody else is just dispatching is waited for.
    pub(super) async fn round_of(
        &self,
        organization: OrganizationId,
        wait: bool,
        calls: &mut JoinSet<()>,
    ) -> sqlx::Result<Begun> {
        let mut begun = Begun::default();
        match dispatch(&self.db, organization, self.clock.now(organization), wait).await {
            Ok(false) => {}
            Ok(true) => {
                begun.undispatched = true;
                self.wake(organization);
            }
            // Who waits must not believe that everything was done.
            Err(error) if wait => return Err(error),
            // What has its place is delivered all the same.
            Err(error) => note(Err(error)),
        }
        let mut connection = self.db.acquire().await?;
        let now = self.clock.now(organization);
        let due = deliveries::list_due_receivers(&mut connection, organization, now, LOOKED_AT).await?;
        for (name, webhook_id) in due {
            // A lease begins when it is taken.
            let now = self.clock.now(organization);
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
            let free = self.room.free(&receiver);
            if free == 0 {
                begun.without_room = true;
                continue;
            }
            let (limit, leased_until) = (i64::try_from(free).unwrap_or(1), now.plus(LEASE));
            let claimed =
                deliveries::claim(&mut connection, organization, &receiver.1, now, leased_until, limit).await?;
            let slots: Vec<_> = claimed.iter().map(|_| self.room.take_slot(&receiver)).collect();
            let ids: Vec<_> = claimed.iter().map(|delivery| delivery.event_id).collect();
            let events = events::list(&mut connection, organization, &ids).await?;
            for (delivery, slot) in claimed.into_iter().zip(slots) {
                let Some(event) = events.iter().find(|event| event.event_id == delivery.event_id) else { continue };
                let what = Try { organization, delivery, event: event.clone(), webhook: webhook.clone(), leased_until };
                let webhooks = self.clone();
                begun.calls += 1;
                calls.spawn(async move {
                    webhooks.try_one(what).await;
                    drop(slot);
                });
            }
        }
        Ok(begun)
    }

    /// Tries a delivery and records what came of it.
    async fn try_one(&self, what: Try) {
        let Try { organization, delivery, event, webhook, leased_until } = what;
        let outcome = self.call_measured(organization, &delivery, &event, webhook.as_ref()).await;
        let receiver = (organization, delivery.receiver.clone());
        let now = self.clock.now(organization);
        self.room.note_answer(receiver, matches!(outcome, Outcome::Answered { .. }));
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
        while let Err(error) = self.db.tenure().bound(self.record(organization, &tried, leased_until)).await {
            note(Err(error));
            tries += 1;
            let left = leased_until.since(self.clock.now(organization)).to_std().unwrap_or_default();
            if tries > RECORDED || !self.db.is_back_within(left).await {
                break;
            }
        }
    }

    /// Calls the receiver, and notes how long that took.
    async fn call_measured(
        &self,
        organization: OrganizationId,
        delivery: &deliveries::Row,
        event: &events::Row,
        webhook: Option<&webhooks::Row>,
    ) -> Outcome {
        let _in_flight = self.metrics.hold(|measures| &measures.deliveries_in_flight);
        let began = Instant::now();
        let came = self.call(organization, delivery, event, webhook).await;
        let outcome = match came {
            Outcome::Answered { status: 200, .. } => outcome::DELIVERED,
            Outcome::Answered { .. } => outcome::REFUSED,
            Outcome::Unanswered(_) => outcome::UNANSWERED,
        };
        self.metrics.note(|measures| Measures::took(&measures.delivery_seconds, outcome, began.elapsed()));
        came
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
        let secrets = webhook.map_or_else(Secrets::default, |webhook| Secrets {
            api_key: webhook.api_key.as_ref(),
            secret: webhook.secret.as_ref(),
            hmac_client_secret: webhook.hmac_client_secret.as_ref(),
        });
        let mut headers = match secrets.headers(body.as_bytes()) {
            Ok(headers) => headers,
            Err(error) => return Outcome::Unanswered(format!("a secret cannot be sent: {error}")),
        };
        if let Some(webhook) = webhook {
            match self.tokens.header(&self.client, organization, webhook, self.clock.now(organization)).await {
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
        if recorded && delivery.ordered && delivery.status != DeliveryStatus::Pending {
            deliveries::release_next(&mut database, organization, delivery.lane(), delivery.updated_at).await?;
        }
        database.commit().await?;
        if recorded && delivery.status == DeliveryStatus::Failed {
            tracing::warn!(%organization, delivery = %delivery.delivery_id, receiver = delivery.receiver, "not delivered");
            self.metrics.count(|measures| &measures.deliveries_failed);
        }
        Ok(())
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

/// What a round of one organization has begun.
#[derive(Clone, Copy, Default)]
pub(super) struct Begun {
    pub calls: usize,
    /// Whether there are more events than were dispatched.
    pub undispatched: bool,
    /// Whether there is more for a receiver than there was room for.
    pub without_room: bool,
}

fn note(done: sqlx::Result<()>) {
    match done {
        // One line was logged when it went.
        Err(error) if db::is_known_away(&error) => tracing::debug!(%error, "cannot deliver webhooks"),
        Err(error) => tracing::warn!(%error, "cannot deliver webhooks"),
        Ok(()) => {}
    }
}
