//! The connections to the database. A task watches the primary: while there is none, whoever asks for a connection is
//! told so at once, and when there is one again, connections are opened to it and to nothing else.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::watch;

use super::hosts::{Hosts, place};
use super::primary::Primary;
use super::waits::Waits;
use super::{failure, prepare, role};
use crate::metrics::Metrics;

/// How long a request waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that nobody used is taken to be there still.
pub(super) const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long the embedded database may take to answer at first.
#[cfg(feature = "embedded")]
const EMBEDDED_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the first wait is between two looks for a primary that is away. Each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// How long such a wait is at most.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How long a statement may still take when the primary has gone. One that only lost the connection that watched it
/// answers in that time.
const STATEMENT_LINGERS: Duration = Duration::from_secs(5);

/// The same for a request that nobody waits for any more. It asks for one thing after the other, and a gateway in
/// between, which may take 30 seconds.
const REQUEST_LINGERS: Duration = Duration::from_secs(40);

/// The connections to the database. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    waits: Option<Arc<Waits>>,
}

struct Shared {
    state: watch::Receiver<State>,
    closed: watch::Sender<bool>,
    most: u32,
}

enum State {
    /// There is a primary.
    Open(Generation),
    /// There is none.
    Away,
}

/// Connections that were opened since the primary was found. When it goes, all of them do.
#[derive(Clone)]
struct Generation {
    number: u64,
    pool: PgPool,
}

impl Pool {
    /// Opens a pool of at most `connections` to an existing, reachable database that stays where it is.
    ///
    /// # Errors
    /// When it cannot be reached, or takes no writes, in one line.
    pub async fn open(hosts: &Hosts, connections: u32) -> anyhow::Result<Self> {
        let primary = find_at_start(hosts).await?;
        let pool = connect_lazily(&primary.host, connections);
        primary.close().await;
        Ok(pool.into())
    }

    /// Opens the one connection of a database inside of this process.
    ///
    /// # Errors
    /// When it does not answer.
    #[cfg(feature = "embedded")]
    pub async fn open_embedded(host: &PgConnectOptions) -> anyhow::Result<Self> {
        let pool = connect_lazily(host, 1);
        // The database starts with its connection, so the first one is kept; it may take longer than one is waited for.
        let reached = async {
            loop {
                match pool.acquire().await {
                    Err(sqlx::Error::PoolTimedOut) => {}
                    reached => return reached.map(drop),
                }
            }
        };
        tokio::time::timeout(EMBEDDED_TIMEOUT, reached).await??;
        Ok(pool.into())
    }

    /// Opens a pool of at most `connections`, and one connection more that notices when the primary goes: then the pool
    /// goes with it, until there is a primary again.
    ///
    /// # Errors
    /// When there is no primary now, in one line.
    pub async fn open_watched(hosts: Hosts, connections: u32) -> anyhow::Result<Self> {
        let primary = find_at_start(&hosts).await?;
        let generation = Generation { number: 0, pool: connect_lazily(&primary.host, connections) };
        let (sender, state) = watch::channel(State::Open(generation.clone()));
        let (closed, mut closing) = watch::channel(false);
        let watching = Watch { hosts, connections, state: sender, generation, timeline: primary.timeline };
        tokio::spawn(async move {
            tokio::select! {
                // An error says that the last one who could use the pool has gone.
                _ = closing.wait_for(|closed| *closed) => {}
                () = watching.run(primary) => {}
            }
        });
        Ok(Self { shared: Arc::new(Shared { state, closed, most: connections }), waits: None })
    }

    /// A connection; while there is no primary, an error at once.
    ///
    /// # Errors
    /// When there is none to be had within five seconds.
    pub async fn acquire(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.acquire_numbered().await.map(|(connection, _)| connection)
    }

    /// The same connections, with those who wait for one measured.
    #[must_use]
    pub fn measured(&self, metrics: &Metrics) -> Self {
        Self { shared: Arc::clone(&self.shared), waits: Waits::new(metrics).map(Arc::new) }
    }

    /// A connection, and the number of its generation.
    pub(super) async fn acquire_numbered(&self) -> sqlx::Result<(PoolConnection<Postgres>, u64)> {
        let waiting = self.waits.as_deref().map(Waits::begin);
        let acquired = self.acquire_one().await;
        if let Some(waiting) = waiting {
            waiting.ended(acquired.is_ok());
        }
        acquired
    }

