//! The metrics of this program.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::declare::metrics;

/// A histogram for each set of labels.
pub type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// A gauge of a number with a fraction.
pub type Decimal = Gauge<f64, AtomicU64>;

metrics! {
    /// What this program counts and measures.
    pub struct Measures in "yuno_sessions" {
        /// Requests that are over, by route template, method and status; 499 is a client that went away.
        pub requests: Family<RequestLabels, Counter> = Family::default(),
        /// Seconds from the head of a request to the head of its answer, by route template.
        pub request_seconds: Histograms<RouteLabels> = Family::new_with_constructor(|| Histogram::new(LATENCIES)),
        /// Requests that are being worked on.
        pub requests_in_flight: Gauge = Gauge::default(),
        /// Requests that were let in and are being worked on, which are counted against their limit.
        pub requests_admitted: Gauge = Gauge::default(),
        /// Requests that may be worked on at a time; more are answered 503.
        pub requests_admitted_limit: Gauge = Gauge::default(),
        /// Connections of clients that are open.
        pub connections_open: Gauge = Gauge::default(),
        /// Connections of clients that may be open; more are told so or closed.
        pub connections_limit: Gauge = Gauge::default(),
        /// Connections of clients that were refused because too many were open.
        pub connections_refused: Counter = Counter::default(),

        /// Connections to the database that the pool may open.
        pub pool_connections_limit: Gauge = Gauge::default(),
        /// Connections to the database that are open.
        pub pool_connections: Gauge = Gauge::default(),
        /// Connections to the database that are open and that nobody uses.
        pub pool_connections_idle: Gauge = Gauge::default(),
        /// Who waits for a connection to the database.
        pub pool_waiting: Gauge = Gauge::default(),
        /// Seconds that were waited for a connection to the database.
        pub pool_acquire_seconds: Histogram = Histogram::new(WAITS),
        /// Times that no connection to the database was had in time, or none at all.
        pub pool_failures: Counter = Counter::default(),

        /// Requests that shared a statement, for each statement by what it asks.
        pub statement_rows: Histograms<StatementLabels> = Family::new_with_constructor(|| Histogram::new(ROWS)),
        /// Requests that wait for a shared statement, by what it asks.
        pub statement_queue: Family<StatementLabels, Gauge> = Family::default(),
        /// Requests that may wait for a shared statement of each kind.
        pub statement_queue_limit: Gauge = Gauge::default(),
        /// Requests that were refused because too many waited for a shared statement, by what it asks.
        pub statement_refusals: Family<StatementLabels, Counter> = Family::default(),

        /// Checkout sessions that were made.
        pub checkout_sessions_created: Counter = Counter::default(),
        /// Customer sessions that were made.
        pub customer_sessions_created: Counter = Counter::default(),
        /// Payments that came to a final state, by status and sub-status. A refund is another one.
        pub payments: Family<PaymentLabels, Counter> = Family::default(),
        /// Seconds that a payment's gateway took, by whether it answered.
        pub gateway_seconds: Histograms<OutcomeLabels> = Family::new_with_constructor(|| Histogram::new(LATENCIES)),

        /// Events that wait for their place, over all instances; 10000 means at least so many.
        pub outbox_events: Gauge = Gauge::default(),
        /// Seconds since the oldest event happened that waits for its place, over all instances.
        pub outbox_oldest_seconds: Decimal = Gauge::default(),
        /// Deliveries that are not over, over all instances; 10000 means at least so many.
        pub deliveries_pending: Gauge = Gauge::default(),
        /// Deliveries that should be tried now, over all instances; 10000 means at least so many.
        pub deliveries_due: Gauge = Gauge::default(),
        /// Seconds since the delivery should have been tried that has waited longest, over all instances.
        pub deliveries_oldest_due_seconds: Decimal = Gauge::default(),
        /// Deliveries that are being tried.
        pub deliveries_in_flight: Gauge = Gauge::default(),
        /// Seconds that tries of deliveries took, by what came of them.
        pub delivery_seconds: Histograms<OutcomeLabels> = Family::new_with_constructor(|| Histogram::new(LATENCIES)),
        /// Deliveries that were given up.
        pub deliveries_failed: Counter = Counter::default(),

        /// Payments about which something should be done now, over all instances; 10000 means at least so many.
        pub payments_due: Gauge = Gauge::default(),
        /// Seconds since something should have been done about the payment that has waited longest, over all instances.
        pub payments_oldest_due_seconds: Decimal = Gauge::default(),
        /// Rows on which work was done that the clock brings, by kind.
        pub due_work: Family<KindLabels, Counter> = Family::default(),
        /// Times that such work could not be done although the database was there.
        pub due_work_failures: Counter = Counter::default(),

        /// Whether the database answered when it was last asked for these: 1 or 0.
        pub database_up: Gauge = Gauge::default(),
        /// Always 1; the label has the version.
        pub build_info: Family<BuildLabels, Gauge> = Family::default(),
    }
}

