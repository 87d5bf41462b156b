//! Settings of how the server is watched: its metrics and traces.

use std::net::SocketAddr;

use clap::Args;

use super::wrong::Wrong;

/// How the server is watched, as it is given.
#[derive(Args, Debug, Clone, Default)]
pub struct WatchingArgs {
    /// Address and port on which Prometheus gets /metrics, not to be reached from outside; nothing is measured without
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<String>,

    /// Collector of OpenTelemetry that gets traces over HTTP, such as <http://localhost:4318>
    #[cfg(feature = "otlp")]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,

    /// Which part of the requests is traced, from 0 to 1 [default: 0.01]
    #[cfg(feature = "otlp")]
    #[arg(long, env = "OTLP_SAMPLE_RATIO")]
    pub otlp_sample_ratio: Option<String>,
}

/// Which part of the requests is traced, unless another is given.
#[cfg(feature = "otlp")]
const SAMPLE_RATIO: f64 = 0.01;

/// How the server is watched.
#[derive(Debug, Clone)]
pub struct Watching {
    /// Where Prometheus gets the metrics; without it nothing is measured.
    pub metrics_listen: Option<SocketAddr>,
    /// The collector that gets traces; without it there are none.
    #[cfg(feature = "otlp")]
    pub otlp_endpoint: Option<String>,
    /// Which part of the requests is traced, from 0 to 1.
    #[cfg(feature = "otlp")]
    pub otlp_sample_ratio: f64,
}

impl WatchingArgs {
    /// Checks the settings, beside where the API listens.
    pub(super) fn check(&self, listen: Option<SocketAddr>, wrong: &mut Wrong) -> Watching {
        const METRICS_LISTEN: &str = "METRICS_LISTEN (--metrics-listen)";
        let given = self.metrics_listen.as_deref().filter(|address| !address.is_empty());
        let metrics_listen = given.and_then(|address| {
            wrong.read(METRICS_LISTEN, address, "must be an IP address with a port, such as 127.0.0.1:9090")
        });
        if metrics_listen.is_some() && metrics_listen == listen && listen.is_some_and(|address| address.port() != 0) {
            wrong.note(METRICS_LISTEN, "must be another address than LISTEN: metrics are not for callers of the API");
        }
        Watching {
            metrics_listen,
            #[cfg(feature = "otlp")]
            otlp_endpoint: self.otlp_endpoint(wrong),
            #[cfg(feature = "otlp")]
            otlp_sample_ratio: self.otlp_sample_ratio(wrong),
        }
    }

    #[cfg(feature = "otlp")]
    fn otlp_endpoint(&self, wrong: &mut Wrong) -> Option<String> {
        let endpoint = self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())?;
        if !url::Url::parse(endpoint).is_ok_and(|url| ["http", "https"].contains(&url.scheme())) {
            wrong.note("OTEL_EXPORTER_OTLP_ENDPOINT (--otlp-endpoint)", "must be an http or https address");
        }
        Some(endpoint.to_owned())
    }

    #[cfg(feature = "otlp")]
    fn otlp_sample_ratio(&self, wrong: &mut Wrong) -> f64 {
        let given = self.otlp_sample_ratio.as_deref().filter(|ratio| !ratio.is_empty());
        let ratio = given.and_then(|ratio| {
            let ratio = ratio.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            wrong.unless("OTLP_SAMPLE_RATIO (--otlp-sample-ratio)", ratio.ok_or("must be a number from 0 to 1"))
        });
        ratio.unwrap_or(SAMPLE_RATIO)
    }
}
