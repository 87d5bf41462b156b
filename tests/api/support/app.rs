//! The server under test, in this process: the real router on a real database, with a clock that stands still.

use axum::Router;
use axum::http::Method;
use chrono::TimeDelta;
use sqlx::PgPool;
use yuno_sessions::api;
use yuno_sessions::clock::Clock;
use yuno_sessions::demo;
use yuno_sessions::due;
use yuno_sessions::fingerprint::FingerprintKey;
use yuno_sessions::gateway::Gateways;
use yuno_sessions::retention::{Left, Sweeper};
use yuno_sessions::state::{AppState, Parts};
use yuno_sessions::types::Timestamp;
use yuno_sessions::webhooks::{Schedule, Webhooks};

use super::client::{Answer, Client, Keys};
use super::database::TestDatabase;
use super::make;
use super::process::FINGERPRINT_KEY;

/// The server under test, with the demo organization in it.
pub struct TestApp {
    pub router: Router,
    app: AppState,
    pub clock: Clock,
    database: TestDatabase,
}

fn state(pool: &PgPool, clock: &Clock, gateways: Gateways, allow_private: bool) -> AppState {
    let address = "https://sessions.example.com".to_owned();
    let fingerprints = FingerprintKey::parse(FINGERPRINT_KEY).unwrap();
    let webhooks = Webhooks::new(pool.clone(), clock.clone(), allow_private, Schedule::with_haste(1)).unwrap();
    AppState::new(Parts {
        db: pool.clone(),
        clock: clock.clone(),
        public_url: address,
        demo: true,
        fingerprints,
        gateways,
        webhooks,
    })
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with_gateways(Gateways::default()).await
    }

    /// One that asks other gateways.
    pub async fn with_gateways(gateways: Gateways) -> Self {
        Self::with(gateways, true).await
    }

    /// One whose webhooks lead to public addresses only, as in production.
    pub async fn public_only() -> Self {
        Self::with(Gateways::default(), false).await
    }

    async fn with(gateways: Gateways, allow_private: bool) -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::still_at(Timestamp::parse("2026-01-15T12:00:00Z").unwrap());
        demo::make(&database.pool, clock.now()).await.unwrap();
        let app = state(&database.pool, &clock, gateways, allow_private);
        Self { router: api::router(app.clone()), app, clock, database }
    }

    /// The client, calling another server on the same database at the same time of day.
    pub fn on_another_instance(&self, client: &Client) -> Client {
        client.on(api::router(state(self.pool(), &self.clock, Gateways::default(), true)))
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Answers a page of the simulated provider as a customer would, with a form.
    pub async fn decide(&self, page: &str, form: &str) -> Answer {
        let path = page.strip_prefix("https://sessions.example.com").unwrap_or(page);
        let kind = "application/x-www-form-urlencoded";
        self.anybody().send(Method::POST, path, Some(form.as_bytes().to_vec()), kind).await
    }

    /// Moves the time.
    pub fn wait(&self, span: TimeDelta) {
        self.clock.advance(span);
    }

    /// Does what the clock has brought.
    pub async fn do_what_is_due(&self) {
        due::run(&self.app).await.unwrap();
        self.deliver().await;
    }

    /// Drops what is old: one walk over all organizations. Gives how much was dropped.
    pub async fn sweep(&self, sweeper: &mut Sweeper) -> u64 {
        let before = sweeper.dropped();
        while self.step(sweeper).await == Left::More {}
        sweeper.dropped() - before
    }

    /// Takes one step of that.
    pub async fn step(&self, sweeper: &mut Sweeper) -> Left {
        sweeper.step(&self.app).await.unwrap()
    }

    /// Delivers what is due.
    pub async fn deliver(&self) {
        self.app.webhooks.deliver_due().await.unwrap();
    }

    /// What delivers.
    pub fn webhooks(&self) -> &Webhooks {
        &self.app.webhooks
    }

    /// A merchant's backend of the demo organization.
    pub fn merchant(&self) -> Client {
        self.client(Keys {
            public: Some(demo::PUBLIC_API_KEY.to_owned()),
            secret: Some(demo::PRIVATE_SECRET_KEY.to_owned()),
        })
    }

    /// An SDK client of the demo organization: the public key alone.
    pub fn sdk(&self) -> Client {
        self.client(Keys { public: Some(demo::PUBLIC_API_KEY.to_owned()), secret: None })
    }

    /// Somebody without keys.
    pub fn anybody(&self) -> Client {
        self.client(Keys::default())
    }

    pub fn client(&self, keys: Keys) -> Client {
        Client::new(self.router.clone(), keys, demo::ACCOUNT.to_string())
    }

    /// The backend of another merchant, with an account and a card connection of its own.
    pub async fn another_merchant(&self) -> Client {
        let (keys, account) = make::organization(self.pool(), self.clock.now()).await;
        let merchant = Client::new(self.router.clone(), keys, account);
        merchant.post("/v1/connections", merchant.connection_body()).await.expect(201);
        merchant
    }
}
