//! `GET /v1/testing/faults`

use axum::Json;
use axum::extract::State;

use super::{TestFault, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::state::AppState;

refusals!();

/// List the faults that wait
///
/// In the order in which they are used. One that was used as often as it stands for is not there any more.
#[utoipa::path(
    get,
    path = "/v1/testing/faults",
    tag = "testing",
    responses((status = 200, description = "The faults.", body = [TestFault], example = json!([example()])), Refusals),
)]
pub async fn list_test_faults(
    State(app): State<AppState>,
    merchant: Merchant,
) -> Result<Json<Vec<TestFault>>, ApiError> {
    let controls = controls(&app, merchant.organization)?;
    let faults = controls.faults();
    Ok(Json(faults.list().iter().cloned().map(Into::into).collect()))
}
