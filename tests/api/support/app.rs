//! The server under test, in this process: the real router on a real database, with a clock that stands still.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use chrono::TimeDelta;
use sqlx::PgPool;
use tower::ServiceExt as _;
use uuid::Uuid;
use yuno_sessions::api;
use yuno_sessions::api::due;
use yuno_sessions::clock::Clock;
use yuno_sessions::config::Access;
use yuno_sessions::config::limits::Limits;
use yuno_sessions::db::Pool;
use yuno_sessions::db::api_keys::NewKey;
use yuno_sessions::db::audit_log::CLI;
use yuno_sessions::demo;
use yuno_sessions::fingerprint::FingerprintKey;
use yuno_sessions::gateway::Gateways;
use yuno_sessions::keys::{self, KeyPair, sha256};
use yuno_sessions::metrics;
use yuno_sessions::metrics::Metrics;
use yuno_sessions::retention::{Left, Sweeper};
use yuno_sessions::state::{AppState, Parts};
use yuno_sessions::types::{OrganizationId, Timestamp};
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

/// In what the server under test differs from others.
pub struct Setup {
    pub gateways: Gateways,
    /// Whether webhooks may lead to addresses that are not public.
    pub allow_private: bool,
    pub limits: Limits,
    pub access: Access,
    /// Whether test controls are on.
    pub testing: bool,
    /// Whether the demo's published keys are let in.
    pub demo: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            gateways: Gateways::default(),
            allow_private: true,
            limits: Limits::default(),
            access: Access::default(),
            testing: true,
            demo: true,
        }
    }
}

fn state(db: &Pool, clock: &Clock, setup: Setup) -> AppState {
    let metrics = Metrics::on();
    let schedule = Schedule::with_haste(1);
    let webhooks = Webhooks::new(db.clone(), clock.clone(), setup.allow_private, schedule, metrics.clone()).unwrap();
    AppState::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        public_url: "https://sessions.example.com".to_owned(),
        demo: setup.demo,
        fingerprints: FingerprintKey::parse(FINGERPRINT_KEY).unwrap(),
        gateways: setup.gateways,
        webhooks,
        metrics,
        limits: setup.limits,
        access: setup.access,
        testing: setup.testing,
    })
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// One that asks other gateways.
    pub async fn with_gateways(gateways: Gateways) -> Self {
        Self::with(Setup { gateways, ..Setup::default() }).await
    }

    /// One that lets in others than it usually does.
    pub async fn with_access(access: Access) -> Self {
        Self::with(Setup { access, ..Setup::default() }).await
    }

    /// One whose webhooks lead to public addresses only, as in production.
    pub async fn public_only() -> Self {
        Self::with(Setup { allow_private: false, ..Setup::default() }).await
    }

    /// One that differs.
    pub async fn with(setup: Setup) -> Self {
        Self::on_database(TestDatabase::new().await, setup).await
    }

    /// One on a migrated database that the test looks after.
    pub async fn on(db: Pool, gateways: Gateways) -> Self {
        Self::on_database(TestDatabase::of(db), Setup { gateways, ..Setup::default() }).await
    }

    async fn on_database(database: TestDatabase, setup: Setup) -> Self {
        let clock = Clock::still_at(Timestamp::parse("2026-01-15T12:00:00Z").unwrap()).for_testing();
        demo::make(&database.db, clock.machine_time()).await.unwrap();
        let app = state(&database.db, &clock, setup);
        Self { router: api::router(app.clone()), app, clock, database }
    }

    /// The client, calling another server on the same database at the same time of day.
    pub fn on_another_instance(&self, client: &Client) -> Client {
        client.on(api::router(state(&self.database.db, &self.clock, Setup::default())))
    }

    /// The parts of a server that starts on the same database.
    pub fn started_again(&self, clock: &Clock) -> AppState {
        state(&self.database.db, clock, Setup::default())
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

    /// What Prometheus would be told now.
    pub async fn metrics(&self) -> String {
        // That the database does not answer is told too.
        let _ = metrics::collect(&self.app).await;
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = metrics::router(self.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
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

    /// A merchant's backend of an organization that is made for a test.
    pub async fn test_merchant(&self) -> Client {
        let made = self.anybody().post_nothing("/v1/testing/organizations").await.expect(201);
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let keys = Keys { public: Some(text("public_api_key")), secret: Some(text("private_secret_key")) };
        Client::new(self.router.clone(), keys, text("account_id"))
    }

    /// The parts of the server.
    pub fn state(&self) -> &AppState {
        &self.app
    }

    /// An SDK client of the demo organization: the public key alone.
    pub fn sdk(&self) -> Client {
        self.client(Keys { public: Some(demo::PUBLIC_API_KEY.to_owned()), secret: None })
    }

    /// Somebody without keys.
    pub fn anybody(&self) -> Client {
        self.client(Keys::default())
    }

    /// One more key pair of the demo organization, changed as a test wants it.
    pub async fn with_another_key(&self, change: impl FnOnce(&mut NewKey<'_>)) -> Client {
        let pair = KeyPair::random().unwrap();
        let mut key = NewKey::unlimited(&pair.public, sha256(pair.secret.expose()));
        change(&mut key);
        let organization = OrganizationId::parse("00000000-0000-4000-8000-000000000000").unwrap();
        let mut transaction = self.pool().begin().await.unwrap();
        assert!(keys::add(&mut transaction, organization, CLI, &key, self.clock.machine_time()).await.unwrap());
        transaction.commit().await.unwrap();
        self.client(Keys { public: Some(pair.public), secret: Some(pair.secret.expose().to_owned()) })
    }

    /// One more account of the demo organization, which its keys know.
    pub async fn another_account(&self) -> String {
        let account = Uuid::new_v4();
        let insert = "insert into accounts (organization_id, account_id, name, created_at)
            values ('00000000-0000-4000-8000-000000000000', $1, 'Another', '2026-01-15T12:00:00Z')";
        sqlx::query(insert).bind(account).execute(self.pool()).await.unwrap();
        // Keys are remembered for a second.
        self.wait(TimeDelta::seconds(1));
        account.to_string()
    }

    pub fn client(&self, keys: Keys) -> Client {
        Client::new(self.router.clone(), keys, demo::ACCOUNT.to_string())
    }

    /// The backend of another merchant, with an account and a card connection of its own.
    pub async fn another_merchant(&self) -> Client {
        let (keys, account) = make::organization(self.pool(), self.clock.machine_time()).await;
        let merchant = Client::new(self.router.clone(), keys, account);
        merchant.post("/v1/connections", merchant.connection_body()).await.expect(201);
        merchant
    }
}
