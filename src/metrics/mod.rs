//! What is counted and measured for Prometheus, while [`METRICS_LISTEN`](crate::config::WatchingArgs) is set; nothing
//! otherwise.
//!
//! To add a metric:
//!
//! 1. Give it a line in [`measures`], with its help as the doc comment. The field's name is the metric's name, with
//!    `yuno_sessions_` before it and, for a counter, `_total` behind it; a unit ends the name, such as `_seconds`.
//! 2. Note it where it happens: `app.metrics.count(|measures| &measures.name)`, or with [`Metrics::note`]. What asks the database is
//!    noted by [`collect`](mod@collect), and what only has to be looked at by [`expose`](mod@expose).
//! 3. Give it a row in docs/OPERATIONS.md and a panel in deploy/grafana: a test names what has none.
//!
//! A label's values are few and known beforehand: names of this program, never an id, a path or a text of a client.

mod collect;
mod declare;
mod expose;
pub mod measures;
mod process;
mod requests;

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use collect::{collect, collect_always};
pub use expose::router;
use measures::Measures;
use process::Process;
pub use requests::Begun;
use requests::Requests;

/// What is counted, or nothing at all. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Recorded>>);

/// The parts of [`Metrics`] that count.
struct Recorded {
    registry: Registry,
    measures: Measures,
    process: Process,
    requests: Requests,
}

impl Metrics {
    /// Counts nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// Counts.
    #[must_use]
    pub fn on() -> Self {
        let (measures, process) = (Measures::default(), Process::default());
        let mut registry = Registry::default();
        measures.register(&mut registry);
        process.register(&mut registry);
        measures.begin_at_zero();
        let requests = Requests::new(&measures);
        Self(Some(Arc::new(Recorded { registry, measures, process, requests })))
    }

    /// Notes something. Must be quick: requests wait for it.
    pub fn note(&self, note: impl FnOnce(&Measures)) {
        if let Some(recorded) = &self.0 {
            note(&recorded.measures);
        }
    }

    /// Notes that something happened once more.
    pub fn count(&self, counter: impl FnOnce(&Measures) -> &Counter) {
        self.note(|measures| {
            counter(measures).inc();
        });
    }

    /// One handle, for what is noted so often that its labels should not be looked up each time.
    pub fn handle<T>(&self, get: impl FnOnce(&Measures) -> T) -> Option<T> {
        self.0.as_ref().map(|recorded| get(&recorded.measures))
    }

    /// Counts one thing that is there until what this gives is dropped, such as a connection:
    /// `let _open = metrics.hold(|measures| &measures.connections_open);`
    pub fn hold(&self, gauge: impl FnOnce(&Measures) -> &Gauge) -> Option<Held> {
        self.handle(|measures| Held::new(gauge(measures)))
    }

    /// Begins to measure a request, by the template of its route.
    pub fn begin(&self, route: Option<&str>) -> Option<Begun> {
        self.0.as_ref().map(|recorded| recorded.requests.begin(route))
    }
}

/// One of those that a gauge counts, until it is dropped.
pub struct Held(Gauge);

impl Held {
    /// One more.
    #[must_use]
    pub fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_measured_unless_somebody_watches() {
        let off = Metrics::off();
        off.note(|_| panic!("there is nothing to note it in"));
        assert!(off.begin(Some("/")).is_none() && off.hold(|measures| &measures.connections_open).is_none());
        assert!(off.handle(|_| ()).is_none());
    }

    #[test]
    fn what_is_held_is_counted_until_it_is_dropped() {
        let on = Metrics::on();
        let held = on.hold(|measures| &measures.connections_open);
        let open = || on.handle(|measures| measures.connections_open.get());
        assert_eq!(open(), Some(1));
        drop(held);
        assert_eq!(open(), Some(0));
    }
}
