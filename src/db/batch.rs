//! Requests that wait anyway share a statement: what is asked while one statement is on its way makes the next one.
//!
//! There is no timer. Who finds few others has a statement of its own, at once, and is answered when that is committed.
//! Only when requests come faster than statements return do they travel together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::failure::{away, same};
use super::pool::TRUSTED_FOR;
use super::{Connection, Pool, Tenure, is_lost, is_passing};
use crate::metrics::Metrics;
use crate::metrics::measures::StatementLabels;
use crate::types::OrganizationId;

/// Rows of one statement at most.
const LARGEST: usize = 128;

/// Requests that wait at most. Who comes later is told at once that there is no room.
pub const ROOM: usize = 2_048;

/// Statements of one kind on their way at a time while requests are few.
const STATEMENTS: usize = 4;

/// Requests are many when the last statements had more rows than this, on average. Then one statement at a time is
/// quickest, because the next one has all that came meanwhile; a second leaves only when it would be full.
const MANY: usize = 2;

/// How many statements that average reaches back, about.
const MEMORY: usize = 4;

/// How many statements one connection carries before others that want one get their turn.
const TURN: usize = 16;

/// Of how many connections of the pool one is kept at hand between statements, so that a statement need not ask for
/// one and hand it back, which costs a round trip.
const ONE_AT_HAND_OF: u32 = 8;

/// Something asked of the database that several requests can ask in one statement.
pub trait Shared: Send + Sync + 'static {
    /// What the database answers to one request.
    type Answer: Send + 'static;

    /// Whose it is.
    fn organization(&self) -> OrganizationId;

    /// Whether [alone](Self::alone) may wait for somebody else's lock. Such a one makes nobody wait with it.
    fn may_wait(&self) -> bool {
        false
    }

    /// Asks in a statement of its own.
    ///
    /// # Errors
    /// When the database refuses.
    fn alone(&self, connection: &mut Connection) -> impl Future<Output = sqlx::Result<Self::Answer>> + Send;

    /// Asks for all in one statement, which waits for no lock: an answer for each, in their order, where `None` is one
    /// that must ask [alone](Self::alone). With `organization`, all are of that one, and the statement names it.
    ///
    /// # Errors
    /// When the database refuses; then nothing was done for anybody.
    fn together(
        connection: &mut Connection,
        organization: Option<OrganizationId>,
        asked: &[Self],
    ) -> impl Future<Output = sqlx::Result<Vec<Option<Self::Answer>>>> + Send
    where
        Self: Sized;
}

/// Where requests of one kind meet.
pub struct Batch<S: Shared>(Arc<Meeting<S>>);

struct Meeting<S: Shared> {
    db: Pool,
    /// Connections at hand, and since when nobody used them.
    at_hand: Mutex<Vec<(Held, Instant)>>,
    /// Whether a statement must not reach two organizations.
    one_organization: AtomicBool,
    queue: Mutex<Queue<S>>,
    measures: Option<Measures>,
}

/// What is measured of the requests that meet.
struct Measures {
    rows: Histogram,
    queue: Gauge,
    refusals: Counter,
}

/// A connection, and the number of its generation: when the primary has gone, it leads to nothing that may be used.
struct Held {
    connection: PoolConnection<Postgres>,
    generation: u64,
}

struct Queue<S: Shared> {
    waiting: VecDeque<Waiting<S>>,
    /// Statements on their way.
    runners: usize,
    /// [`MEMORY`] times the rows that the last statements had on average.
    rows_of_late: usize,
}

struct Waiting<S: Shared> {
    asked: S,
    told: oneshot::Sender<Told<S>>,
}

/// What becomes of somebody who waits.
enum Told<S: Shared> {
    /// It is answered.
    Answer(sqlx::Result<S::Answer>),
    /// It must ask alone.
    Alone(S),
}

