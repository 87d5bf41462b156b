//! `GET /health/live`

use axum::Json;

use super::Health;
use crate::api::document::refusals;

refusals!();

/// Tell whether the server runs
///
/// Asks nothing else. Needs no keys.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "server",
    security(()),
    responses((status = 200, description = "It runs.", body = Health, example = json!({"status": "UP"})), Refusals),
)]
pub async fn live() -> Json<Health> {
    Json(Health { status: "UP" })
}
