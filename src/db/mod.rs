//! The database: opening it, bringing its schema up to date, and one module for each table with all its statements.
//!
//! Every function takes the connection, then the organization, then the rest: no statement reaches two tenants, but
//! those that find a tenant by its key, [ask which have something due](due), or are [shared](batch) by requests, where
//! each row names its own.

pub mod api_keys;
mod as_sent;
pub mod batch;
pub mod checkout_sessions;
pub mod connections;
pub mod customer_sessions;
pub mod customers;
pub mod deliveries;
pub mod due;
pub mod events;
pub mod expiries;
pub mod idempotency_keys;
pub mod leases;
pub mod organizations;
pub mod payment_methods;
pub mod payments;
pub mod retention;
pub mod tokens;
pub mod transactions;
pub mod webhooks;

use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgPool};

pub use as_sent::AsSent;
/// A connection to the database, inside or outside of a transaction.
pub use sqlx::PgConnection as Connection;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a request waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that nobody used is taken to be there still.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long opening the database may take at start.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a pool of at most `connections` to an existing, reachable database.
///
/// # Errors
/// When it cannot be reached, in one line.
pub async fn open(options: PgConnectOptions, connections: u32) -> anyhow::Result<PgPool> {
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(prepare(connection)))
        // What was used a moment ago is there: asking again before each use would cost a round trip.
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone());
    // Asked once outside of the pool, which would try again and again until its own limit.
    let reached = async { sqlx::PgConnection::connect_with(&options).await?.close().await };
    tokio::time::timeout(OPEN_TIMEOUT, reached)
        .await
        .map_err(anyhow::Error::from)
        .and_then(|reached| Ok(reached?))
        .with_context(|| format!("cannot reach the database at {place}"))?;
    Ok(pool)
}

/// Whether the database refuses for now what it may take another time.
#[must_use]
pub fn is_passing(error: &sqlx::Error) -> bool {
    // Classes of its codes: 40 another transaction was in the way, 53 it has no resources left, 57 it is being stopped
    // or stopped the statement.
    let passing = |code: &str| ["40", "53", "57"].contains(&&code[..2.min(code.len())]);
    matches!(error, sqlx::Error::Database(database) if database.code().is_some_and(|code| passing(&code)))
}

/// Sets what every connection needs.
async fn prepare(connection: &mut Connection) -> sqlx::Result<()> {
    // A generic plan made for an empty table would be kept for ever where nothing gathers statistics.
    connection.execute("set plan_cache_mode = force_custom_plan").await?;
    limit_statements(connection).await?;
    connection.execute("set idle_in_transaction_session_timeout = '60s'").await?;
    Ok(())
}

/// No statement of a request may take longer.
async fn limit_statements(connection: &mut Connection) -> sqlx::Result<()> {
    connection.execute("set statement_timeout = '20s'").await.map(|_| ())
}

/// Lifts the limit for work that is nobody's request.
async fn lift_limit(connection: &mut Connection) -> sqlx::Result<()> {
    connection.execute("set statement_timeout = 0").await.map(|_| ())
}

/// Prepares a transaction that drops much and that nobody waits for. The look-ups of foreign keys, one for each row, are
/// planned once; and its end does not wait for the disk: when it is lost, the same rows are dropped again.
///
/// # Errors
/// When the database refuses.
pub async fn prepare_dropping(connection: &mut Connection) -> sqlx::Result<()> {
    connection.execute("set local plan_cache_mode = auto; set local synchronous_commit = off").await.map(|_| ())
}

/// Brings the schema up to date, under a lock that lets several instances start at once.
///
/// # Errors
/// When the database has a newer schema than this build knows, or a migration fails.
pub async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    lift_limit(&mut connection).await?;
    let migrated = MIGRATIONS.run(&mut *connection).await;
    limit_statements(&mut connection).await?;
    match migrated {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => bail!(
            "the database has schema version {version}, which is newer than this build knows (its newest is {}): \
             start a newer yuno-sessions",
            MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
        ),
        Err(error) => Err(error).context("cannot bring the database's schema up to date"),
    }
}

/// Whether the database keeps organizations on several machines, as Citus does.
///
/// # Errors
/// When the database refuses.
pub async fn is_distributed(connection: &mut Connection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pg_extension where extname = 'citus')").fetch_one(connection).await
}

/// Asks the database for a sign of life.
///
/// # Errors
/// When there is none.
pub async fn ping(connection: &mut Connection) -> sqlx::Result<()> {
    sqlx::query("select 1").execute(connection).await.map(|_| ())
}

/// Gathers statistics and frees the space of dead rows, where no server does it by itself.
///
/// # Errors
/// When the database refuses.
pub async fn vacuum(connection: &mut Connection) -> sqlx::Result<()> {
    lift_limit(connection).await?;
    let vacuumed = connection.execute("vacuum (analyze)").await;
    limit_statements(connection).await?;
    vacuumed.map(|_| ())
}