impl<S: Shared> Batch<S> {
    /// Where requests meet before a database; what they ask has a name in the metrics. Must be called within a runtime.
    #[must_use]
    pub fn new(db: Pool, statement: &'static str, metrics: &Metrics) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), runners: 0, rows_of_late: 0 });
        let one_organization = AtomicBool::new(false);
        let measures = metrics.handle(|measures| Measures {
            rows: measures.statement_rows.get_or_create_owned(&StatementLabels { statement }),
            queue: measures.statement_queue.get_or_create_owned(&StatementLabels { statement }),
            refusals: measures.statement_refusals.get_or_create_owned(&StatementLabels { statement }),
        });
        let meeting = Arc::new(Meeting { db, at_hand: Mutex::default(), one_organization, queue, measures });
        tokio::spawn(hand_back(Arc::downgrade(&meeting)));
        Self(meeting)
    }

    /// Notes in the metrics how many wait now.
    pub fn note_queue(&self) {
        if let Some(measures) = &self.0.measures {
            measures.queue.set(i64::try_from(self.0.queue().waiting.len()).unwrap_or(i64::MAX));
        }
    }

    /// Lets no statement reach two organizations from now on.
    pub fn keep_organizations_apart(&self) {
        self.0.one_organization.store(true, Ordering::Relaxed);
    }

    /// Asks, together with whoever else does. The asker must hold no connection: where there is only one, it would wait
    /// for itself. An asker that goes away harms nobody: what it asked is still done when it is on its way already, and
    /// left out otherwise.
    ///
    /// # Errors
    /// `PoolTimedOut` when [too many](ROOM) wait, or when the database is away or refuses.
    pub async fn ask(&self, asked: S) -> sqlx::Result<S::Answer> {
        if self.0.db.generation().is_none() {
            return Err(away());
        }
        let asked = match self.0.join(asked) {
            Place::First(runner, asked) => return runner.lead(&asked).await,
            Place::InLine(told) => match told.await {
                Ok(Told::Answer(answer)) => return answer,
                Ok(Told::Alone(asked)) => asked,
                Err(_) => return Err(sqlx::Error::WorkerCrashed),
            },
            Place::Apart(asked) => asked,
            Place::None => {
                if let Some(measures) = &self.0.measures {
                    measures.refusals.inc();
                }
                return Err(sqlx::Error::PoolTimedOut);
            }
        };
        asked.alone(&mut *self.0.db.acquire().await?).await
    }
}

/// Where somebody who asks finds room.
enum Place<S: Shared> {
    /// In a statement of its own, at once.
    First(Runner<S>, S),
    /// With others.
    InLine(oneshot::Receiver<Told<S>>),
    /// Beside all others, for whom it may wait too long.
    Apart(S),
    /// Nowhere.
    None,
}

