//! Organizations that are made for a test and dropped after it.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;

use crate::db::api_keys::NewKey;
use crate::db::audit_log::{self, Action, NewEntry, TESTING};
use crate::db::everything::{self, Table};
use crate::db::{self, connections, organizations};
use crate::demo;
use crate::error::ApiError;
use crate::keys::{self, KeyPair, sha256};
use crate::state::AppState;
use crate::testing::Testing;
use crate::types::{AccountId, OrganizationId};

/// How many there can be at a time.
pub const MOST: i64 = 10_000;

/// How many rows go in one statement.
const ROWS: i64 = 500;

/// How many that nobody dropped a round drops.
const DROPPED_AT_ONCE: i64 = 20;

/// How long a round drops the rows of those that were dropped.
const DROPPING: Duration = Duration::from_secs(1);

/// How long after an organization was dropped no call is on its way that had come before.
const fn calls_end_within() -> TimeDelta {
    TimeDelta::minutes(2)
}

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

/// Drops an organization: nobody gets in any more, nothing is told to anybody, and nothing is remembered of it. Its rows go
/// with [the rest](drop_the_rest), when no call is on its way that could add some.
///
/// # Errors
/// When no test made it, or the database refuses: then it is as it was.
pub async fn drop_whole(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    let mut database = app.db.begin().await?;
    if !organizations::mark_dropped(&mut database, organization, app.clock.machine_time()).await? {
        return Err(ApiError::TestOrganizationNotFound);
    }
    let keys = everything::drop_keys(&mut database, organization).await?;
    for table in [Table::Deliveries, Table::Webhooks] {
        while everything::drop_rows(&mut database, organization, table, ROWS).await? == ROWS.unsigned_abs() {}
    }
    database.commit().await?;
    for public in keys {
        app.keys.forget(&public);
        app.key_limit.forget(&public);
    }
    forget(app, organization);
    Ok(())
}

/// Forgets what is remembered of an organization; how far it is ahead is known for as long as there is a row of it.
fn forget(app: &AppState, organization: OrganizationId) {
    app.webhooks.forget(organization);
    if let Some(testing) = &app.testing {
        testing.forget(organization);
    }
}

/// Drops some of those that nobody has dropped for a week, by the machine's time, and the rows of some that were dropped. Forgets those that another instance has dropped.
///
/// # Errors
/// When the database refuses.
pub async fn drop_the_rest(app: &AppState) -> Result<(), ApiError> {
    let now = app.clock.machine_time();
    let known = app.testing.as_ref().map(Testing::organizations).unwrap_or_default();
    let mut connection = app.db.acquire().await?;
    let old = db::due::for_tests_before(&mut connection, now.plus(-longest()), DROPPED_AT_ONCE).await?;
    let still = db::due::not_dropped(&mut connection, &known).await?;
    drop(connection);
    let note = |done: Result<(), ApiError>| {
        // One that cannot be dropped now keeps no other waiting.
        if let Err(error) = done {
            tracing::warn!(error = format!("{error:?}"), "cannot drop an organization that was made for a test");
        }
    };
    for organization in old {
        note(drop_whole(app, organization).await);
    }
    let (before, until) = (now.plus(-calls_end_within()), Instant::now() + DROPPING);
    let mut last = None;
    while Instant::now() < until {
        let next = db::due::dropped_before(&mut *app.db.acquire().await?, before, last, 1).await?.pop();
        let Some(next) = next else { break };
        note(drop_rest(app, next).await);
        last = Some(next);
    }
    for organization in known.into_iter().filter(|known| !still.contains(known)) {
        forget(app, organization);
    }
    Ok(())
}

async fn drop_rest(app: &AppState, organization: OrganizationId) -> Result<(), ApiError> {
    for table in Table::ALL {
        // The connection is somebody else's between two steps.
        while everything::drop_rows(&mut *app.db.acquire().await?, organization, table, ROWS).await?
            == ROWS.unsigned_abs()
        {}
    }
    // Whoever can write to the database may have made some since.
    let keys = everything::drop_keys(&mut *app.db.acquire().await?, organization).await?;
    keys.iter().for_each(|public| app.keys.forget(public));
    everything::drop_organization(&mut *app.db.acquire().await?, organization).await?;
    app.clock.forget(organization);
    forget(app, organization);
    Ok(())
}
