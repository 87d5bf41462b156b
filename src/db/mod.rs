//! The database: opening it, bringing its schema up to date, and one module for each table with all its statements.
//!
//! Every function takes the connection, then the organization, then the rest: no statement reaches two tenants, but
//! those that find a tenant by its key, [ask which have something due](due), [count what waits](backlog), or are
//! [shared](batch) by requests, where each row names its own.

pub mod api_keys;
mod as_sent;
pub mod audit_log;
pub mod backlog;
pub mod batch;
pub mod checkout_sessions;
pub mod checkouts;
pub mod connections;
pub mod console;
pub mod customer_sessions;
pub mod customers;
pub mod deliveries;
pub mod due;
pub mod events;
pub mod everything;
pub mod expiries;
mod failure;
mod hosts;
pub mod idempotency_keys;
pub mod installments_plans;
pub mod leases;
pub mod offers;
pub mod organizations;
pub mod payment_methods;
pub mod payments;
mod pool;
mod primary;
pub mod retention;
pub mod tokens;
pub mod transactions;
mod waits;
pub mod webhooks;

use std::time::Duration;

use anyhow::Context;
use sqlx::Executor as _;

pub use as_sent::AsSent;
pub use failure::{is_known_away, is_lost, is_passing};
pub use hosts::Hosts;
pub use pool::{Pool, Tenure};
use primary::Role;
/// A connection to the database, inside or outside of a transaction.
pub use sqlx::PgConnection as Connection;

/// Sets what every connection needs, and refuses one to a server that is not the primary.
async fn prepare(connection: &mut Connection) -> sqlx::Result<()> {
    let Role { standby, read_only, .. } = role(connection).await?;
    if standby || read_only {
        return Err(sqlx::Error::Io(std::io::Error::other("the server takes no writes")));
    }
    // A generic plan made for an empty table would be kept for ever where nothing gathers statistics.
    connection.execute("set plan_cache_mode = force_custom_plan").await?;
    limit_statements(connection).await?;
    connection.execute("set idle_in_transaction_session_timeout = '60s'").await?;
    Ok(())
}

/// No statement of a request may take longer, or wait for a lock. A commit that waits for a standby has no limit: one
/// that is reached would make the server acknowledge what no standby has.
async fn limit_statements(connection: &mut Connection) -> sqlx::Result<()> {
    let limits = "select set_config('lock_timeout', '20s', false), set_config('statement_timeout', \
                  case when current_setting('synchronous_standby_names') = '' then '20s' else '0' end, false)";
    connection.execute(limits).await.map(|_| ())
}

/// Lifts the limits for work that is nobody's request.
async fn lift_limit(connection: &mut Connection) -> sqlx::Result<()> {
    let limits = "select set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)";
    connection.execute(limits).await.map(|_| ())
}

/// What the server is now.
async fn role(connection: &mut Connection) -> sqlx::Result<Role> {
    sqlx::query_as(
        r#"
        select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as read_only,
            current_setting('synchronous_standby_names') <> '' as synchronous
        "#,
    )
    .fetch_one(connection)
    .await
}

/// What the server is after a time, which it waits itself: a server that stops meanwhile is noticed at once.
async fn wait_for_role(connection: &mut Connection, wait: Duration) -> sqlx::Result<Role> {
    sqlx::query_as(
        r#"
        select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as read_only,
            current_setting('synchronous_standby_names') <> '' as synchronous
        from pg_sleep($1)
        "#,
    )
    .bind(wait.as_secs_f64())
    .fetch_one(connection)
    .await
}

/// How often a standby has become the primary, plus one, as this primary knows.
async fn timeline(connection: &mut Connection) -> sqlx::Result<i64> {
    sqlx::query_scalar("select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint")
        .fetch_one(connection)
        .await
}

/// Prepares a transaction that drops much and that nobody waits for. The look-ups of foreign keys, one for each row, are
/// planned once; and its end does not wait for the disk: when it is lost, the same rows are dropped again.
///
/// # Errors
/// When the database refuses.
pub async fn prepare_dropping(connection: &mut Connection) -> sqlx::Result<()> {
    connection.execute("set local plan_cache_mode = auto; set local synchronous_commit = off").await.map(|_| ())
}

/// Brings the schema up to date, under a lock that lets several instances start at once. A schema that is newer than this
/// build is worked on as it is: migrations only add, so that the release before can start again during an upgrade, or
/// after one that is taken back.
///
/// # Errors
/// When a migration fails, or one that was done is not what this build knows under its number.
pub async fn migrate(pool: &Pool) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    lift_limit(&mut connection).await?;
    let mut migrations = sqlx::migrate!();
    migrations.set_ignore_missing(true);
    let migrated = migrations.run(&mut *connection).await;
    limit_statements(&mut connection).await?;
    migrated.context("cannot bring the database's schema up to date")?;
    let newest: i64 =
        sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut *connection).await?;
    let known = migrations.iter().map(|migration| migration.version).max().unwrap_or_default();
    if newest > known {
        tracing::warn!(newest, known, "the database's schema is newer than this build: it is worked on as it is");
    }
    Ok(())
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