/// Hands back connections at hand that are not used any more, and all when their primary has gone or the pool is closed,
/// which waits for them.
async fn hand_back<S: Shared>(meeting: Weak<Meeting<S>>) {
    while let Some(db) = meeting.upgrade().map(|meeting| meeting.db.clone()) {
        let closed = async {
            match db.driver() {
                Some(pool) if !pool.is_closed() => pool.close_event().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = closed => {}
            () = tokio::time::sleep(TRUSTED_FOR) => {}
        }
        let Some(meeting) = meeting.upgrade() else { return };
        let generation = db.generation();
        meeting.at_hand().retain(|(held, since)| Some(held.generation) == generation && since.elapsed() < TRUSTED_FOR);
    }
}

impl<S: Shared> Meeting<S> {
    fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<(Held, Instant)>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection: one at hand that was used just now, or one of the pool.
    async fn connection(&self) -> sqlx::Result<Held> {
        let at_hand = self.at_hand().pop();
        if let Some((held, since)) = at_hand
            && since.elapsed() < TRUSTED_FOR
            && Some(held.generation) == self.db.generation()
        {
            return Ok(held);
        }
        // One that nobody used for long has been handed back now: the pool asks whether it is still there.
        let (connection, generation) = self.db.acquire_numbered().await?;
        Ok(Held { connection, generation })
    }

    /// Keeps a connection at hand where there is room, or hands it back.
    fn done_with(&self, held: Held) {
        let most = self.db.most() / ONE_AT_HAND_OF;
        let mut at_hand = self.at_hand();
        if at_hand.len() < most as usize && Some(held.generation) == self.db.generation() {
            at_hand.push((held, Instant::now()));
        }
    }

    /// Notes that a statement leaves with so many rows.
    fn sent(&self, queue: &mut Queue<S>, rows: usize) {
        queue.rows_of_late = queue.rows_of_late - queue.rows_of_late.div_ceil(MEMORY) + rows;
        if let Some(measures) = &self.measures {
            measures.rows.observe(rows as f64);
        }
    }

    fn join(self: &Arc<Self>, asked: S) -> Place<S> {
        let mut queue = self.queue();
        if queue.waiting.len() >= ROOM {
            return Place::None;
        }
        let starts = queue.runners < queue.most_runners();
        let first = starts && queue.waiting.is_empty();
        if first && asked.may_wait() {
            return Place::Apart(asked);
        }
        if starts {
            queue.runners += 1;
        }
        if first {
            self.sent(&mut queue, 1);
            return Place::First(Runner { meeting: Arc::clone(self), ended: false }, asked);
        }
        let (told, tells) = oneshot::channel();
        queue.waiting.push_back(Waiting { asked, told });
        drop(queue);
        if starts {
            tokio::spawn(Runner::started(self).run());
        }
        Place::InLine(tells)
    }
}

impl<S: Shared> Queue<S> {
    /// How many statements may be on their way now.
    fn most_runners(&self) -> usize {
        match () {
            () if self.rows_of_late <= MANY * MEMORY => STATEMENTS,
            () if self.waiting.len() >= LARGEST => 2,
            () => 1,
        }
    }

    /// Takes those that wait, without those that have gone away, up to a number; of one organization only, where they
    /// are kept apart.
    fn take(&mut self, most: usize, one_organization: bool) -> Vec<Waiting<S>> {
        self.waiting.retain(|waiting| !waiting.told.is_closed());
        match self.waiting.front().map(|first| first.asked.organization()) {
            Some(organization) if one_organization => {
                let (mut its, mut others) = (Vec::new(), VecDeque::new());
                for waiting in self.waiting.drain(..) {
                    match its.len() < most && waiting.asked.organization() == organization {
                        true => its.push(waiting),
                        false => others.push_back(waiting),
                    }
                }
                self.waiting = others;
                its
            }
            _ => self.waiting.drain(..most.min(self.waiting.len())).collect(),
        }
    }
}

/// One of the statements on their way, and those that follow it.
struct Runner<S: Shared> {
    meeting: Arc<Meeting<S>>,
    ended: bool,
}

impl<S: Shared> Runner<S> {
    /// One that is counted already, for a task of its own. A runtime that ends drops it before it has begun: then there
    /// is nothing to go on with.
    fn started(meeting: &Arc<Meeting<S>>) -> Self {
        Self { meeting: Arc::clone(meeting), ended: true }
    }

    /// Asks alone, for somebody who found nobody waiting. Who came meanwhile goes [on](Drop::drop) without it.
    async fn lead(self, asked: &S) -> sqlx::Result<S::Answer> {
        let mut held = self.meeting.connection().await?;
        let tenure = self.meeting.db.tenure_of(Some(held.generation));
        let result = tenure.bound(asked.alone(&mut held.connection)).await;
        if !result.as_ref().is_err_and(is_lost) {
            self.meeting.done_with(held);
        }
        result
    }

    /// Sends statements until nobody waits.
    async fn run(mut self) {
        self.ended = false;
        let mut kept: Option<(Held, usize)> = None;
        loop {
            let (mut held, sent) = match kept.take() {
                Some((held, sent)) if Some(held.generation) == self.meeting.db.generation() => (held, sent),
                // There is none, or it leads to a primary that has gone.
                _ => match self.meeting.connection().await {
                    // Before the batch is taken: who comes while there is no connection goes with it.
                    Ok(held) => (held, 0),
                    Err(error) => {
                        let all = std::mem::take(&mut self.meeting.queue().waiting);
                        all.into_iter().for_each(|waiting| tell(waiting.told, Err(same(&error))));
                        return;
                    }
                },
            };
            let batch = self.next();
            if batch.is_empty() {
                self.meeting.done_with(held);
                return;
            }
            let tenure = self.meeting.db.tenure_of(Some(held.generation));
            let lost = answer(&mut held.connection, tenure, batch).await.is_err();
            if !lost && sent + 1 < TURN {
                kept = Some((held, sent + 1));
            }
        }
    }

    /// The next batch. When there is none, or others are enough for it, the runner has ended.
    fn next(&mut self) -> Vec<Waiting<S>> {
        let mut queue = self.meeting.queue();
        let enough = queue.runners > queue.most_runners();
        let batch = match enough {
            true => Vec::new(),
            false => queue.take(LARGEST, self.meeting.one_organization.load(Ordering::Relaxed)),
        };
        match batch.is_empty() {
            true => {
                queue.runners -= 1;
                self.ended = true;
            }
            false => self.meeting.sent(&mut queue, batch.len()),
        }
        batch
    }
}

impl<S: Shared> Drop for Runner<S> {
    /// Who asked alone, went away, got no connection or panicked leaves those that wait to a runner on a task of its
    /// own.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut queue = self.meeting.queue();
        let wanted = !queue.waiting.is_empty() && queue.runners <= queue.most_runners();
        match Handle::try_current() {
            Ok(runtime) if wanted => {
                drop(queue);
                runtime.spawn(Self::started(&self.meeting).run());
            }
            _ => queue.runners -= 1,
        }
    }
}

