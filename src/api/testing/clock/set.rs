//! `PUT /v1/testing/clock`

use axum::Json;
use axum::extract::State;

use super::walk::{To, walk};
use super::{MovedClock, example_moved};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::input::{Body, input};
use crate::state::AppState;
use crate::types::Timestamp;

input! {
    /// A time.
    pub struct SetTestClock {
        /// What time it is from now on: not before what it is now, and at most a hundred years ahead.
        required now: Timestamp,
    }
}

refusals!();

/// Set the organization's time
///
/// From there it runs on. It only goes forwards: what has expired or was told does not come back; a new organization has
/// the real time. What comes due on the way is done when this answers, as with an advance.
#[utoipa::path(
    put,
    path = "/v1/testing/clock",
    tag = "testing",
    request_body(content = SetTestClock, example = json!({"now": "2027-01-15T17:00:00Z"})),
    responses(
        (status = 200, description = "The time, and what was done.", body = MovedClock, example = json!(example_moved())),
        Refusals,
    ),
)]
pub async fn set_test_clock(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: sent, .. }: Body<SetTestClock>,
) -> Result<Json<MovedClock>, ApiError> {
    Ok(Json(walk(&app, merchant.organization, To::Time(sent.now)).await?))
}
