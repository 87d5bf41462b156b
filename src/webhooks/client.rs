//! Calling receivers: within a time, without following them elsewhere.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use rustls::ClientConfig;
use rustls::crypto::ring;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::TIME_LIMIT;
use super::address::{self, PublicAddresses, UnsafeAddress};
use crate::types::is_public;

/// How much of a receiver's answer is read and kept.
const KEPT_BYTES: usize = 2_048;

/// How much of an answer with a token is read.
const TOKEN_BYTES: usize = 64 * 1_024;

/// Who calls.
const USER_AGENT: &str = concat!("yuno-sessions/", env!("CARGO_PKG_VERSION"));

/// What came of a call.
#[derive(Debug)]
pub enum Outcome {
    /// The receiver answered.
    Answered {
        /// With which status.
        status: u16,
        /// The beginning of its body.
        body: String,
    },
    /// It did not.
    Unanswered(String),
}

/// How anything is called over TLS: with the roots of webpki-roots, the same on every machine.
///
/// # Errors
/// When there is no version of TLS that both know.
pub fn client_tls() -> Result<ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// What calls receivers.
pub struct Client {
    http: reqwest::Client,
    allow_private: bool,
}

impl Client {
    /// A client that calls public addresses, or any.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(allow_private: bool) -> anyhow::Result<Self> {
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(client_tls()?)
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            // A proxy would find the addresses itself.
            .no_proxy()
            // Sooner than the usual servers close what is idle: a call on a connection that is just closing has failed.
            .pool_idle_timeout(Duration::from_secs(4))
            .pool_max_idle_per_host(8);
        let builder = match allow_private {
            true => builder,
            false => builder.dns_resolver(Arc::new(PublicAddresses)),
        };
        Ok(Self { http: builder.build().context("cannot make a client for webhooks")?, allow_private })
    }

    /// What it calls with.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Checks that a URL may be called.
    ///
    /// # Errors
    /// When it does not lead to public addresses, and others are not allowed.
    pub async fn check(&self, url: &Url) -> Result<(), UnsafeAddress> {
        match self.allow_private {
            true => Ok(()),
            false => address::check(url).await,
        }
    }

    /// Whether tokens may be fetched without TLS: only where everything is on one machine.
    #[must_use]
    pub fn allows_private(&self) -> bool {
        self.allow_private
    }

    /// Posts JSON to a receiver.
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: String) -> Outcome {
        self.call(url, self.http.post(url.clone()).headers(headers).body(body), KEPT_BYTES).await
    }

    /// Posts a form, to get a token.
    pub async fn post_form(&self, url: &Url, headers: HeaderMap, form: &[(&str, &str)]) -> Outcome {
        self.call(url, self.http.post(url.clone()).headers(headers).form(form), TOKEN_BYTES).await
    }

    async fn call(&self, url: &Url, request: RequestBuilder, most: usize) -> Outcome {
        // The client asks for the addresses of names alone.
        if !self.allow_private && address::literal(url).is_some_and(|address| !is_public(address)) {
            return Outcome::Unanswered(UnsafeAddress.to_string());
        }
        let deadline = Instant::now() + TIME_LIMIT;
        match timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => Outcome::Answered {
                status: response.status().as_u16(),
                body: beginning(response, deadline, most).await,
            },
            Ok(Err(error)) => Outcome::Unanswered(reason(&error)),
            Err(_) => Outcome::Unanswered(format!("no answer within {} s", TIME_LIMIT.as_secs())),
        }
    }
}

/// As much of the body as comes in time and is kept. What it says has no bearing.
async fn beginning(mut response: Response, deadline: Instant, most: usize) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < most
        && let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await
    {
        bytes.extend_from_slice(&chunk[..chunk.len().min(most - bytes.len())]);
    }
    String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")
}

/// What went wrong at the root of it, without the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let kind = if error.is_connect() { "cannot connect" } else { "the call failed" };
    format!("{kind}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// The clock moves on whenever nothing else does.
    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_hangs_is_given_up_after_ten_seconds() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let begun = Instant::now();
        let outcome = Client::new(true).unwrap().post(&url, HeaderMap::new(), String::new()).await;
        assert!(matches!(outcome, Outcome::Unanswered(problem) if problem == "no answer within 10 s"));
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
}
