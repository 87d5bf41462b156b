//! `/console`: for a developer or an operator, signed in with a key pair.

mod accounts;
mod activity;
mod chart;
mod checkouts;
mod connections;
mod draw;
mod frame;
mod list;
mod live;
mod overview;
mod payments;
mod requests;
mod sessions;
mod sign_in;
mod testing;
mod webhooks;

use axum::Router;
use axum::routing::any;

use crate::error::ApiError;
use crate::state::AppState;

/// The console's pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(sign_in::routes())
        .merge(overview::routes())
        .merge(sessions::routes())
        .merge(payments::routes())
        .merge(accounts::routes())
        .merge(connections::routes())
        .merge(checkouts::routes())
        .merge(webhooks::routes())
        .merge(requests::routes())
        .merge(testing::routes())
        .merge(live::routes())
        .route("/console/", any(nowhere))
        .route("/console/{*rest}", any(nowhere))
}

async fn nowhere() -> ApiError {
    ApiError::NotFound
}
