//! The server in this process: one for all cases, on a database of its own at `DATABASE_URL`.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::runtime::Runtime;
use yuno_sessions::clock::Clock;
use yuno_sessions::config::Access;
use yuno_sessions::config::limits::Limits;
use yuno_sessions::db::Pool;
use yuno_sessions::fingerprint::FingerprintKey;
use yuno_sessions::gateway::Gateways;
use yuno_sessions::metrics::Metrics;
use yuno_sessions::state::{AppState, Parts};
use yuno_sessions::types::Timestamp;
use yuno_sessions::webhooks::{Schedule, Webhooks};
use yuno_sessions::{api, db, demo};

use crate::cases::{self, World};

struct Server {
    runtime: Runtime,
    world: World,
    /// How often each status was answered.
    answered: BTreeMap<u16, u64>,
}

/// After how many cases what was answered is written down.
const WRITTEN_EVERY: u64 = 100;

/// Runs one case of an operation, and ends the process when it finds something.
pub fn case(operation: &str, bytes: &[u8]) {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Mutex::new(Server::start(operation)));
    let mut server = server.lock().expect("no case panics with the server in its hands");
    let Server { runtime, world, answered } = &mut *server;
    match runtime.block_on(cases::run(world, operation, bytes)) {
        Ok(status) => *answered.entry(status.as_u16()).or_default() += 1,
        Err(found) => {
            eprintln!("FOUND {found}");
            std::process::abort();
        }
    }
    if answered.values().sum::<u64>() % WRITTEN_EVERY == 0 {
        write_down(operation, answered);
    }
}

impl Server {
    fn start(operation: &str) -> Self {
        // A panic of the server is answered 500, which is told with the request; libFuzzer would end before that.
        std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let world = runtime.block_on(open(operation));
        Self { runtime, world, answered: BTreeMap::new() }
    }
}

/// The server's errors are told; nothing else is.
fn tell_errors() {
    use tracing_subscriber::filter::LevelFilter;
    tracing_subscriber::fmt().with_max_level(LevelFilter::ERROR).with_writer(std::io::stderr).init();
}

async fn open(operation: &str) -> World {
    tell_errors();
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL leads to a PostgreSQL server: scripts/with-postgres");
    let server: PgConnectOptions = url.parse().expect("DATABASE_URL");
    let name = format!("yuno_sessions_fuzz_{operation}");
    let mut connection = PgConnection::connect_with(&server).await.expect("the server");
    // Left there by the last run.
    connection.execute(AssertSqlSafe(format!("drop database if exists {name}"))).await.expect("no database");
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await.expect("a database");
    connection.close().await.expect("closed");
    // Nothing here must outlive a power cut.
    let server = server.database(&name).options([("synchronous_commit", "off")]);
    let pool = Pool::open(&server.into(), 4).await.expect("the database");
    db::migrate(&pool).await.expect("migrations");
    let clock = Clock::still_at(Timestamp::parse("2026-01-15T12:00:00Z").expect("a time")).for_testing();
    demo::make(&pool, clock.machine_time()).await.expect("the demo organization");
    let webhooks =
        Webhooks::new(pool.clone(), clock.clone(), true, Schedule::with_haste(1), Metrics::off()).expect("a client");
    let app = AppState::new(Parts {
        db: pool,
        clock: clock.clone(),
        public_url: "https://sessions.example.com".to_owned(),
        demo: true,
        fingerprints: FingerprintKey::parse("0123456789abcdef0123456789abcdef").expect("a secret"),
        gateways: Gateways::default(),
        webhooks,
        metrics: Metrics::off(),
        limits: Limits::default(),
        access: Access::default(),
        testing: true,
    });
    World::new(api::router(app), clock)
}

/// Writes to the file at `ANSWERED` how often each status was answered, for who started the target.
fn write_down(operation: &str, answered: &BTreeMap<u16, u64>) {
    let Ok(file) = std::env::var("ANSWERED") else { return };
    let counts: Vec<_> = answered.iter().map(|(status, count)| format!("{status}:{count}")).collect();
    std::fs::write(file, format!("{operation} {}\n", counts.join(" "))).expect("the file at ANSWERED");
}
