//! Telling merchants what happened: events are written with what they tell, given their places and handed to the
//! receivers that asked for them, and delivered, at least once.
//!
//! A crash at any point loses nothing: an event without a place is dispatched by whoever comes next, and a delivery
//! that was taken and not recorded is due again when its lease is over.

mod address;
mod at_once;
mod client;
mod deliver;
mod dispatch;
mod event;
mod oauth2;
mod room;
mod schedule;
mod sign;

pub use address::UnsafeAddress;
pub use at_once::Delivered;
pub use client::{Client, Outcome, client_tls};
pub use deliver::Webhooks;
pub use dispatch::dispatch;
pub use event::{body, event};
pub use room::Held;
pub use schedule::Schedule;
use schedule::TIME_LIMIT;
pub use sign::{Secrets, signature};
