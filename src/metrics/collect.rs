//! What only the database knows, asked now and then, and never while Prometheus waits.

use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;

use super::measures::Decimal;
use crate::db::backlog::{self, Backlog};
use crate::state::AppState;
use crate::types::Timestamp;

/// How often the database is asked.
const EVERY: Duration = Duration::from_secs(15);

/// How long it may take before it counts as down.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many rows are counted of each kind. What has more is in trouble, however many more.
const MOST: i64 = 10_000;

/// Collects all the time, until the pool is closed.
pub async fn collect_always(app: AppState) {
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = app.db.close_event() => return,
        }
        let asking = app.clone();
        // On a task of its own, which runs to its end: a connection must not be left in the middle of a statement.
        let mut asked = tokio::spawn(async move { collect(&asking).await });
        let in_time = tokio::time::timeout(PATIENCE, &mut asked).await;
        if in_time.is_err() {
            app.metrics.note(|measures| {
                measures.database_up.set(0);
            });
        }
        // The next is not asked before this one has ended.
        let ended = match in_time {
            Ok(ended) => ended,
            Err(_) => asked.await,
        };
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "cannot collect metrics");
        }
    }
}

/// Asks the database what waits, and notes it.
///
/// # Errors
/// When the database refuses; that is noted too.
pub async fn collect(app: &AppState) -> sqlx::Result<()> {
    // Of organizations whose time a test has moved, what is due is not told.
    let now = app.clock.machine_time();
    let asked = app.db.tenure().bound(ask(app, now)).await;
    app.metrics.note(|measures| {
        measures.database_up.set(asked.is_ok().into());
        let Ok(asked) = &asked else { return };
        measures.deliveries_pending.set(asked.deliveries_pending);
        note(&measures.outbox_events, &measures.outbox_oldest_seconds, asked.outbox, now);
        note(&measures.deliveries_due, &measures.deliveries_oldest_due_seconds, asked.deliveries, now);
        note(&measures.payments_due, &measures.payments_oldest_due_seconds, asked.payments, now);
    });
    asked.map(|_| ())
}

/// What waits.
struct Asked {
    outbox: Backlog,
    deliveries: Backlog,
    deliveries_pending: i64,
    payments: Backlog,
}

async fn ask(app: &AppState, now: Timestamp) -> sqlx::Result<Asked> {
    let connection = &mut *app.db.acquire().await?;
    Ok(Asked {
        outbox: backlog::outbox(connection, MOST).await?,
        deliveries: backlog::deliveries_due(connection, now, MOST).await?,
        deliveries_pending: backlog::deliveries_pending(connection, MOST).await?,
        payments: backlog::payments_due(connection, now, MOST).await?,
    })
}

fn note(count: &Gauge, age: &Decimal, waiting: Backlog, now: Timestamp) {
    count.set(waiting.rows);
    let waited = waiting.oldest.map_or(0, |oldest| now.since(oldest).num_milliseconds().max(0));
    age.set(waited as f64 / 1000.0);
}