/// Seconds that requests, gateways and receivers take: from half a millisecond to the longest that any may.
const LATENCIES: [f64; 16] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Seconds that are waited for a connection, which are five at most.
const WAITS: [f64; 11] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Rows of a statement.
const ROWS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The template of its route.
    pub route: String,
    /// Its method.
    pub method: &'static str,
    /// The status of its answer.
    pub status: String,
}

/// Label of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// Its template.
    pub route: String,
}

/// Label of a shared statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatementLabels {
    /// What it asks.
    pub statement: &'static str,
}

/// Labels of a payment that came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PaymentLabels {
    /// Its status.
    pub status: &'static str,
    /// Its sub-status.
    pub sub_status: &'static str,
}

/// Label of what came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabels {
    /// What came of it.
    pub outcome: &'static str,
}

/// Label of work that the clock brings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KindLabels {
    /// Which.
    pub kind: &'static str,
}

/// Label of what runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BuildLabels {
    /// The version of this program.
    pub version: &'static str,
}

/// What comes of asking a gateway, or of trying a delivery.
pub mod outcome {
    /// The gateway decided, whatever it decided.
    pub const ANSWERED: &str = "answered";
    /// The gateway did not answer in time.
    pub const TIMED_OUT: &str = "timed_out";
    /// The receiver has taken the delivery.
    pub const DELIVERED: &str = "delivered";
    /// The receiver answered with another status than 200.
    pub const REFUSED: &str = "refused";
    /// The receiver did not answer.
    pub const UNANSWERED: &str = "unanswered";
}

/// Kinds of work that the clock brings.
pub mod due_work {
    /// Payments that ran out.
    pub const PAYMENTS_ENDED: &str = "payments_ended";
    /// Idempotency keys that were dropped.
    pub const KEYS_DROPPED: &str = "idempotency_keys_dropped";
    /// Tokens that were dropped.
    pub const TOKENS_DROPPED: &str = "tokens_dropped";
    /// Expired sessions that were told.
    pub const EXPIRIES_TOLD: &str = "expiries_told";
    /// Deliveries that were given up for their age.
    pub const DELIVERIES_GIVEN_UP: &str = "deliveries_given_up";
    /// Events that were dropped.
    pub const EVENTS_DROPPED: &str = "events_dropped";
    /// Payments that were dropped by age.
    pub const PAYMENTS_DROPPED: &str = "payments_dropped";
    /// Checkout sessions that were dropped by age.
    pub const CHECKOUT_SESSIONS_DROPPED: &str = "checkout_sessions_dropped";
    /// Customer sessions that were dropped by age.
    pub const CUSTOMER_SESSIONS_DROPPED: &str = "customer_sessions_dropped";

    /// All of them.
    pub const ALL: [&str; 9] = [
        PAYMENTS_ENDED,
        KEYS_DROPPED,
        TOKENS_DROPPED,
        EXPIRIES_TOLD,
        DELIVERIES_GIVEN_UP,
        EVENTS_DROPPED,
        PAYMENTS_DROPPED,
        CHECKOUT_SESSIONS_DROPPED,
        CUSTOMER_SESSIONS_DROPPED,
    ];
}

impl Measures {
    /// Notes how long something took, by what came of it.
    pub fn took(of: &Histograms<OutcomeLabels>, outcome: &'static str, took: std::time::Duration) {
        of.get_or_create(&OutcomeLabels { outcome }).observe(took.as_secs_f64());
    }

    /// Notes that a payment came to a final state.
    pub fn note_payment(&self, status: &'static str, sub_status: &'static str) {
        self.payments.get_or_create(&PaymentLabels { status, sub_status }).inc();
    }

    /// Notes that work was done on so many rows.
    pub fn note_due_work(&self, kind: &'static str, rows: u64) {
        self.due_work.get_or_create(&KindLabels { kind }).inc_by(rows);
    }

    /// What has known labels is there from the start, so that the first of a kind is an increase from zero.
    pub(super) fn begin_at_zero(&self) {
        self.build_info.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        for kind in due_work::ALL {
            self.note_due_work(kind, 0);
        }
        for outcome in [outcome::ANSWERED, outcome::TIMED_OUT] {
            drop(self.gateway_seconds.get_or_create(&OutcomeLabels { outcome }));
        }
        for outcome in [outcome::DELIVERED, outcome::REFUSED, outcome::UNANSWERED] {
            drop(self.delivery_seconds.get_or_create(&OutcomeLabels { outcome }));
        }
    }
}
