//! Work that the clock brings: payments that ran out, keys and tokens that are forgotten. Each round asks first which
//! organizations have some, and then takes a bounded number of rows of one organization at a time, by its own time,
//! passing over rows that somebody else has.

use chrono::TimeDelta;

use crate::api::{events::tell_expiries as tell_some_expiries, idempotency, settlement};
use crate::db::{self, deliveries, events, expiries, idempotency_keys, payments, tokens};
use crate::error::ApiError;
use crate::metrics::measures::due_work;
use crate::state::AppState;
use crate::testing::organizations;
use crate::types::{AccountId, OrganizationId};

/// How many rows of one kind a round takes of one organization, so that none waits for another's.
const ROWS: i64 = 500;

/// How many times that for what every payment leaves behind.
const BATCHES: usize = 20;

/// How many organizations, or oldest rows, a round looks at.
const LOOKED_AT: i64 = 1_000;

/// How long a token is kept after it has expired, so that it is told from one that never was.
const fn keep_tokens() -> TimeDelta {
    TimeDelta::hours(24)
}

/// How long events and their deliveries are kept.
const fn keep_events() -> TimeDelta {
    TimeDelta::days(30)
}

/// How long a payment is put off that cannot be ended now.
const fn put_off() -> TimeDelta {
    TimeDelta::minutes(1)
}

/// Does what is due, as far as one round goes. What one organization's rows do not let be done keeps no other waiting.
///
/// # Errors
/// When the database refuses to say what is due; the next round asks again.
pub async fn run(app: &AppState) -> Result<(), ApiError> {
    // Nobody's time is behind it: what is due by it is due.
    let now = app.clock.machine_time();
    let organizations = db::due::payments_due(&mut *app.db.acquire().await?, now, LOOKED_AT).await?;
    for organization in organizations {
        unless_moving(app, organization, run_out_payments(app, organization)).await;
    }
    let forgotten = idempotency::forgotten_before(now);
    let organizations = db::due::keys_forgotten(&mut *app.db.acquire().await?, forgotten, LOOKED_AT).await?;
    for organization in organizations {
        note(app, drop_keys(app, organization).await);
    }
    let expired = now.plus(-keep_tokens());
    let organizations = db::due::tokens_expired(&mut *app.db.acquire().await?, expired, LOOKED_AT).await?;
    for organization in organizations {
        note(app, drop_tokens(app, organization).await);
    }
    let accounts = db::due::expiries_asked(&mut *app.db.acquire().await?, LOOKED_AT).await?;
    for (organization, account) in accounts {
        unless_moving(app, organization, tell_expiries(app, organization, account)).await;
    }
    let dropped = now.plus(-keep_events());
    let organizations = db::due::events_before(&mut *app.db.acquire().await?, dropped, LOOKED_AT).await?;
    for organization in organizations {
        note(app, drop_events(app, organization).await);
    }
    if app.clock.has_moved() {
        let before = db::due::Before { now, forgotten, expired, dropped };
        let organizations = db::due::due_of_moved(&mut *app.db.acquire().await?, before, LOOKED_AT).await?;
        for organization in organizations {
            let work = async {
                run_of(app, organization).await?;
                forget_of(app, organization).await
            };
            unless_moving(app, organization, work).await;
        }
    }
    if app.testing.is_some() {
        note(app, organizations::drop_the_rest(app).await);
    }
    Ok(())
}

/// Does work of an organization, unless its time is just being moved: who does that does the work too, and must find it.
async fn unless_moving<T>(
    app: &AppState,
    organization: OrganizationId,
    work: impl Future<Output = Result<T, ApiError>>,
) {
    let controls = app.testing.as_ref().and_then(|testing| testing.find(organization));
    let alone = controls.as_deref().map(|controls| controls.moving.try_lock());
    if !matches!(alone, Some(Err(_))) {
        note(app, work.await);
    }
}

/// What was done of an organization's due work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Payments that ran out.
    pub payments_ended: u64,
    /// Checkout sessions of which it was told that they have expired.
    pub expiries_told: u64,
}

/// Does what is due of one organization by its own time, as far as one round goes.
///
/// # Errors
/// When the database refuses.
pub async fn run_of(app: &AppState, organization: OrganizationId) -> Result<Done, ApiError> {
    let payments_ended = run_out_payments(app, organization).await?;
    let accounts = expiries::list_asked(&mut *app.db.acquire().await?, organization).await?;
    let mut expiries_told = 0;
    for account in accounts {
        expiries_told += tell_expiries(app, organization, account).await?;
    }
    Ok(Done { payments_ended, expiries_told })
}

