//! What every request can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::PgPool;

use crate::accounts::RememberedAccounts;
use crate::clock::Clock;
use crate::db::batch::Batch;
use crate::db::checkout_sessions;
use crate::fingerprint::FingerprintKey;
use crate::gateway::Gateways;
use crate::keys::RememberedKeys;
use crate::webhooks::Webhooks;

/// What every request can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<App>);

/// The parts of [`AppState`].
pub struct App {
    /// The database.
    pub db: PgPool,
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
    /// Keys that were checked a moment ago.
    pub keys: RememberedKeys,
    /// What accounts offer, as it was read a moment ago.
    pub accounts: RememberedAccounts,
    /// Where new checkout sessions meet.
    pub new_checkout_sessions: Batch<checkout_sessions::Insert>,
    /// Where those who ask for a checkout session meet.
    pub checkout_sessions: Batch<checkout_sessions::Find>,
    /// How many calls came with keys, and how often what is old was dropped: tells the housekeeping whether the server is idle.
    pub calls: AtomicU64,
}

/// What [`AppState`] is made of.
pub struct Parts {
    /// See [`App::db`].
    pub db: PgPool,
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
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(App {
            new_checkout_sessions: Batch::new(parts.db.clone()),
            checkout_sessions: Batch::new(parts.db.clone()),
            db: parts.db,
            clock: parts.clock,
            public_url: parts.public_url,
            demo: parts.demo,
            fingerprints: parts.fingerprints,
            gateways: parts.gateways,
            webhooks: parts.webhooks,
            keys: RememberedKeys::default(),
            accounts: RememberedAccounts::default(),
            calls: AtomicU64::new(0),
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
