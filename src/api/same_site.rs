//! Keeping web pages of others out: a call that needs no keys can be made by any page that a developer looks at.

use axum::extract::FromRequestParts;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use url::{Host, Url};

use crate::error::ApiError;
use crate::state::AppState;

/// What a browser says of where a call comes from, in relation to where it goes.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// That a call does not come from a web page of another site. Pages on this machine are let through, as a test of a web
/// application is one; so is what is no browser.
pub struct SameSite;

impl FromRequestParts<AppState> for SameSite {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let text = |name| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        // A proxy may call the server by another name than browsers do.
        let called = || [text(HOST.as_str()).map(|host| format!("http://{host}")), Some(app.public_url.clone())];
        // Browsers only say the first where they trust the connection, and who sent a POST always.
        let foreign = match (text(SEC_FETCH_SITE), text(ORIGIN.as_str())) {
            (Some("cross-site"), _) => true,
            (Some("same-origin" | "none"), _) | (_, None) => false,
            (_, Some(origin)) => called().into_iter().flatten().all(|called| is_foreign(origin, &called)),
        };
        if foreign { Err(ApiError::CrossSite) } else { Ok(Self) }
    }
}

/// Whether a page's origin is neither on this machine nor on the host that was called.
fn is_foreign(origin: &str, called: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else { return true };
    let called = Url::parse(called).ok();
    let called = called.as_ref().and_then(Url::host);
    match origin.host() {
        Some(Host::Domain("localhost")) => false,
        Some(Host::Ipv4(address)) if address.is_loopback() => false,
        Some(Host::Ipv6(address)) if address.is_loopback() => false,
        host => host.is_none() || host != called,
    }
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn pages_of_this_machine_and_of_the_host_itself_are_not_foreign() {
        for (origin, called) in [
            ("http://localhost:3000", "http://127.0.0.1:7070"),
            ("http://127.0.0.1:3000", ""),
            ("http://[::1]:3000", ""),
            ("https://yuno.test", "http://yuno.test"),
            ("http://yuno.test:3000", "http://YUNO.test:7070"),
        ] {
            assert!(!is_foreign(origin, called), "{origin} calls {called:?}");
        }
        for (origin, called) in [
            ("https://evil.example", "http://127.0.0.1:7070"),
            ("https://localhost.evil.example", "http://localhost:7070"),
            ("https://evil.example", ""),
            ("null", "http://localhost:7070"),
            ("", ""),
            ("file:///", ""),
        ] {
            assert!(is_foreign(origin, called), "{origin} calls {called:?}");
        }
    }
}
