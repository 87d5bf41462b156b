//! Moving an organization's time: from moment to moment at which something comes due, so that each thing is done at its
//! time.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use super::{MovedClock, Walked};
use crate::api::due;
use crate::api::testing::controls;
use crate::db::{deliveries, expiries, payments};
use crate::error::ApiError;
use crate::state::AppState;
use crate::testing::clocks::{furthest, move_on};
use crate::types::{OrganizationId, Timestamp};
use crate::webhooks::Held;

/// How long a walk may take before the rest is left to those who do what is due all the time.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long calls that are on their way at the end of that are waited for: no call takes longer.
const CALLS_END_WITHIN: Duration = Duration::from_secs(12);

/// At how many moments a walk stops; what comes due between more than that is done at its end.
const MOMENTS: usize = 1_000;

/// How often due work is done at one moment: as much as each time does in a round of the server.
const ROUNDS: usize = 20;

/// How often it is looked whether gateways have answered.
const LOOK_FOR_ANSWER: Duration = Duration::from_millis(10);

/// Where to.
#[derive(Clone, Copy)]
pub enum To {
    /// A time.
    Time(Timestamp),
    /// So much later.
    Later(TimeDelta),
}

/// Moves an organization's time, and does all that comes due on the way. One at a time for each organization.
///
/// # Errors
/// `InvalidParameters` for a time that has been or is too far ahead, or when the database refuses: then it has moved as
/// far as it got.
pub async fn walk(app: &AppState, organization: OrganizationId, to: To) -> Result<MovedClock, ApiError> {
    let controls = controls(app, organization)?;
    // What somebody else's walk takes counts.
    let until = Instant::now() + PATIENCE;
    let _alone = controls.moving.lock().await;
    let end = ahead_at(app, organization, to)?;
    let mut walked = Walked::default();
    // Otherwise a lease would be over by the moved time while its call is still on its way.
    let held = app.webhooks.hold(organization, until).await;
    match &held {
        Some(held) => {
            work(app, held, until, &mut walked).await?;
            let mut moments = 0;
            while walked.complete {
                let Some(moment) = next_moment(app, organization, end).await? else { break };
                if moments == MOMENTS || Instant::now() >= until {
                    walked.complete = false;
                    break;
                }
                moments += 1;
                land(app, organization, until).await?;
                move_on(app, organization, moment.since(app.clock.machine_time()).min(end)).await?;
                work(app, held, until, &mut walked).await?;
            }
            if !walked.complete {
                // Those that are on their way would be begun once more.
                app.webhooks.rest(held, Instant::now() + CALLS_END_WITHIN).await;
            }
            land(app, organization, until).await?;
            move_on(app, organization, end).await?;
            if walked.complete {
                work(app, held, until, &mut walked).await?;
            }
            // What that is, nobody is told of: it makes no difference when on the way it is done.
            due::forget_of(app, organization).await?;
        }
        None => {
            move_on(app, organization, end).await?;
            walked.complete = false;
        }
    }
    Ok(walked.told(app.clock.now(organization), app.clock.ahead(organization)))
}

/// Waits for gateways that were asked about the organization's payments. Moved under it, a payment would count as one
/// whose gateway never answers.
async fn land(app: &AppState, organization: OrganizationId, until: Instant) -> Result<(), ApiError> {
    while payments::any_in_flight(&mut *app.db.acquire().await?, organization).await? && Instant::now() < until {
        tokio::time::sleep(LOOK_FOR_ANSWER).await;
    }
    Ok(())
}

/// How far ahead of the machine's time the organization will be.
fn ahead_at(app: &AppState, organization: OrganizationId, to: To) -> Result<TimeDelta, ApiError> {
    let ahead = app.clock.ahead(organization);
    let (field, end) = match to {
        To::Time(time) => ("now", time.since(app.clock.machine_time())),
        To::Later(span) => ("seconds", ahead + span),
    };
    let refused = |what: &str| Err(ApiError::InvalidParameters(vec![format!("{field}: {what}")]));
    if end < ahead {
        return refused("must not be before the organization's time: it only goes forwards");
    }
    if end > furthest() {
        return refused("must be at most a hundred years ahead of the real time");
    }
    Ok(end)
}

/// The next moment at which something comes due, before the organization is ahead by so much.
async fn next_moment(
    app: &AppState,
    organization: OrganizationId,
    end: TimeDelta,
) -> Result<Option<Timestamp>, ApiError> {
    let (now, until) = (app.clock.now(organization), app.clock.machine_time().plus(end));
    let connection = &mut *app.db.acquire().await?;
    let mut moments = vec![
        payments::next_due(connection, organization, now, until).await?,
        deliveries::next_due(connection, organization, now, until).await?,
    ];
    for account in expiries::list_asked(connection, organization).await? {
        let expires_at = expiries::next(connection, organization, account).await?;
        // It is told of by its id, which has the milliseconds.
        moments.push(expires_at.map(|expires_at| expires_at.plus(TimeDelta::milliseconds(1))));
    }
    Ok(moments.into_iter().flatten().filter(|moment| *moment > now && *moment <= until).min())
}

/// Does what is due of an organization now.
async fn work(app: &AppState, held: &Held, until: Instant, walked: &mut Walked) -> Result<(), ApiError> {
    let mut rounds = 0;
    loop {
        let done = due::run_of(app, held.organization()).await?;
        walked.note_due(done);
        if done == due::Done::default() {
            break;
        }
        rounds += 1;
        if rounds == ROUNDS || Instant::now() >= until {
            walked.complete = false;
            break;
        }
    }
    walked.note_delivered(app.webhooks.deliver_due_of(held, until).await?);
    Ok(())
}
