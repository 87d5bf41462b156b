//! `GET /health/ready`

use std::time::Duration;

use axum::Json;
use axum::extract::State;

use super::Health;
use crate::api::document::refusals;
use crate::db;
use crate::error::ApiError;
use crate::state::AppState;

/// How long the database may take to give a sign of life.
const PATIENCE: Duration = Duration::from_secs(2);

refusals!(ApiError::Unavailable(sqlx::Error::PoolTimedOut));

/// Tell whether the server can serve
///
/// Asks the database, for at most two seconds. Needs no keys.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "server",
    security(()),
    responses((status = 200, description = "It can.", body = Health, example = json!({"status": "UP"})), Refusals),
)]
pub async fn ready(State(app): State<AppState>) -> Result<Json<Health>, ApiError> {
    let asked = async { db::ping(&mut *app.db.acquire().await?).await };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(ApiError::Unavailable)?;
    Ok(Json(Health { status: "UP" }))
}
