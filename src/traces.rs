//! Traces for OpenTelemetry: one span for each request that is chosen, sent to a collector over OTLP.
//!
//! A span is made when its request is over, from what the request's log line says. So nothing follows a request on its
//! way, and one that is not chosen costs the choice. It is made by chance: that the caller traces its own, and under
//! which id, does not decide what tracing costs here.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use axum::http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use reqwest::redirect::Policy;
use uuid::Uuid;

use crate::config::Watching;
use crate::types::OrganizationId;
use crate::webhooks::client_tls;

/// How long the collector may take to take some spans.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Where collectors take spans, below their address.
const PATH: &str = "/v1/traces";

/// What makes spans, once traces are wanted, and of what part of the requests.
static TRACER: OnceLock<(SdkTracer, f64)> = OnceLock::new();

/// That traces are sent.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins to send traces, where that is wanted. Spans wait in a queue of 2,048 and are sent on a thread of their own;
    /// when the collector is away or too slow, those that find no room are dropped.
    ///
    /// # Errors
    /// When what sends them cannot be made. A collector that is away is no error.
    pub fn start(watching: &Watching) -> anyhow::Result<Self> {
        let Some(endpoint) = watching.otlp_endpoint.clone() else { return Ok(Self(None)) };
        let endpoint = match endpoint.ends_with(PATH) {
            true => endpoint,
            false => format!("{}{PATH}", endpoint.trim_end_matches('/')),
        };
        // A client that blocks brings a runtime of its own, which cannot be made within another one.
        let client = std::thread::spawn(|| {
            let client = reqwest::blocking::Client::builder()
                .tls_backend_preconfigured(client_tls()?)
                .timeout(TIME_LIMIT)
                .redirect(Policy::none());
            client.build().context("cannot make a client for traces")
        });
        let client = client.join().map_err(|_| anyhow::anyhow!("cannot make a client for traces"))??;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .with_timeout(TIME_LIMIT)
            .build()
            .context("cannot send traces")?;
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(env!("CARGO_PKG_NAME")).build())
            // Only what is chosen already becomes a span.
            .with_sampler(Sampler::AlwaysOn)
            .with_batch_exporter(exporter)
            .build();
        // Only a second server in the same process finds one, and then its spans go where the first one's do.
        let _ = TRACER.set((provider.tracer(env!("CARGO_PKG_NAME")), watching.otlp_sample_ratio));
        Ok(Self(Some(provider)))
    }

    /// Sends what is left, as far as that goes within some seconds.
    pub async fn end(self) {
        let Some(provider) = self.0 else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(TIME_LIMIT)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "some traces were not sent");
        }
    }
}

/// A request that becomes a span.
pub struct Traced {
    began: SystemTime,
    parent: Context,
}

/// What a span says of its request.
pub struct Request<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its method.
    pub method: &'a Method,
    /// The template of its route.
    pub route: Option<&'a str>,
    /// The status of its answer.
    pub status: u16,
    /// Whose it was.
    pub organization: Option<&'a OrganizationId>,
}

impl Traced {
    /// Begins, where traces are sent and this request is chosen, with the caller's span as the parent.
    pub fn begin(headers: &HeaderMap) -> Option<Self> {
        let (_, ratio) = TRACER.get()?;
        // The first half of a random id, as a part of all that it can be.
        if Uuid::new_v4().as_u64_pair().0 as f64 / u64::MAX as f64 >= *ratio && *ratio < 1.0 {
            return None;
        }
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        let began = SystemTime::now();
        Some(Self { began, parent })
    }

    /// Makes the span of a request that is over.
    pub fn end(&self, request: &Request<'_>) {
        let Some((tracer, _)) = TRACER.get() else { return };
        let route = request.route.map_or(Cow::Borrowed("other"), |route| Cow::Owned(route.to_owned()));
        let mut attributes = vec![
            KeyValue::new("http.request.method", request.method.as_str().to_owned()),
            KeyValue::new("http.response.status_code", i64::from(request.status)),
            KeyValue::new("http.route", route.clone()),
            KeyValue::new("request_id", request.id.to_owned()),
        ];
        if let Some(organization) = request.organization {
            attributes.push(KeyValue::new("organization", organization.to_string()));
        }
        let span = SpanBuilder::from_name(format!("{} {route}", request.method))
            .with_kind(SpanKind::Server)
            .with_start_time(self.began)
            .with_attributes(attributes);
        let mut span = tracer.build_with_context(span, &self.parent);
        if request.status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// Headers, as they are read for their `traceparent`.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
