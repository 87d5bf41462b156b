//! `GET /v1/testing/clock`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::seconds;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::Timestamp;

/// An organization's time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestClock {
    /// What time it is.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// How far that is ahead of the real time, in seconds.
    ahead_seconds: f64,
}

refusals!();

/// Retrieve the organization's time
#[utoipa::path(
    get,
    path = "/v1/testing/clock",
    tag = "testing",
    responses(
        (status = 200, description = "The time.", body = TestClock, example = json!({
            "now": "2026-01-15T17:00:00.000000Z", "ahead_seconds": 18_000.0,
        })),
        Refusals,
    ),
)]
pub async fn retrieve_test_clock(State(app): State<AppState>, merchant: Merchant) -> Result<Json<TestClock>, ApiError> {
    let organization = merchant.organization;
    Ok(Json(TestClock { now: app.clock.now(organization), ahead_seconds: seconds(app.clock.ahead(organization)) }))
}
