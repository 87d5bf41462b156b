//! Settings of how the server is watched: its metrics.

use std::net::SocketAddr;

use clap::Args;

use super::wrong::Wrong;

/// How the server is watched, as it is given.
#[derive(Args, Debug, Clone, Default)]
pub struct WatchingArgs {
    /// Address and port on which Prometheus gets /metrics, not to be reached from outside; nothing is measured without
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
}

/// How the server is watched.
#[derive(Debug, Clone)]
pub struct Watching {
    /// Where Prometheus gets the metrics; without it nothing is measured.
    pub metrics_listen: Option<SocketAddr>,
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
        Watching { metrics_listen }
    }
}
