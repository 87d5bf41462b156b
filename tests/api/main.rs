//! The API's tests: each on a server and a database of its own, each answer checked against the OpenAPI document.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod authentication;
mod bad_input;
mod batch;
mod catalog;
mod checkout_sessions;
mod cli;
mod connections;
mod customer_sessions;
mod customers;
mod events;
mod generated;
mod health;
mod icons;
mod idempotency;
mod instances;
mod isolation;
mod journey;
mod layers;
mod openapi;
mod payment_methods;
mod payments;
mod published;
mod readme;
mod secrets;
mod simulator;
mod statements;
mod support;
mod tokens;
mod webhooks;
