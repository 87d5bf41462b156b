//! How much the server takes on at a time, and how long it waits for clients.

use std::time::Duration;

use clap::Args;

use super::Wrong;

/// The largest body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The memory that bodies take at most that are still being sent, in bytes: of all clients together.
pub const MAX_ARRIVING_BYTES: usize = 64 * 1024 * 1024;

/// Headers that a request can have; with more it is answered 431.
pub const MAX_HEADERS: usize = 256;

/// The memory that a connection's headers take at most, in bytes, but for what a last read brings; with longer ones it is
/// answered 431.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// How long a client may take to send its headers, and to begin its next request.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to send a body; then 408.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take nothing of an answer.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take, with its body; then 504, while its work goes on to its end.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long requests that run may take to finish when the server stops.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(20);

/// Connections beyond the limit that are told so at a time; more are closed without a word.
pub const TOLD_CONNECTIONS: usize = 64;

/// How long a connection beyond the limit may take to be told so.
pub const TELLING_TIMEOUT: Duration = Duration::from_secs(2);

/// How much is taken on at a time, as it is given.
#[derive(Args, Debug, Clone)]
pub struct LimitArgs {
    /// Connections of clients at most, from 1 to 1000000; more are answered 503 and closed
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "4096")]
    pub max_connections: String,

    /// Requests that are worked on at a time, from 1 to 100000; more are answered 503 at once
    #[arg(long, env = "MAX_REQUESTS", default_value = "256")]
    pub max_requests: String,
}

impl Default for LimitArgs {
    fn default() -> Self {
        let Limits { max_connections, max_requests } = Limits::default();
        Self { max_connections: max_connections.to_string(), max_requests: max_requests.to_string() }
    }
}

/// How much is taken on at a time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections of clients.
    pub max_connections: usize,
    /// Requests that are worked on. Each more than the database can do at a time waits for the others, so this bounds
    /// how long an accepted request can take: what it allows divided by what the server can do in a second.
    pub max_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_connections: 4096, max_requests: 256 }
    }
}

impl LimitArgs {
    /// Checks the settings.
    pub(super) fn check(&self, wrong: &mut Wrong) -> Option<Limits> {
        let connections = wrong.number("MAX_CONNECTIONS (--max-connections)", &self.max_connections, 1..=1_000_000);
        let requests = wrong.number("MAX_REQUESTS (--max-requests)", &self.max_requests, 1..=100_000);
        Some(Limits { max_connections: connections?, max_requests: requests? })
    }
}
