//! `GET /assets/{asset}`: the style sheet and the scripts of the pages, compiled in. An address has a digest of what it
//! leads to, so that browsers keep it for good.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::error::ApiError;
use crate::input::PathParameters;
use crate::keys::sha256;
use crate::state::AppState;

/// What pages are made of besides themselves.
pub struct Asset {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
    digest: String,
}

macro_rules! assets {
    ($($name:ident = $file:literal, $content_type:literal;)*) => {
        $(pub static $name: LazyLock<Asset> =
            LazyLock::new(|| Asset::new($file, $content_type, include_str!(concat!("assets/", $file))));)*

        fn all() -> impl Iterator<Item = &'static Asset> {
            [$(&*$name),*].into_iter()
        }
    };
}

assets! {
    STYLE = "style.css", "text/css; charset=utf-8";
    CHECKOUT_SCRIPT = "checkout.js", "text/javascript; charset=utf-8";
    CONSOLE_SCRIPT = "console.js", "text/javascript; charset=utf-8";
    HOME_SCRIPT = "home.js", "text/javascript; charset=utf-8";
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, text: &'static str) -> Self {
        let digest = sha256(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { name, content_type, text, digest }
    }

    /// Its path on this server.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/assets/{}/{}", self.digest, self.name)
    }
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/assets/{digest}/{asset}", get(asset))
}

/// What an address with another digest leads to is what this version has: while servers are replaced, a page of one asks
/// the other.
async fn asset(PathParameters(digest, name): PathParameters) -> Result<Response, ApiError> {
    let found = all().find(|asset| asset.name == name).ok_or(ApiError::NotFound)?;
    let kept = match found.digest == digest {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    Ok(([(CONTENT_TYPE, found.content_type), (CACHE_CONTROL, kept)], found.text).into_response())
}
