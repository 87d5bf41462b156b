//! Logs: one line for each request, and never a key, a body or personal data.

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, Span};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use uuid::Uuid;

use crate::config::LogFormat;
use crate::metrics::{Begun, Metrics};
#[cfg(feature = "otlp")]
use crate::traces::{self, Traced};
use crate::types::OrganizationId;

/// Header with the request's id: the client's, or one that is made here.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken from a client.
const MAX_REQUEST_ID: usize = 128;

/// Starts writing logs to standard error. `RUST_LOG` chooses what is written.
pub fn start(format: LogFormat) {
    // By target and level only: filters that can look into spans do so at every step of every request.
    let usual = || Targets::new().with_default(LevelFilter::WARN).with_target("yuno_sessions", LevelFilter::INFO);
    let chosen = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = chosen.and_then(|filter| filter.parse().ok()).unwrap_or_else(usual);
    let lines =
        tracing_subscriber::fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let logs = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => logs.with(lines).init(),
        LogFormat::Json => {
            logs.with(lines.json().flatten_event(true).with_current_span(true).with_span_list(false)).init();
        }
    }
}

/// What the request's log line learns on the way.
#[derive(Clone, Default)]
pub struct RequestRecord(Arc<OnceLock<OrganizationId>>);

impl RequestRecord {
    /// Notes the organization whose keys came with the request.
    pub fn set_organization(&self, organization: OrganizationId) {
        // A request is authenticated once; a second time would say the same.
        let _ = self.0.set(organization);
    }
}

/// Gives each request an id, answers it back, measures it, and logs one line: method, route template, status,
/// milliseconds and organization.
pub async fn log_request(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let record = RequestRecord::default();
    request.extensions_mut().insert(record.clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    #[cfg(feature = "otlp")]
    let traced = Traced::begin(request.headers());
    let mut line = LogLine {
        started: Instant::now(),
        method: request.method().clone(),
        measured: metrics.begin(route.as_ref().map(MatchedPath::as_str)),
        route,
        record,
        status: CLIENT_WENT_AWAY,
        #[cfg(feature = "otlp")]
        traced: traced.map(|traced| (traced, id.clone())),
        span: tracing::info_span!("request", request_id = id.to_str().unwrap_or_default()),
    };
    let mut response = next.run(request).instrument(line.span.clone()).await;
    line.status = response.status().as_u16();
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// What is logged of a request whose client did not wait for the answer: the status that proxies log for it.
const CLIENT_WENT_AWAY: u16 = 499;

/// A request's line, written when the request is over, however that comes.
struct LogLine {
    started: Instant,
    method: Method,
    route: Option<MatchedPath>,
    measured: Option<Begun>,
    record: RequestRecord,
    status: u16,
    #[cfg(feature = "otlp")]
    traced: Option<(Traced, HeaderValue)>,
    span: Span,
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        if let Some(measured) = &self.measured {
            measured.ended(&self.method, self.status, took);
        }
        #[cfg(feature = "otlp")]
        if let Some((traced, id)) = &self.traced {
            traced.end(&traces::Request {
                id: id.to_str().unwrap_or_default(),
                method: &self.method,
                route: self.route.as_ref().map(MatchedPath::as_str),
                status: self.status,
                organization: self.record.0.get(),
            });
        }
        let _entered = self.span.enter();
        tracing::info!(
            method = %self.method,
            route = self.route.as_ref().map_or("-", MatchedPath::as_str),
            status = self.status,
            milliseconds = took.as_micros() as f64 / 1000.0,
            organization = self.record.0.get().map(tracing::field::display),
            "request"
        );
    }
}

/// The client's id when it is short and printable, so that it can be put in a log line, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.as_bytes().iter().all(u8::is_ascii_graphic))
        .cloned()
        .unwrap_or_else(|| HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("-")))
}
