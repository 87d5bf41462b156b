//! `/v1/testing/faults`: what goes wrong with the next calls, to test how a client tries again.

mod create;
mod delete;
mod list;

pub use create::*;
pub use delete::*;
pub use list::*;

use serde::Serialize;
use utoipa::ToSchema;

use crate::testing::faults::{Fault, Wrong};
use crate::types::FaultId;

/// What goes wrong with the next calls of an operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestFault {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: FaultId,
    /// The operation's id in this document.
    operation: String,
    /// Its method.
    method: String,
    /// The template of its path.
    path: String,
    /// For how many calls it stands yet.
    times: u16,
    /// The status that is answered in place of doing anything.
    #[schema(required)]
    status: Option<u16>,
    /// The seconds after which the client is told to try again.
    #[schema(required)]
    retry_after: Option<u64>,
    /// How much later it is begun, in milliseconds.
    #[schema(required)]
    delay_milliseconds: Option<u64>,
    /// Whether the connection ends without an answer, after it was done.
    cut_off: bool,
}

impl From<Fault> for TestFault {
    fn from(fault: Fault) -> Self {
        let (mut status, mut retry_after, mut delay_milliseconds) = (None, None, None);
        match fault.what {
            Wrong::Answered(answered, after) => (status, retry_after) = (Some(answered.as_u16()), after),
            Wrong::Delayed(span) => delay_milliseconds = u64::try_from(span.as_millis()).ok(),
            Wrong::CutOff => {}
        }
        Self {
            id: fault.id,
            operation: fault.operation,
            method: fault.method.to_string(),
            path: fault.route,
            times: fault.left,
            status,
            retry_after,
            delay_milliseconds,
            cut_off: fault.what == Wrong::CutOff,
        }
    }
}

/// The fault of the document's examples.
fn example() -> serde_json::Value {
    serde_json::json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789e3",
        "operation": "create_payment",
        "method": "POST",
        "path": "/v1/payments",
        "times": 2,
        "status": 503,
        "retry_after": 1,
        "delay_milliseconds": null,
        "cut_off": false,
    })
}
