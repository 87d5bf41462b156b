//! Organizations that are made for a test and dropped after it.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use sqlx::error::DatabaseError;
use tokio::time::Instant;

use crate::db::api_keys::NewKey;
use crate::db::audit_log::{self, Action, NewEntry, TESTING};
use crate::db::everything::{self, Table};
use crate::db::{self, connections, organizations};
use crate::demo;
use crate::error::ApiError;
use crate::keys::{self, KeyPair, sha256};
use crate::state::AppState;
use crate::types::{AccountId, OrganizationId};

/// How many there can be at a time.
pub const MOST: i64 = 10_000;

/// How many rows go in one statement.
const ROWS: i64 = 500;

/// How often dropping begins anew when something was added meanwhile.
const TRIES: u32 = 5;

/// How long calls of receivers that are on their way are waited for.
const CALLS_END_WITHIN: Duration = Duration::from_secs(12);

/// How many that nobody dropped a round drops.
const DROPPED_AT_ONCE: i64 = 10;

/// How long one stays that nobody drops.
const fn longest() -> TimeDelta {
    TimeDelta::days(7)
}

/// An organization that was just made.
pub struct Made {
    /// Its id.
    pub organization: OrganizationId,
    /// Its only account.
    pub account: AccountId,
    /// Its keys: the only time that the secret is seen.
    pub keys: KeyPair,
}

/// Makes an organization with an account, a key pair and the demo's connections.
///
/// # Errors
/// When there are as many as there can be, or the database refuses.
pub async fn make(app: &AppState) -> Result<Made, ApiError> {
    let now = app.clock.machine_time();
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now));
    let pair = KeyPair::random()?;
    let mut database = app.db.begin().await?;
    if db::due::count_for_tests(&mut database, MOST).await? >= MOST {
        return Err(ApiError::TooManyTestOrganizations);
    }
    organizations::insert(&mut database, organization, account, "Test", now).await?;
    organizations::mark_for_tests(&mut database, organization).await?;
    let subject = account.to_string();
    let entry = NewEntry {
        actor: TESTING,
        action: Action::AccountCreated,
        subject: &subject,
        details: json!({"name": "Test"}),
    };
    audit_log::insert(&mut database, organization, entry, now).await?;
    let key = NewKey::unlimited(&pair.public, sha256(pair.secret.expose()));
    keys::add(&mut database, organization, TESTING, &key, now).await?;
    for connection in demo::connections_of(account, now) {
        connections::insert(&mut database, organization, &connection).await?;
    }
    database.commit().await?;
    Ok(Made { organization, account, keys: pair })
}

/// Drops an organization with all that it has and all that is remembered of it: its keys first, so that nobody calls any
/// more. What it is just called for may be refused.
///
/// # Errors
/// When no test made it, or the database refuses: then it is dropped in part, and the rest with those that [nobody
/// drops](drop_old).
pub async fn drop_whole(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    let mut connection = app.db.acquire().await?;
    if !organizations::is_for_tests(&mut connection, organization).await? {
        return Err(ApiError::TestOrganizationNotFound);
    }
    for public in everything::drop_keys(&mut connection, organization).await? {
        app.keys.forget(&public);
        app.key_limit.forget(&public);
    }
    drop(connection);
    // What is on its way ends first; a receiver that hangs is not waited for longer than it may take.
    let held = app.webhooks.hold(organization, Instant::now() + CALLS_END_WITHIN).await;
    let mut tries = 1;
    while let Err(error) = drop_rows(app, organization).await {
        // Somebody who had called before has just added something.
        let added = error.as_database_error().is_some_and(DatabaseError::is_foreign_key_violation);
        if !added || tries == TRIES {
            return Err(error.into());
        }
        tries += 1;
    }
    drop(held);
    app.webhooks.forget(organization);
    app.clock.forget(organization);
    if let Some(testing) = &app.testing {
        testing.forget(organization);
    }
    Ok(())
}

async fn drop_rows(app: &AppState, organization: OrganizationId) -> sqlx::Result<()> {
    for table in Table::ALL {
        // The connection is somebody else's between two steps.
        while everything::drop_rows(&mut *app.db.acquire().await?, organization, table, ROWS).await?
            == ROWS.unsigned_abs()
        {}
    }
    everything::drop_organization(&mut *app.db.acquire().await?, organization).await
}

/// Drops some of those that nobody has dropped for a week, by the machine's time.
///
/// # Errors
/// When the database refuses.
pub async fn drop_old(app: &AppState) -> Result<(), ApiError> {
    let before = app.clock.machine_time().plus(-longest());
    let old = db::due::for_tests_before(&mut *app.db.acquire().await?, before, DROPPED_AT_ONCE).await?;
    for organization in old {
        // One that cannot be dropped now keeps no other waiting.
        if let Err(error) = drop_whole(app, organization).await {
            tracing::warn!(error = format!("{error:?}"), "cannot drop an organization that was made for a test");
        }
    }
    Ok(())
}
