//! `/console/live`

use axum::Router;

use crate::state::AppState;

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
}
