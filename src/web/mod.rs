//! Pages for people: home, the hosted checkout and the console. They are drawn here, and what they show and do comes from
//! the API, called [from the inside](inside): a page can do what a client with the same keys can, and nothing else. Only the
//! simulated provider, which is no client of ours, decides by itself.

mod assets;
mod checkout;
mod console;
mod form;
mod home;
pub mod inside;
mod language;
mod money;
mod page;
mod safe;
mod simulator;

use axum::Router;
use axum::extract::Extension;

use crate::state::AppState;
use inside::Inside;
pub use simulator::routes as simulator_routes;

/// The pages, with the API that they call.
pub fn routes(inside: Inside) -> Router<AppState> {
    Router::new()
        .merge(home::routes())
        .merge(checkout::routes())
        .merge(console::routes())
        .merge(assets::routes())
        .layer(Extension(inside))
}