    async fn acquire_one(&self) -> sqlx::Result<(PoolConnection<Postgres>, u64)> {
        let mut state = self.shared.state.clone();
        loop {
            let Generation { number, pool } = match &*state.borrow_and_update() {
                State::Open(generation) => generation.clone(),
                State::Away => return Err(failure::away()),
            };
            tokio::select! {
                biased;
                acquired = pool.acquire() => match acquired {
                    // Of a primary that has just gone: the state says what is now.
                    Err(sqlx::Error::PoolClosed) if state.has_changed().unwrap_or(false) => {}
                    // A connection that the server did not let in is no fault of a statement.
                    Err(error @ sqlx::Error::Database(_)) => return Err(failure::same(&error)),
                    acquired => return acquired.map(|connection| (connection, number)),
                },
                // Whoever waits for a connection to a primary that is gone would wait for nothing.
                Ok(()) = state.changed() => {}
            }
        }
    }

    /// A transaction on a connection of its own.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), or when the database refuses.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        Transaction::begin(self.acquire().await?, None).await
    }

    /// The time of the primary that there is now.
    #[must_use]
    pub fn tenure(&self) -> Tenure {
        self.tenure_of(self.generation())
    }

    /// The time of the primary that the connections of a generation lead to.
    pub(super) fn tenure_of(&self, generation: Option<u64>) -> Tenure {
        Tenure { state: self.shared.state.clone(), generation }
    }

    /// The number of the generation whose connections may be used; `None` while there is no primary.
    pub(super) fn generation(&self) -> Option<u64> {
        match &*self.shared.state.borrow() {
            State::Open(generation) if !generation.pool.is_closed() => Some(generation.number),
            _ => None,
        }
    }

    /// The pool of the driver, which is closed when the primary goes; `None` while there is no primary.
    #[must_use]
    pub fn driver(&self) -> Option<PgPool> {
        match &*self.shared.state.borrow() {
            State::Open(generation) => Some(generation.pool.clone()),
            State::Away => None,
        }
    }

    /// Waits until there is a primary. Gives whether there is one within `limit`.
    pub async fn is_back_within(&self, limit: Duration) -> bool {
        let mut state = self.shared.state.clone();
        let back = state.wait_for(|state| matches!(state, State::Open(_)));
        matches!(tokio::time::timeout(limit, back).await, Ok(Ok(_)))
    }

    /// How many connections it has at most.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.shared.most
    }

    /// How many connections are open.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.driver().map_or(0, |pool| pool.size())
    }

    /// How many of them nobody uses.
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.driver().map_or(0, |pool| pool.num_idle())
    }

    /// Closes it, when all who have a connection have given it back.
    pub async fn close(&self) {
        self.shared.closed.send_replace(true);
        let mut state = self.shared.state.clone();
        // Until the watching has ended: it could open new connections.
        while state.changed().await.is_ok() {}
        if let Some(pool) = self.driver() {
            pool.close().await;
        }
    }

    /// Whether it is closed, or about to be.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        *self.shared.closed.borrow()
    }

    /// Ends when it is closed.
    pub fn close_event(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closed = self.shared.closed.subscribe();
        async move {
            let _ = closed.wait_for(|closed| *closed).await;
        }
    }
}

/// The time that one primary is the primary. A machine that vanishes ends no connection: whoever waits for its answer then
/// waits for nothing, and is told by this that its time is over.
pub struct Tenure {
    state: watch::Receiver<State>,
    generation: Option<u64>,
}

impl Tenure {
    /// Gives what statements come to, or, some time after the primary went without an answer, that it is away.
    ///
    /// # Errors
    /// As the statements.
    pub async fn bound<T, E: From<sqlx::Error>>(self, statements: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        tokio::select! {
            biased;
            done = statements => done,
            () = self.over_for(STATEMENT_LINGERS) => Err(failure::away().into()),
        }
    }

    /// Does a request's work to its end, or until some time after the primary went.
    pub async fn bound_request(self, work: impl Future) {
        tokio::select! {
            biased;
            _ = work => {}
            () = self.over_for(REQUEST_LINGERS) => {}
        }
    }

