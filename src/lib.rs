//! An open server for the sessions API of the Yuno payment orchestrator.
//!
//! One rule answers "where is X": method and path lead to `src/api/<resource>/<verb>.rs`, its SQL to
//! `src/db/<resource>.rs`, its tests to `tests/api/<resource>/<verb>.rs`.

/// A fifth of a request's own time would go to the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What accounts offer and which installments plans they have, as it was read a moment ago.
pub mod accounts;
/// How many requests are worked on at a time.
pub mod admission;
/// What clients see: routes, authentication, idempotency, the OpenAPI document.
pub mod api;
/// The rule that says which methods a session offers. Pure.
pub mod availability;
/// What providers offer, where and in which currency.
pub mod catalog;
/// Checkouts as a merchant shapes them. Pure.
pub mod checkout;
/// The commands.
pub mod cli;
/// What time it is.
pub mod clock;
/// Every setting; all bad values are reported at once.
pub mod config;
/// The database: SQL and nothing else.
pub mod db;
/// The demo organization.
pub mod demo;
/// The embedded PostgreSQL.
#[cfg(feature = "embedded")]
pub mod embedded;
/// What a request can be refused with, and the only place where that becomes HTTP.
pub mod error;
/// Fingerprints of cards.
pub mod fingerprint;
/// Who decides what a transaction comes to.
pub mod gateway;
/// Reading requests: every wrong field named in one answer.
pub mod input;
/// Which installments plan applies to a purchase, and what its instalments cost. Pure.
pub mod installments;
/// How many calls a key may make.
pub mod key_limit;
/// Key pairs: how they are made and kept, and keys that were looked up a moment ago.
pub mod keys;
/// What the outcome of a transaction makes of its payment. Pure.
pub mod lifecycle;
/// What is counted and measured, for those who watch the server.
pub mod metrics;
/// What was read a moment ago and need not be read for each request.
pub mod remembered;
/// Dropping what is old.
pub mod retention;
/// Accepting connections.
pub mod server;
/// Being told to stop.
pub mod shutdown;
/// What every request can reach.
pub mod state;
/// Answers that stay open for a while.
pub mod streams;
/// Logs and request ids.
pub mod telemetry;
/// Test controls: what an integration test decides for the organization that it works with.
pub mod testing;
/// Serving over TLS.
pub mod tls;
/// Traces for OpenTelemetry.
#[cfg(feature = "otlp")]
pub mod traces;
/// Values with rules and no I/O.
pub mod types;
/// Telling merchants what happened.
pub mod web;
pub mod webhooks;
