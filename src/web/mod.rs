//! Pages for people: home, the hosted checkout and the console. They are drawn here, and what they show and do comes from
//! the API, called [from the inside](inside): a page can do what a client with the same keys can, and nothing else. Only key
//! pairs are made and revoked by the console itself, and the simulated provider, which is no client of ours, decides by
//! itself.

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
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::html;

use crate::error::ErrorBody;
use crate::state::AppState;
use inside::Inside;
use page::Page;
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

/// A refusal as a page: who looks at pages reads no JSON.
pub async fn as_page(mut response: Response) -> Response {
    let Some(body) = response.extensions_mut().remove::<ErrorBody>() else { return response };
    let inside = html! {
        main.narrow {
            h1 { (body.code) }
            @for message in &body.messages { p { (message) } }
        }
    };
    let page = Page { status: response.status(), ..Page::new(&body.code, "console", inside) }.into_response();
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_TYPE);
    let (mut parts, body) = page.into_parts();
    headers.extend(std::mem::take(&mut parts.headers));
    parts.headers = headers;
    Response::from_parts(parts, body)
}
