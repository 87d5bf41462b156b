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

    /// One more begins to wait. Beside the waiting, not around it: every request would carry a second future.
    pub(super) fn begin(&self) -> Waiting<'_> {
        Waiting { waits: self, began: Instant::now(), _waiting: Held::new(&self.waiting) }
    }
}

/// One who waits for a connection, until it is dropped.
pub(super) struct Waiting<'a> {
    waits: &'a Waits,
    began: Instant,
    _waiting: Held,
}

impl Waiting<'_> {
    /// Notes that the waiting is over, with a connection or without.
    pub(super) fn ended(self, with_connection: bool) {
        self.waits.seconds.observe(self.began.elapsed().as_secs_f64());
        if !with_connection {
            self.waits.failures.inc();
        }
    }
}
