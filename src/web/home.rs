//! `/`: where somebody who has just started the server begins.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::html;

use super::assets::HOME_SCRIPT;
use super::page::Page;
use crate::state::AppState;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/", get(home))
}

async fn home(State(_app): State<AppState>) -> Page<'static> {
    Page { script: Some(&HOME_SCRIPT), ..Page::new("yuno-sessions", "home", html! { main { h1 { "yuno-sessions" } } }) }
}
