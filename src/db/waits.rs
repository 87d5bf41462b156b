//! What is measured of those who wait for a connection.

use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::metrics::{Held, Metrics};

/// What is measured of those who wait for a connection of a pool.
pub(super) struct Waits {
    waiting: Gauge,
    seconds: Histogram,
    failures: Counter,
}

impl Waits {
    /// What to measure; nothing where nobody looks.
    pub(super) fn new(metrics: &Metrics) -> Option<Self> {
        metrics.handle(|measures| Self {
            waiting: measures.pool_waiting.clone(),
            seconds: measures.pool_acquire_seconds.clone(),
            failures: measures.pool_failures.clone(),
        })
    }

    /// Measures one wait.
    pub(super) async fn measure<T>(&self, acquire: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        let _waits = Held::new(&self.waiting);
        let began = Instant::now();
        let acquired = acquire.await;
        self.seconds.observe(began.elapsed().as_secs_f64());
        if acquired.is_err() {
            self.failures.inc();
        }
        acquired
    }
}