/// Asks for a batch and tells each of it what came of it. Where that is nothing, because of one or for one, each asks
/// alone. An error says that the connection is of no use any more.
async fn answer<S: Shared>(connection: &mut Connection, tenure: Tenure, batch: Vec<Waiting<S>>) -> sqlx::Result<()> {
    let (mut asked, told): (Vec<_>, Vec<_>) = batch.into_iter().map(|waiting| (waiting.asked, waiting.told)).unzip();
    if let ([one], false) = (asked.as_slice(), asked[0].may_wait()) {
        let result = tenure.bound(one.alone(connection)).await;
        let lost = result.as_ref().err().filter(|error| is_lost(error)).map(same);
        told.into_iter().zip([result]).for_each(|(told, result)| tell(told, result));
        return lost.map_or(Ok(()), Err);
    }
    let organization = asked[0].organization();
    let organization = asked.iter().all(|other| other.organization() == organization).then_some(organization);
    match tenure.bound(S::together(connection, organization, &asked)).await {
        Ok(found) => {
            for ((asked, told), found) in asked.drain(..).zip(told).zip(found) {
                let _ = told.send(found.map_or(Told::Alone(asked), |found| Told::Answer(Ok(found))));
            }
            Ok(())
        }
        // It would meet each of them alone as well.
        Err(error) if is_lost(&error) || is_passing(&error) => {
            told.into_iter().for_each(|told| tell(told, Err(same(&error))));
            if is_lost(&error) { Err(error) } else { Ok(()) }
        }
        Err(error) => {
            tracing::debug!(%error, rows = asked.len(), "a shared statement failed, each goes alone");
            for (asked, told) in asked.drain(..).zip(told) {
                let _ = told.send(Told::Alone(asked));
            }
            Ok(())
        }
    }
}

/// Tells somebody, who may have gone.
fn tell<S: Shared>(told: oneshot::Sender<Told<S>>, answer: sqlx::Result<S::Answer>) {
    let _ = told.send(Told::Answer(answer));
}
