//! Requests that wait anyway share a statement: what is asked while one statement is on its way makes the next one.
//!
//! There is no timer. Who finds few others has a statement of its own, at once, and is answered when that is committed.
//! Only when requests come faster than statements return do they travel together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Connection, TRUSTED_FOR};
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

    /// Asks in a statement of its own.
    ///
    /// # Errors
    /// When the database refuses.
    fn alone(&self, connection: &mut Connection) -> impl Future<Output = sqlx::Result<Self::Answer>> + Send;

    /// Asks for all in one statement: an answer for each, in their order, where `None` is one that must ask
    /// [alone](Self::alone). With `organization`, all are of that one, and the statement names it.
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
    db: PgPool,
    /// Connections at hand, and since when nobody used them.
    at_hand: Mutex<Vec<(PoolConnection<Postgres>, Instant)>>,
    /// Whether a statement must not reach two organizations.
    one_organization: AtomicBool,
    queue: Mutex<Queue<S>>,
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
    answer: oneshot::Sender<sqlx::Result<S::Answer>>,
}

impl<S: Shared> Batch<S> {
    /// Where requests meet before a database.
    #[must_use]
    pub fn new(db: PgPool) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), runners: 0, rows_of_late: 0 });
        let one_organization = AtomicBool::new(false);
        let meeting = Arc::new(Meeting { db: db.clone(), at_hand: Mutex::default(), one_organization, queue });
        let closed = Arc::downgrade(&meeting);
        // A pool that is closed waits for its connections.
        tokio::spawn(async move {
            db.close_event().await;
            if let Some(meeting) = closed.upgrade() {
                meeting.at_hand().clear();
            }
        });
        Self(meeting)
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
    /// `PoolTimedOut` when [too many](ROOM) wait, or when the database refuses.
    pub async fn ask(&self, asked: S) -> sqlx::Result<S::Answer> {
        match self.0.join(asked) {
            Place::Alone(runner, asked) => runner.lead(&asked).await,
            Place::InLine(answered) => answered.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)),
            Place::None => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

/// Where somebody who asks finds room.
enum Place<S: Shared> {
    /// In a statement of its own, at once.
    Alone(Runner<S>, S),
    /// With others.
    InLine(oneshot::Receiver<sqlx::Result<S::Answer>>),
    /// Nowhere.
    None,
}

impl<S: Shared> Meeting<S> {
    fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<(PoolConnection<Postgres>, Instant)>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection: one at hand that was used just now, or one of the pool.
    async fn connection(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        let at_hand = self.at_hand().pop();
        match at_hand {
            Some((connection, since)) if since.elapsed() < TRUSTED_FOR => Ok(connection),
            // The pool asks whether it is still there.
            Some(_) | None => self.db.acquire().await,
        }
    }

    /// Keeps a connection at hand, or hands it back.
    fn done_with(&self, connection: PoolConnection<Postgres>) {
        let most = self.db.options().get_max_connections() / ONE_AT_HAND_OF;
        let mut at_hand = self.at_hand();
        if at_hand.len() < most as usize && !self.db.is_closed() {
            at_hand.push((connection, Instant::now()));
        }
    }

