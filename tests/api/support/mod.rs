//! What every test stands on: a server of its own on a database of its own, clients of each kind, and a check of
//! every answer against the OpenAPI document.

mod app;
mod client;
pub mod contract;
mod database;
mod make;
mod postgres;
mod process;
mod receiver;

pub use app::{Setup, TestApp};
pub use client::{Answer, Client, Keys};
pub use contract::{body_fields, document, example_problems, fill, operation};
pub use database::{OnServer, server};
pub use make::{GOOD_CARD, direct_body};
pub use postgres::{Postgres, free_port};
pub use process::{FINGERPRINT_KEY, Server, command, command_of, http};
pub use receiver::{Call, Receiver, Reply};
