//! How far organizations are ahead of the machine's time: kept in the database, and known to the clock.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;

use crate::db::{self, organizations};
use crate::state::AppState;
use crate::types::OrganizationId;

/// How long it takes until an instance knows that another has moved an organization.
const FOLLOWED_EVERY: Duration = Duration::from_secs(1);

/// Organizations that can be moved: more than can be made for tests.
const MOST: i64 = 100_000;

/// Days that fit into a hundred years.
pub const MOST_DAYS: i64 = 36_525;

/// The furthest that an organization can be ahead.
#[must_use]
pub const fn furthest() -> TimeDelta {
    TimeDelta::days(MOST_DAYS)
}

/// Tells the clock which organizations were moved.
///
/// # Errors
/// When the database refuses.
pub async fn load(app: &AppState) -> sqlx::Result<()> {
    let known = app.clock.moved();
    let moved = db::due::moved(&mut *app.db.acquire().await?, MOST).await?;
    // Who was moved since is none of these.
    let still: HashSet<_> = moved.iter().map(|(organization, _)| *organization).collect();
    for gone in known.difference(&still) {
        app.clock.forget(*gone);
    }
    for (organization, ahead) in moved {
        app.clock.move_on(organization, ahead);
    }
    Ok(())
}

/// [Loads](load) all the time, until the database is closed: others may move organizations too.
pub async fn follow(app: AppState) {
    let mut interval = tokio::time::interval(FOLLOWED_EVERY);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = app.db.close_event() => return,
        }
        if let Err(error) = app.db.tenure().bound(load(&app)).await {
            tracing::debug!(%error, "cannot ask how far organizations are ahead");
        }
    }
}

/// Moves an organization's time on, so that it is ahead by so much, unless it is by more.
///
/// # Errors
/// When the database refuses.
pub async fn move_on(app: &AppState, organization: OrganizationId, ahead: TimeDelta) -> sqlx::Result<()> {
    let moved = organizations::move_on(&mut *app.db.acquire().await?, organization, ahead).await?;
    if let Some(ahead) = moved {
        app.clock.move_on(organization, ahead);
    }
    Ok(())
}
