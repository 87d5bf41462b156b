//! `POST /v1/testing/clock/advance`

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;

use super::walk::{To, walk};
use super::{MovedClock, example_moved};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::input::{Body, Whole, input};
use crate::state::AppState;
use crate::testing::clocks::MOST_DAYS;

input! {
    /// A span of time: the sum of what is sent, of which there must be something.
    pub struct AdvanceTestClock {
        /// Days.
        optional days: Whole<0, MOST_DAYS>,
        /// Hours.
        optional hours: Whole<0, { MOST_DAYS * 24 }>,
        /// Minutes.
        optional minutes: Whole<0, { MOST_DAYS * 24 * 60 }>,
        /// Seconds.
        optional seconds: Whole<0, { MOST_DAYS * 24 * 3_600 }>,
        /// Milliseconds.
        optional milliseconds: Whole<0, { MOST_DAYS * 24 * 3_600_000 }>,
    }
}

refusals!();

/// Advance the organization's time
///
/// By any span, up to a hundred years altogether. What comes due on the way is done when this answers, each thing at its
/// time and in its order: payments run out, expired sessions are told of, webhooks are tried, again and again. After
/// 20 seconds, or a thousand moments, the time is set all the same and the rest goes on after that: `complete` is `false`.
/// By nothing, it does what is due now.
#[utoipa::path(
    post,
    path = "/v1/testing/clock/advance",
    tag = "testing",
    request_body(content = AdvanceTestClock, example = json!({"hours": 5, "minutes": 1})),
    responses(
        (status = 200, description = "The time, and what was done.", body = MovedClock, example = json!(example_moved())),
        Refusals,
    ),
)]
pub async fn advance_test_clock(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: sent, .. }: Body<AdvanceTestClock>,
) -> Result<Json<MovedClock>, ApiError> {
    let spans = [
        sent.days.map(|Whole(days)| TimeDelta::days(days)),
        sent.hours.map(|Whole(hours)| TimeDelta::hours(hours)),
        sent.minutes.map(|Whole(minutes)| TimeDelta::minutes(minutes)),
        sent.seconds.map(|Whole(seconds)| TimeDelta::seconds(seconds)),
        sent.milliseconds.map(|Whole(milliseconds)| TimeDelta::milliseconds(milliseconds)),
    ];
    if spans.iter().all(Option::is_none) {
        let message = "seconds: is required, or days, hours, minutes or milliseconds".to_owned();
        return Err(ApiError::MissingParameters(vec![message]));
    }
    let span = spans.into_iter().flatten().sum();
    Ok(Json(walk(&app, merchant.organization, To::Later(span)).await?))
}
