//! What every request can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::accounts::{RememberedAccounts, RememberedPlans};
use crate::admission::Admission;
use crate::clock::Clock;
use crate::config::Access;
use crate::config::limits::Limits;
use crate::db::Pool;
use crate::db::batch::Batch;
use crate::db::checkout_sessions;
use crate::fingerprint::FingerprintKey;
use crate::gateway::Gateways;
use crate::key_limit::KeyLimit;
use crate::keys::RememberedKeys;
use crate::metrics::Metrics;
use crate::streams::Streams;
use crate::testing::Testing;
use crate::types::Networks;
use crate::webhooks::Webhooks;

/// What every request can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of [`AppState`].
pub struct App {
    /// The database.
    pub db: Pool,
    /// The time.
    pub clock: Clock,
    /// Where clients find this server, without a slash at the end: what icon addresses start with.
    pub public_url: String,
    /// Whether the demo's published keys are let in. A database can have them from an earlier run.
    pub demo: bool,
    /// The secret that fingerprints of cards are made with.
    pub fingerprints: FingerprintKey,
    /// Who decides what transactions come to.
    pub gateways: Gateways,
    /// What delivers events.
    pub webhooks: Webhooks,
    /// What lets requests in.
    pub admission: Admission,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// How many calls each key may make, and has made.
    pub key_limit: KeyLimit,
    /// Keys that were checked a moment ago.
    pub keys: RememberedKeys,
    /// What accounts offer, as it was read a moment ago.
    pub accounts: RememberedAccounts,
    /// The installments plans of accounts, as they were read a moment ago.
    pub plans: RememberedPlans,
    /// Where new checkout sessions meet.
    pub new_checkout_sessions: Batch<checkout_sessions::Insert>,
    /// Where those who ask for a checkout session meet.
    pub checkout_sessions: Batch<checkout_sessions::Find>,
    /// How many calls came with keys, and how often what is old was dropped: tells the housekeeping whether the server is idle.
    pub calls: AtomicU64,
    /// What is counted for those who watch the server.
    pub metrics: Metrics,
    /// Answers that stay open.
    pub streams: Streams,
    /// What tests have decided, where test controls are on.
    pub testing: Option<Testing>,
}

/// What [`AppState`] is made of.
pub struct Parts {
    /// See [`App::db`].
    pub db: Pool,
    /// See [`App::clock`].
    pub clock: Clock,
    /// See [`App::public_url`].
    pub public_url: String,
    /// See [`App::demo`].
    pub demo: bool,
    /// See [`App::fingerprints`].
    pub fingerprints: FingerprintKey,
    /// See [`App::gateways`].
    pub gateways: Gateways,
    /// See [`App::webhooks`].
    pub webhooks: Webhooks,
    /// See [`App::metrics`].
    pub metrics: Metrics,
    /// How much is taken on at a time.
    pub limits: Limits,
    /// Who gets in.
    pub access: Access,
    /// Whether test controls are on. Only then can the [clock](Self::clock) be one on which organizations can be moved.
    pub testing: bool,
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let (db, metrics) = (parts.db.measured(&parts.metrics), parts.metrics);
        Self(Arc::new(App {
            new_checkout_sessions: Batch::new(db.clone(), "insert_checkout_session", &metrics),
            checkout_sessions: Batch::new(db.clone(), "find_checkout_session", &metrics),
            db,
            clock: parts.clock,
            public_url: parts.public_url,
            demo: parts.demo,
            fingerprints: parts.fingerprints,
            gateways: parts.gateways,
            webhooks: parts.webhooks,
            admission: Admission::new(parts.limits.max_requests),
            trusted_proxies: parts.access.trusted_proxies,
            key_limit: KeyLimit::new(parts.access.key_rate),
            keys: RememberedKeys::default(),
            accounts: RememberedAccounts::default(),
            plans: RememberedPlans::default(),
            calls: AtomicU64::new(0),
            metrics,
            streams: Streams::default(),
            testing: parts.testing.then(Testing::default),
        }))
    }
}

impl App {
    /// Lets no statement reach two organizations from now on: where each may be on another machine, one for several is
    /// slower than one for each.
    pub fn keep_organizations_apart(&self) {
        self.new_checkout_sessions.keep_organizations_apart();
        self.checkout_sessions.keep_organizations_apart();
    }
}

impl Deref for AppState {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}
