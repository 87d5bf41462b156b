//! `/checkout/{checkout_session}`: the hosted checkout.

use axum::Router;

use crate::state::AppState;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
}
