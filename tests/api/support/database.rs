//! A migrated database for each test: an embedded one, or with `DATABASE_URL` a fresh one on that server.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::OnceLock;
use std::{fs, io};

use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;
use yuno_sessions::db::{self, Pool};
use yuno_sessions::embedded::Embedded;

/// A database that is gone with the test.
pub struct TestDatabase {
    pub pool: PgPool,
    /// The same, as the server has it.
    pub db: Pool,
    kept: Option<Kept>,
}

/// What must stay until the pool is closed.
#[expect(dead_code, reason = "it lives as long as the test")]
enum Kept {
    Embedded(Box<(Embedded, TempDir)>),
    OnServer(Box<OnServer>),
}

impl Drop for TestDatabase {
    /// On a thread of its own: an embedded database waits for its connection to end, which the pool may just be
    /// giving back on the test's runtime.
    fn drop(&mut self) {
        let kept = self.kept.take();
        std::thread::spawn(move || drop(kept));
    }
}

/// A database on the server at `DATABASE_URL`.
pub struct OnServer {
    pub options: PgConnectOptions,
    name: String,
}

/// The server to test against, when there is one.
pub fn server() -> Option<&'static PgConnectOptions> {
    static SERVER: OnceLock<Option<PgConnectOptions>> = OnceLock::new();
    let read = || std::env::var("DATABASE_URL").ok().map(|url| PgConnectOptions::from_str(&url).expect("DATABASE_URL"));
    SERVER.get_or_init(read).as_ref()
}

impl TestDatabase {
    /// One that somebody else looks after.
    pub fn of(db: Pool) -> Self {
        Self { pool: db.driver().expect("open"), db, kept: None }
    }

    pub async fn new() -> Self {
        if let Some(server) = server() {
            let database = OnServer::copy_of_template(server).await;
            let db = Pool::open(&database.options.clone().into(), 10).await.expect("the server");
            return Self { pool: db.driver().expect("open"), db, kept: Some(Kept::OnServer(Box::new(database))) };
        }
        let directory = tempfile::tempdir().expect("a directory");
        copy(MIGRATED.get_or_init(migrated).await, directory.path()).expect("a copy");
        let embedded = Embedded::start(directory.path()).await.expect("the embedded PostgreSQL");
        let db = embedded.open().await.expect("the embedded PostgreSQL");
        Self { pool: db.driver().expect("open"), db, kept: Some(Kept::Embedded(Box::new((embedded, directory)))) }
    }
}

/// The data directory of an embedded database that is migrated. Copied for each test, which is quicker than migrating
/// each.
static MIGRATED: OnceCell<PathBuf> = OnceCell::const_new();

/// Finds it where an earlier run of the same build has made it, or makes it.
async fn migrated() -> PathBuf {
    let mut made_of = Sha256::new();
    made_of.update(include_str!("../../../Cargo.lock"));
    for migration in sqlx::migrate!().iter() {
        made_of.update(&migration.checksum);
    }
    let targets = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name: String = made_of.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let kept = targets.join(format!("migrated-{name}"));
    if !kept.exists() {
        let directory = tempfile::tempdir_in(targets).expect("a directory");
        let embedded = Embedded::start(directory.path()).await.expect("the embedded PostgreSQL");
        let db = embedded.open().await.expect("the embedded PostgreSQL");
        db::migrate(&db).await.expect("migrations");
        db.close().await;
        embedded.stop().await.expect("stopped");
        // Another run may have been quicker; then this one goes.
        if fs::rename(directory.path(), &kept).is_ok() {
            let _ = directory.keep();
        }
    }
    kept
}

/// Copies what is in a directory into another.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Copied for each test, which is quicker than migrating each. One for each run of the tests.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl OnServer {
    /// An empty database.
    pub async fn empty(server: &PgConnectOptions) -> Self {
        Self::create(server, "template1").await
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }

    async fn copy_of_template(server: &PgConnectOptions) -> Self {
        let template = TEMPLATE.get_or_init(|| async {
            let template = Self::empty(server).await;
            let pool = Pool::open(&template.options.clone().into(), 1).await.expect("the server");
            db::migrate(&pool).await.expect("migrations");
            pool.close().await;
            // Left to the end of the process: other tests copy it.
            let name = template.name.clone();
            std::mem::forget(template);
            name
        });
        Self::create(server, template.await).await
    }

    async fn create(server: &PgConnectOptions, template: &str) -> Self {
        let name = format!("yuno_sessions_test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect_with(server).await.expect("the server");
        let create = format!("create database {name} template {template}");
        connection.execute(AssertSqlSafe(create)).await.expect("a database");
        connection.close().await.expect("closed");
        Self { options: server.clone().database(&name), name }
    }
}

impl Drop for OnServer {
    /// Dropped from a thread of its own: the test's runtime may be ending.
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("drop database if exists {} with (force)", self.name));
        let server = server().expect("a server");
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { PgConnection::connect_with(server).await?.execute(drop).await.map(|_| ()) })
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            other => eprintln!("a test's database was left behind: {other:?}"),
        }
    }
}