    fn join(self: &Arc<Self>, asked: S) -> Place<S> {
        let mut queue = self.queue();
        if queue.waiting.len() >= ROOM {
            return Place::None;
        }
        let starts = queue.runners < queue.most_runners();
        if starts {
            queue.runners += 1;
        }
        if starts && queue.waiting.is_empty() {
            queue.sent(1);
            return Place::Alone(Runner::new(self), asked);
        }
        let (answer, answered) = oneshot::channel();
        queue.waiting.push_back(Waiting { asked, answer });
        if starts {
            tokio::spawn(Runner::new(self).run());
        }
        Place::InLine(answered)
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

    /// Notes that a statement leaves with so many rows.
    fn sent(&mut self, rows: usize) {
        self.rows_of_late = self.rows_of_late - self.rows_of_late.div_ceil(MEMORY) + rows;
    }

    /// Takes those that wait, without those that have gone away, up to a number; of one organization only, where they
    /// are kept apart.
    fn take(&mut self, most: usize, one_organization: bool) -> Vec<Waiting<S>> {
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
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
    /// One that is counted already.
    fn new(meeting: &Arc<Meeting<S>>) -> Self {
        Self { meeting: Arc::clone(meeting), ended: false }
    }

    /// Asks alone, for somebody who found nobody waiting. Who came meanwhile goes [on](Drop::drop) without it.
    async fn lead(self, asked: &S) -> sqlx::Result<S::Answer> {
        let mut connection = self.meeting.connection().await?;
        let result = asked.alone(&mut connection).await;
        if !result.as_ref().is_err_and(is_lost) {
            self.meeting.done_with(connection);
        }
        result
    }

    /// Sends statements until nobody waits.
    async fn run(mut self) {
        let mut held: Option<(PoolConnection<Postgres>, usize)> = None;
        loop {
            let (mut connection, sent) = match held.take() {
                Some(held) => held,
                // Before the batch is taken: who comes while there is no connection goes with it.
                None => match self.meeting.connection().await {
                    Ok(connection) => (connection, 0),
                    Err(error) => {
                        for waiting in self.next(usize::MAX) {
                            let _ = waiting.answer.send(Err(same(&error)));
                        }
                        match self.ended {
                            true => return,
                            false => continue,
                        }
                    }
                },
            };
            let batch = self.next(LARGEST);
            if batch.is_empty() {
                self.meeting.done_with(connection);
                return;
            }
            if answer(&mut connection, batch).await.is_ok() {
                match sent + 1 < TURN {
                    true => held = Some((connection, sent + 1)),
                    false => self.meeting.done_with(connection),
                }
            }
        }
    }

    /// The next batch. When there is none, or others are enough for it, the runner has ended.
    fn next(&mut self, most: usize) -> Vec<Waiting<S>> {
        let mut queue = self.meeting.queue();
        let enough = queue.runners > queue.most_runners();
        let batch = match enough {
            true => Vec::new(),
            false => queue.take(most, self.meeting.one_organization.load(Ordering::Relaxed)),
        };
        match batch.is_empty() {
            true => {
                queue.runners -= 1;
                self.ended = true;
            }
            false => queue.sent(batch.len()),
        }
        batch
    }
}

impl<S: Shared> Drop for Runner<S> {
    /// Who asked alone, went away or panicked leaves those that wait to a runner on a task of its own.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut queue = self.meeting.queue();
        let wanted = !queue.waiting.is_empty() && queue.runners <= queue.most_runners();
        match Handle::try_current() {
            Ok(runtime) if wanted => drop(runtime.spawn(Self::new(&self.meeting).run())),
            _ => queue.runners -= 1,
        }
    }
}

/// Asks for a batch and answers each of it: together, and one by one where that cannot be. An error says that the
/// connection is of no use any more.
async fn answer<S: Shared>(connection: &mut Connection, batch: Vec<Waiting<S>>) -> sqlx::Result<()> {
    let (asked, mut answers): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|waiting| (waiting.asked, Some(waiting.answer))).unzip();
    if let [first, others @ ..] = asked.as_slice()
        && !others.is_empty()
    {
        let organization = first.organization();
        let organization = others.iter().all(|other| other.organization() == organization).then_some(organization);
        match S::together(connection, organization, &asked).await {
            Ok(found) => {
                for (found, answer) in found.into_iter().zip(&mut answers) {
                    if let Some(found) = found
                        && let Some(answer) = answer.take()
                    {
                        let _ = answer.send(Ok(found));
                    }
                }
            }
            Err(error) if is_lost(&error) => {
                for answer in answers.into_iter().flatten() {
                    let _ = answer.send(Err(same(&error)));
                }
                return Err(error);
            }
            Err(error) => tracing::debug!(%error, rows = asked.len(), "a shared statement failed, each goes alone"),
        }
    }
    let mut lost = Ok(());
    for (asked, answer) in asked.iter().zip(answers) {
        let Some(answer) = answer else { continue };
        let result = match &lost {
            Ok(()) => asked.alone(connection).await,
            Err(error) => Err(same(error)),
        };
        if let Err(error) = &result
            && is_lost(error)
        {
            lost = Err(same(error));
        }
        let _ = answer.send(result);
    }
    lost
}

/// Whether an error is of the connection, and not of what was asked on it: nobody knows then what was done.
fn is_lost(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    matches!(error, Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed)
}

/// The same error for another one who waited: the driver's errors cannot be copied.
fn same(error: &sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::PoolTimedOut => sqlx::Error::PoolTimedOut,
        sqlx::Error::PoolClosed => sqlx::Error::PoolClosed,
        error => sqlx::Error::Io(std::io::Error::other(error.to_string())),
    }
}
