//! `GET /v1/customers/sessions/{customer_session}`

use axum::Json;
use axum::extract::State;

use super::CustomerSession;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::customer_sessions;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CustomerSessionId;

refusals!(ApiError::CustomerSessionNotFound);

/// Retrieve a customer session
///
/// Also one that has expired: its `status` says so. This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/customers/sessions/{customer_session}",
    tag = "customer sessions",
    params(("customer_session" = String, Path, description = "Id of the session.")),
    responses((status = 200, description = "The session.", body = CustomerSession, example = json!(super::example())), Refusals),
)]
pub async fn retrieve_customer_session(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<CustomerSession>, ApiError> {
    let id = CustomerSessionId::parse(&id).map_err(|_| ApiError::CustomerSessionNotFound)?;
    let session = customer_sessions::find(&mut *app.db.acquire().await?, merchant.organization, id).await?;
    let session = session.ok_or(ApiError::CustomerSessionNotFound)?;
    Ok(Json(CustomerSession::new(session, app.clock.now(merchant.organization))))
}
