//! The pool of connections, which measures how long it is waited for.

use std::ops::Deref;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Transaction};

use crate::metrics::{Held, Metrics};

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    pool: PgPool,
    measures: Option<Measures>,
}

/// What is measured of a pool.
#[derive(Clone)]
struct Measures {
    waiting: Gauge,
    seconds: Histogram,
    failures: Counter,
}

impl Pool {
    /// A pool whose waits are measured.
    #[must_use]
    pub fn new(pool: PgPool, metrics: &Metrics) -> Self {
        let measures = metrics.handle(|measures| Measures {
            waiting: measures.pool_waiting.clone(),
            seconds: measures.pool_acquire_seconds.clone(),
            failures: measures.pool_failures.clone(),
        });
        Self { pool, measures }
    }

    /// A connection.
    ///
    /// # Errors
    /// When there is none in time, or the database cannot be reached.
    pub async fn acquire(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        let Some(measures) = &self.measures else { return self.pool.acquire().await };
        let _waits = Held::new(&measures.waiting);
        let began = Instant::now();
        let acquired = self.pool.acquire().await;
        measures.seconds.observe(began.elapsed().as_secs_f64());
        if acquired.is_err() {
            measures.failures.inc();
        }
        acquired
    }

    /// A database transaction on a connection of its own, undone unless it is committed.
    ///
    /// # Errors
    /// As of [`acquire`](Self::acquire), and when the database refuses.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        Transaction::begin(self.acquire().await?, None).await
    }
}

impl Deref for Pool {
    type Target = PgPool;

    fn deref(&self) -> &PgPool {
        &self.pool
    }
}

impl From<PgPool> for Pool {
    /// A pool of which nothing is measured.
    fn from(pool: PgPool) -> Self {
        Self { pool, measures: None }
    }
}
