//! `/v1/testing/deliveries`: webhooks, without waiting for the server's own time. What would be sent where nobody
//! receives it is told by `GET /v1/events`.

mod wait;

pub use wait::*;