/// Drops what is forgotten of one organization by its own time, as far as one round goes: keys, tokens and events.
///
/// # Errors
/// When the database refuses.
pub async fn forget_of(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    drop_keys(app, organization).await?;
    drop_tokens(app, organization).await?;
    drop_events(app, organization).await
}

async fn drop_keys(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    let forgotten = idempotency::forgotten_before(app.clock.now(organization));
    let connection = &mut *app.db.acquire().await?;
    let dropped = idempotency_keys::delete_forgotten(connection, organization, forgotten, ROWS).await?;
    count(app, due_work::KEYS_DROPPED, dropped);
    Ok(())
}

async fn drop_tokens(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    let expired = app.clock.now(organization).plus(-keep_tokens());
    let connection = &mut *app.db.acquire().await?;
    let dropped = tokens::delete_expired(connection, organization, expired, ROWS).await?;
    count(app, due_work::TOKENS_DROPPED, dropped);
    Ok(())
}

/// What was not delivered in all that time never is; then the events go, as many as one round takes.
async fn drop_events(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    let now = app.clock.now(organization);
    let before = now.plus(-keep_events());
    let mut database = app.db.begin().await?;
    let given_up = deliveries::give_up_before(&mut database, organization, before, now, ROWS).await?;
    let rows = given_up.len() as u64;
    for lane in given_up {
        deliveries::release_next(&mut database, organization, lane, now).await?;
    }
    database.commit().await?;
    count(app, due_work::DELIVERIES_GIVEN_UP, rows);
    let connection = &mut *app.db.acquire().await?;
    for _ in 0..BATCHES {
        let dropped = events::delete_before(connection, organization, before, ROWS).await?;
        count(app, due_work::EVENTS_DROPPED, dropped);
        if dropped < ROWS.unsigned_abs() {
            break;
        }
    }
    Ok(())
}

/// Counts rows on which work was done.
fn count(app: &AppState, kind: &'static str, rows: u64) {
    app.metrics.note(|measures| measures.note_due_work(kind, rows));
}

/// Logs and counts what could not be done.
pub fn note<T>(app: &AppState, done: Result<T, impl Into<ApiError>>) {
    match done.map_err(Into::into) {
        // One line was logged when it went.
        Err(ApiError::Unavailable(error)) if db::is_known_away(&error) => {
            tracing::debug!(%error, "cannot do what is due");
        }
        Err(error) => {
            tracing::warn!(error = format!("{error:?}"), "cannot do what is due");
            app.metrics.count(|measures| &measures.due_work_failures);
        }
        Ok(_) => {}
    }
}

/// As many as one round takes, a few in each database transaction. Gives of how many it told.
async fn tell_expiries(app: &AppState, organization: OrganizationId, account: AccountId) -> Result<u64, ApiError> {
    let now = app.clock.now(organization);
    let mut told = 0;
    while told < ROWS.unsigned_abs() {
        match tell_some_expiries(app, organization, account, now).await? {
            0 => break,
            more => {
                count(app, due_work::EXPIRIES_TOLD, more as u64);
                told += more as u64;
            }
        }
    }
    Ok(told)
}

/// One payment in each database transaction, so that none is locked for longer than it takes. Gives how many ended.
async fn run_out_payments(app: &AppState, organization: OrganizationId) -> Result<u64, ApiError> {
    let now = app.clock.now(organization);
    let mut run_out = 0;
    for _ in 0..ROWS {
        let mut database = app.db.begin().await?;
        let Some(payment) = payments::lock_due(&mut database, organization, now).await? else { break };
        let id = payment.payment_id;
        let ended = settlement::run_out(app, &mut database, organization, payment, now).await;
        if ended.is_ok() {
            database.commit().await?;
            count(app, due_work::PAYMENTS_ENDED, 1);
            run_out += 1;
            app.webhooks.wake(organization);
            continue;
        }
        note(app, ended);
        database.rollback().await?;
        let connection = &mut *app.db.acquire().await?;
        payments::put_off(connection, organization, id, now, now.plus(put_off())).await?;
    }
    Ok(run_out)
}
