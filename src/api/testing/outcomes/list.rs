//! `GET /v1/testing/outcomes`

use axum::Json;
use axum::extract::State;

use super::{TestOutcome, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::state::AppState;

refusals!();

/// List the outcomes that wait
///
/// In the order in which they are used. One that was used as often as it stands for is not there any more.
#[utoipa::path(
    get,
    path = "/v1/testing/outcomes",
    tag = "testing",
    responses((status = 200, description = "The outcomes.", body = [TestOutcome], example = json!([example()])), Refusals),
)]
pub async fn list_test_outcomes(
    State(app): State<AppState>,
    merchant: Merchant,
) -> Result<Json<Vec<TestOutcome>>, ApiError> {
    let controls = controls(&app, merchant.organization)?;
    let outcomes = controls.outcomes();
    Ok(Json(outcomes.list().iter().cloned().map(Into::into).collect()))
}
