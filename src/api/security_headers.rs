//! What every answer tells browsers not to do with it.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::Response;

/// What every answer has unless it says otherwise itself.
static OF_ANSWERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    // An answer can have personal data.
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // It is data: nothing in it is to be run, loaded or shown inside of a page.
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// What the documentation's pages have. Their scripts come from here and call nobody else; their styles are partly set
/// where they are used, and their icons are in their styles.
static OF_DOCUMENTATION: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
];

/// A year without anything but TLS, once a browser was here.
static TLS_ONLY: [(HeaderName, HeaderValue); 1] =
    [(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"))];

/// Adds to an answer what it does not say itself.
pub fn to_answer(response: Response) -> Response {
    with(response, &OF_ANSWERS)
}

/// Adds to an answer what it does not say itself, where clients reach the server by TLS.
pub fn to_tls_answer(response: Response) -> Response {
    with(with(response, &OF_ANSWERS), &TLS_ONLY)
}

/// Adds to a page of the documentation what it does not say itself.
pub fn to_documentation(response: Response) -> Response {
    with(response, &OF_DOCUMENTATION)
}

fn with(mut response: Response, headers: &[(HeaderName, HeaderValue)]) -> Response {
    for (name, value) in headers {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_what_they_say_themselves_and_ask_for_tls_only_where_there_is_tls() {
        let mut response = Response::default();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public"));
        let headers = to_answer(response).headers().clone();
        assert_eq!((headers.len(), &headers[CACHE_CONTROL]), (4, &HeaderValue::from_static("public")));
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert!(to_tls_answer(Response::default()).headers().contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
