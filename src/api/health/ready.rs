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
    // On a task of its own, which runs to its end: a connection must not be left in the middle of a statement.
    let asked = tokio::spawn(async move { db::ping(&mut *app.db.acquire().await?).await });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer?,
        Ok(Err(error)) => return Err(ApiError::Internal(error.into())),
        Err(_) => return Err(ApiError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
    Ok(Json(Health { status: "UP" }))
}
