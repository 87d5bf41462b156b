//! What is old is dropped while the server serves: a few rows of one organization at a time, a pause after each step in
//! proportion to what it took, never a long delete.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use uuid::Uuid;

use crate::api::due;
use crate::config::Retention;
use crate::db::retention::Kind;
use crate::db::{self, leases, retention};
use crate::error::ApiError;
use crate::metrics::measures::due_work;
use crate::state::AppState;
use crate::types::{CheckoutSessionId, OrganizationId, Timestamp};

/// How many rows of one kind a step looks at.
const ROWS: i64 = 100;

/// How many organizations are read at a time.
const PAGE: i64 = 1_000;

/// How many times as long as a step took the pause after it is: a twenty-fifth of the time is spent on dropping. With five
/// times as many rows and a pause of six times, one in a hundred sessions took 115 ms to be made beside it, and not 5.
const PAUSE: u32 = 24;

/// How often what is old is looked for.
const INTERVAL: Duration = Duration::from_secs(600);

/// How much longer the pause is after a step that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The lease of whoever drops what is old: one server at a time.
const LEASE: &str = "retention";

/// How long the lease is held without a step. Renewed when half of that is over.
const fn held_for() -> TimeDelta {
    TimeDelta::minutes(10)
}

/// In this order: a session goes only after its payment.
const KINDS: [Kind; 3] = [Kind::Payments, Kind::CheckoutSessions, Kind::CustomerSessions];

/// What a step leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// There is more to look at.
    More,
    /// All organizations were looked at, or somebody else does it.
    Nothing,
}

/// One walk after the other over all organizations. Where it is, is in its memory alone: what was looked at is not
/// looked at again, so that the entries that dropped rows leave in an index are passed over once.
pub struct Sweeper {
    retention: Retention,
    holder: Uuid,
    held_until: Option<Timestamp>,
    /// The last organization that was read; none at the beginning of a walk.
    last_read: Option<OrganizationId>,
    organizations: VecDeque<OrganizationId>,
    /// Which of the kinds is looked at of the first organization, and from which id on.
    place: (usize, Uuid),
    dropped: u64,
}

impl Sweeper {
    /// One that has not begun.
    #[must_use]
    pub fn new(retention: Retention) -> Self {
        Self {
            retention,
            holder: Uuid::new_v4(),
            held_until: None,
            last_read: None,
            organizations: VecDeque::new(),
            place: (0, Uuid::nil()),
            dropped: 0,
        }
    }

    /// How many sessions and payments this one has dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes one step.
    ///
    /// # Errors
    /// When the database refuses. The next step is then about another organization, so that what one organization's rows
    /// do not let be done keeps no other waiting.
    pub async fn step(&mut self, app: &AppState) -> Result<Left, ApiError> {
        if !self.holds_lease(app, app.clock.machine_time()).await? {
            return Ok(Left::Nothing);
        }
        let Some(organization) = self.organization(app).await? else { return Ok(Left::Nothing) };
        let (kind, from) = self.place;
        let next = self.drop_some(app, organization, KINDS[kind], from).await;
        self.place = match (&next, kind + 1 < KINDS.len()) {
            (Ok(Some(next)), _) => (kind, *next),
            (Ok(None), true) => (kind + 1, Uuid::nil()),
            (Ok(None), false) | (Err(_), _) => {
                self.organizations.pop_front();
                (0, Uuid::nil())
            }
        };
        next.map(|_| Left::More)
    }

    async fn holds_lease(&mut self, app: &AppState, now: Timestamp) -> Result<bool, ApiError> {
        if self.held_until.is_some_and(|until| now < until.plus(-held_for() / 2)) {
            return Ok(true);
        }
        let until = now.plus(held_for());
        let held = leases::hold(&mut *app.db.acquire().await?, LEASE, self.holder, now, until).await?;
        self.held_until = held.then_some(until);
        Ok(held)
    }

