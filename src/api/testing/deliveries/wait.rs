//! `POST /v1/testing/deliveries/wait`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::state::AppState;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of waiting.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestDeliveries {
    /// Calls of webhooks and callback addresses that were begun for it.
    deliveries_tried: u64,
    /// Whether nothing that is due is left. Otherwise a receiver took too long, and its call goes on.
    complete: bool,
}

refusals!();

/// Wait until what is due was delivered
///
/// When it answers, everything that had happened before it was told to the webhooks that ask for it, or tried at least:
/// for 20 seconds at most. What it told, and what it would have told if there were a receiver, `GET /v1/events` has.
#[utoipa::path(
    post,
    path = "/v1/testing/deliveries/wait",
    tag = "testing",
    responses(
        (status = 200, description = "What was done.", body = TestDeliveries, example = json!({
            "deliveries_tried": 2, "complete": true,
        })),
        Refusals,
    ),
)]
pub async fn wait_for_test_deliveries(
    State(app): State<AppState>,
    merchant: Merchant,
) -> Result<Json<TestDeliveries>, ApiError> {
    let organization = merchant.organization;
    let controls = controls(&app, organization)?;
    let until = Instant::now() + PATIENCE;
    let Ok(_alone) = timeout_at(until, controls.moving.lock()).await else {
        return Ok(Json(TestDeliveries { deliveries_tried: 0, complete: false }));
    };
    let Some(held) = app.webhooks.hold(organization, until).await else {
        return Ok(Json(TestDeliveries { deliveries_tried: 0, complete: false }));
    };
    let delivered = app.webhooks.deliver_due_of(&held, until).await?;
    Ok(Json(TestDeliveries { deliveries_tried: delivered.tried as u64, complete: delivered.complete }))
}