    /// Ends when the primary has been gone for a time.
    async fn over_for(mut self, time: Duration) {
        let Some(number) = self.generation else { return std::future::pending().await };
        let is_over = |state: &State| !matches!(state, State::Open(generation) if generation.number == number);
        // Where nobody watches, or watches any more, it is never known.
        if self.state.wait_for(is_over).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(time).await;
    }
}

/// Connections to a database that is not watched.
impl From<PgPool> for Pool {
    fn from(pool: PgPool) -> Self {
        let most = pool.options().get_max_connections();
        let (_, state) = watch::channel(State::Open(Generation { number: 0, pool }));
        Self { shared: Arc::new(Shared { state, closed: watch::channel(false).0, most }), waits: None }
    }
}

/// A pool whose connections are opened when they are asked for.
pub(super) fn connect_lazily(host: &PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(prepare(connection)))
        // What was used a moment ago is there: asking again before each use would cost a round trip.
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for <= TRUSTED_FOR {
                    return Ok(true);
                }
                let role = role(connection).await?;
                Ok(!role.standby && !role.read_only)
            })
        })
        .connect_lazy_with(host.clone())
}

async fn find_at_start(hosts: &Hosts) -> anyhow::Result<Primary> {
    let found = Primary::find(hosts, 0).await;
    found
        .map_err(|none| match hosts.all() {
            [_] => anyhow!(none.why.strip_prefix(&format!("{hosts}: ")).unwrap_or(&none.why).to_owned()),
            _ => anyhow!(none.why),
        })
        .with_context(|| format!("cannot reach the database at {hosts}"))
}

/// Watches the primary.
struct Watch {
    hosts: Hosts,
    connections: u32,
    state: watch::Sender<State>,
    /// The last that was opened.
    generation: Generation,
    /// The newest timeline that was seen.
    timeline: i64,
}

impl Watch {
    async fn run(mut self, mut primary: Primary) {
        loop {
            let found = Instant::now();
            let why = primary.ends().await;
            tracing::warn!(at = place(&primary.host), why, "the connection that watches the database ended");
            if found.elapsed() < LONGEST_WAIT {
                // One that ends every connection at once is not asked without a pause.
                tokio::time::sleep(LONGEST_WAIT).await;
            }
            primary = self.find(&place(&primary.host)).await;
            self.timeline = self.timeline.max(primary.timeline);
            self.renew(&primary);
            tracing::info!(at = place(&primary.host), "the database is there");
        }
    }

    /// Looks for the primary until there is one. The last was at a place.
    async fn find(&self, last: &str) -> Primary {
        let mut wait = FIRST_WAIT;
        let mut warned = false;
        loop {
            match Primary::find(&self.hosts, self.timeline).await {
                Ok(primary) => return primary,
                // One that only has no room for one connection more serves on those that there are.
                Err(none) if none.there.iter().any(|there| there == last) => {
                    if !std::mem::replace(&mut warned, true) {
                        tracing::warn!(why = none.why, "the database cannot be watched: tried once a second");
                    }
                }
                Err(none) => self.go(&none.why),
            }
            tokio::time::sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
    }

    /// Notes that there is no primary.
    fn go(&self, why: &str) {
        let gone = self.state.send_if_modified(|state| {
            let there = matches!(state, State::Open(_));
            *state = State::Away;
            there
        });
        if gone {
            tracing::error!(why, "the database is away: calls are answered 503 until it is back");
            close(&self.generation.pool);
        }
    }

    /// Opens connections to a primary, in place of all that there are: what ended the one that watched may have ended
    /// those too.
    fn renew(&mut self, primary: &Primary) {
        let pool = connect_lazily(&primary.host, self.connections);
        let next = Generation { number: self.generation.number + 1, pool };
        let last = std::mem::replace(&mut self.generation, next.clone());
        self.state.send_replace(State::Open(next));
        close(&last.pool);
    }
}

/// Closes connections as they are given back. Nobody waits for it: one to a machine that vanished is given back late.
fn close(pool: &PgPool) {
    let pool = pool.clone();
    tokio::spawn(async move { pool.close().await });
}
