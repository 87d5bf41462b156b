//! What an event tells of a checkout session that has come to its end: only where a webhook asks for it.

use serde_json::json;

use crate::api::checkout_sessions::{CheckoutSession, lifetime};
use crate::db::{Connection, checkout_sessions, events, expiries};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{AccountId, CheckoutSessionId, EventKind, OrganizationId, Timestamp};
use crate::webhooks::event;

/// How many expired sessions are told of in one transaction.
const BATCH: i64 = 100;

/// Writes the event of what has become of a session, in the transaction in which it did.
///
/// # Errors
/// When the database refuses.
pub async fn record_session(
    connection: &mut Connection,
    organization: OrganizationId,
    kind: EventKind,
    session: checkout_sessions::Row,
    now: Timestamp,
) -> Result<(), ApiError> {
    let (account, id, customer) = (session.account_id, session.checkout_session_id, session.customer_id);
    let mut session = json!(CheckoutSession::retrieved(session, now));
    let data = |event| {
        session["idempotency_key"] = json!(event);
        Ok::<_, ApiError>(json!({"checkout_session": session}))
    };
    let event = event(kind, account, id, customer, now, data, &[])?;
    Ok(events::insert(connection, organization, &event).await?)
}

/// Notes whether a webhook of an account asks for expired sessions: for those that expire from now on. The account must
/// be locked.
///
/// # Errors
/// When the database refuses.
pub async fn note_expiries_asked(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> Result<(), ApiError> {
    Ok(expiries::note_asked(connection, organization, account, alive_from(now)).await?)
}

/// Tells of sessions of an account that have expired since this was done last; gives of how many.
///
/// # Errors
/// When the database refuses.
pub async fn tell_expiries(
    app: &AppState,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> Result<usize, ApiError> {
    let mut database = app.db.begin().await?;
    let Some(told) = expiries::lock_told(&mut database, organization, account).await? else { return Ok(0) };
    let before = alive_from(now);
    // Who knows an earlier time than the one who told has nothing to add.
    if before <= told {
        return Ok(0);
    }
    let expired = checkout_sessions::list_unused(&mut database, organization, account, told, before, BATCH).await?;
    let count = expired.len();
    // All of them, or as many as were taken. What lies before is never looked at again.
    let last = expired.last().filter(|_| count == usize::try_from(BATCH).unwrap_or(count));
    let last = last.map_or(before, |session| session.checkout_session_id);
    for session in expired {
        record_session(&mut database, organization, EventKind::SessionExpired, session, now).await?;
    }
    expiries::set_told(&mut database, organization, account, last).await?;
    database.commit().await?;
    if count > 0 {
        app.webhooks.wake(organization);
    }
    Ok(count)
}

/// The smallest id that a session can have which has not expired: ids begin with the time.
fn alive_from(now: Timestamp) -> CheckoutSessionId {
    CheckoutSessionId::first_of(now.plus(-lifetime()))
}
