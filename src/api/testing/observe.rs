//! Around every call but those under `/v1/testing`, where test controls are on: what goes wrong with it as a test has
//! decided, and the log of what was sent and answered.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;

use super::PREFIX;
use crate::api::auth::{self, PRIVATE_SECRET_KEY};
use crate::error::ApiError;
use crate::state::AppState;
use crate::testing::Testing;
use crate::testing::faults::{Wrong, code_of};
use crate::testing::log::{Entry, kept_body, kept_text};
use crate::types::OrganizationId;

/// Headers that are logged: none with a secret.
const HEADERS: [&str; 9] = [
    "accept",
    "content-type",
    "origin",
    "public-api-key",
    "traceparent",
    "user-agent",
    "x-account-code",
    "x-idempotency-key",
    "x-request-id",
];

/// Lets a call of an organization whose keys are right go wrong, if a test has decided that, and logs it.
pub(in crate::api) async fn observe(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned()).unwrap_or_default();
    let Some(testing) = app.testing.as_ref().filter(|_| !route.starts_with(PREFIX)) else {
        return next.run(request).await;
    };
    let Some(organization) = auth::organization_of(request.headers(), &app).await else {
        return next.run(request).await;
    };
    match observed(&app, testing, organization, route, request, next).await {
        Ok(response) => response,
        Err(error) => ApiError::Internal(error.into()).into_response(),
    }
}

async fn observed(
    app: &AppState,
    testing: &Testing,
    organization: OrganizationId,
    route: String,
    request: Request,
    next: Next,
) -> Result<Response, axum::Error> {
    let (begun, at) = (Instant::now(), app.clock.now(organization));
    let wrong = testing.take_fault(organization, request.method(), &route);
    // All of it has arrived, and is as small as it may be.
    let (parts, body) = request.into_parts();
    let sent = to_bytes(body, usize::MAX).await?;
    let mut entry = Entry {
        at,
        method: parts.method.to_string(),
        path: kept_text(parts.uri.path_and_query().map_or("", |path| path.as_str())),
        route,
        headers: headers(&parts.headers),
        with_secret: parts.headers.contains_key(PRIVATE_SECRET_KEY),
        body: kept_body(&sent),
        status: 0,
        answer: serde_json::Value::Null,
        milliseconds: 0.0,
        fault: wrong.map(Wrong::as_str),
    };
    let request = Request::from_parts(parts, Body::from(sent));
    let response = match wrong {
        Some(Wrong::Answered(status, retry_after)) => {
            ApiError::Forced { status, code: code_of(status), retry_after }.into_response()
        }
        Some(Wrong::Delayed(span)) => {
            tokio::time::sleep(span).await;
            next.run(request).await
        }
        Some(Wrong::CutOff) | None => next.run(request).await,
    };
    let (parts, body) = response.into_parts();
    let answered = to_bytes(body, usize::MAX).await?;
    entry.status = parts.status.as_u16();
    entry.answer = kept_body(&answered);
    entry.milliseconds = begun.elapsed().as_micros() as f64 / 1_000.0;
    testing.log().add(organization, entry);
    Ok(match wrong {
        Some(Wrong::CutOff) => (StatusCode::OK, Body::new(CutOff)).into_response(),
        _ => Response::from_parts(parts, Body::from(answered)),
    })
}

fn headers(sent: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &&str| sent.get(*name).and_then(|value| value.to_str().ok()).map(kept_text);
    HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect()
}

/// A body that breaks before its first byte: the connection is closed, and not even the status was sent.
struct CutOff;

impl HttpBody for CutOff {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("a test asked for this connection to end"))))
    }
}
