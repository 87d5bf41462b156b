//! The API's tests: each on a server and a database of its own, each answer checked against the OpenAPI document.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod admission;
mod audit_log;
mod authentication;
mod bad_input;
mod batch;
mod catalog;
mod checkout_sessions;
mod checkouts;
mod cli;
mod connections;
mod console;
mod customer_sessions;
mod customers;
mod distributed;
mod events;
mod faults;
mod generated;
mod health;
mod icons;
mod idempotency;
mod installments_plans;
mod instances;
mod isolation;
mod journey;
mod keys;
mod layers;
mod metrics;
mod openapi;
mod pages;
mod payment_methods;
mod payments;
mod published;
mod readme;
mod retention;
mod secrets;
mod security_headers;
mod server;
mod simulator;
mod statements;
mod support;
mod testing;
mod tokens;
#[cfg(feature = "otlp")]
mod traces;
mod webhooks;
