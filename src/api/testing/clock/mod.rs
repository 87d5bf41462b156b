//! `/v1/testing/clock`: the organization's time, and what comes due when it is moved.

mod advance;
mod retrieve;
mod set;
mod walk;

pub use advance::*;
pub use retrieve::*;
pub use set::*;

use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::due;
use crate::types::Timestamp;
use crate::webhooks::Delivered;

/// An organization's time after it was moved, and what was done on the way.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedClock {
    /// What time it is.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// How far that is ahead of the real time, in seconds.
    ahead_seconds: f64,
    /// Payments that ran out.
    payments_ended: u64,
    /// Checkout sessions whose expiry was told, where a webhook asks for it.
    expiries_told: u64,
    /// Calls of webhooks and callback addresses.
    deliveries_tried: u64,
    /// Whether all that had come due was done. Otherwise it took too long, and goes on.
    complete: bool,
}

/// What was done while an organization's time was moved.
struct Walked {
    payments_ended: u64,
    expiries_told: u64,
    deliveries_tried: u64,
    complete: bool,
}

impl Default for Walked {
    fn default() -> Self {
        Self { payments_ended: 0, expiries_told: 0, deliveries_tried: 0, complete: true }
    }
}

impl Walked {
    fn note_due(&mut self, done: due::Done) {
        self.payments_ended += done.payments_ended;
        self.expiries_told += done.expiries_told;
    }

    fn note_delivered(&mut self, delivered: Delivered) {
        self.deliveries_tried += delivered.tried as u64;
        self.complete &= delivered.complete;
    }

    fn told(self, now: Timestamp, ahead: TimeDelta) -> MovedClock {
        MovedClock {
            now,
            ahead_seconds: seconds(ahead),
            payments_ended: self.payments_ended,
            expiries_told: self.expiries_told,
            deliveries_tried: self.deliveries_tried,
            complete: self.complete,
        }
    }
}

/// A span in seconds, to the millisecond.
fn seconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1_000.0
}

/// The answer of the document's examples.
fn example_moved() -> serde_json::Value {
    serde_json::json!({
        "now": "2026-01-15T17:00:00.000000Z",
        "ahead_seconds": 18_000.0,
        "payments_ended": 1,
        "expiries_told": 0,
        "deliveries_tried": 2,
        "complete": true,
    })
}