    /// Whose turn it is; `None` at the end of a walk, and the next one begins anew.
    async fn organization(&mut self, app: &AppState) -> Result<Option<OrganizationId>, ApiError> {
        if self.organizations.is_empty() {
            let connection = &mut *app.db.acquire().await?;
            self.organizations = db::due::organizations_after(connection, self.last_read, PAGE).await?.into();
            self.last_read = self.organizations.back().copied();
        }
        Ok(self.organizations.front().copied())
    }

    /// Drops what is old among the next rows of a kind; gives where to go on, if there is more.
    async fn drop_some(
        &mut self,
        app: &AppState,
        organization: OrganizationId,
        kind: Kind,
        from: Uuid,
    ) -> Result<Option<Uuid>, ApiError> {
        let kept = match kind {
            Kind::Payments => self.retention.payments,
            Kind::CheckoutSessions | Kind::CustomerSessions => self.retention.sessions,
        };
        let Some(kept) = kept else { return Ok(None) };
        let made_before = app.clock.now(organization).plus(-kept);
        let mut end = Uuid::from(CheckoutSessionId::first_of(made_before));
        let mut database = app.db.begin().await?;
        db::prepare_dropping(&mut database).await?;
        if kind == Kind::CheckoutSessions
            && let Some(told) = retention::expiries_told_up_to(&mut database, organization).await?
        {
            // Of what comes after, the expiry is yet to be told.
            end = end.min(told.into());
        }
        let ids = Range { start: from, end };
        let next = retention::id_after(&mut database, organization, kind, &ids, ROWS).await?;
        let ids = Range { start: from, end: next.unwrap_or(end) };
        let dropped = match kind {
            Kind::Payments => retention::drop_payments(&mut database, organization, &ids, made_before).await?,
            Kind::CheckoutSessions => retention::drop_checkout_sessions(&mut database, organization, &ids).await?,
            Kind::CustomerSessions => retention::drop_customer_sessions(&mut database, organization, &ids).await?,
        };
        database.commit().await?;
        self.dropped += dropped;
        app.metrics.note(|measures| measures.note_due_work(counted_as(kind), dropped));
        Ok(next)
    }
}

fn counted_as(kind: Kind) -> &'static str {
    match kind {
        Kind::Payments => due_work::PAYMENTS_DROPPED,
        Kind::CheckoutSessions => due_work::CHECKOUT_SESSIONS_DROPPED,
        Kind::CustomerSessions => due_work::CUSTOMER_SESSIONS_DROPPED,
    }
}

/// Drops what is old, all the time, until the database is closed.
pub async fn run(app: AppState, retention: Retention) {
    let mut sweeper = Sweeper::new(retention);
    let mut walk = Walk::default();
    loop {
        let began = Instant::now();
        let step = app.db.tenure().bound(sweeper.step(&app)).await;
        let pause = began.elapsed() * PAUSE;
        let pause = match step {
            Ok(Left::More) => {
                walk.began.get_or_insert(began);
                pause
            }
            Ok(Left::Nothing) => {
                std::mem::take(&mut walk).note(&app, &sweeper);
                walk.dropped_before = sweeper.dropped();
                INTERVAL
            }
            Err(error) => {
                due::note(&app, Err::<(), _>(error));
                pause + AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.db.close_event() => return,
        }
    }
}

/// What is told of a walk when it is over.
#[derive(Default)]
struct Walk {
    began: Option<Instant>,
    dropped_before: u64,
}

impl Walk {
    fn note(self, app: &AppState, sweeper: &Sweeper) {
        let dropped = sweeper.dropped() - self.dropped_before;
        if let Some(began) = self.began.filter(|_| dropped > 0) {
            tracing::info!(dropped, seconds = began.elapsed().as_secs(), "dropped what is old");
            // The embedded database is looked after when something has happened.
            app.calls.fetch_add(1, Ordering::Relaxed);
        }
    }
}
