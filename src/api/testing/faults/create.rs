//! `POST /v1/testing/faults`

use std::sync::LazyLock;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};

use super::{TestFault, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::document::{document, verbs};
use crate::api::testing::{PREFIX, controls};
use crate::error::ApiError;
use crate::input::{Body, Whole, input};
use crate::state::AppState;
use crate::testing::faults::{Fault, MOST, Wrong};
use crate::types::{FaultId, Text};

/// Statuses that can be asked for: those after which a client may try again.
const STATUSES: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// Operations that something can go wrong with: id, method, template of the path.
pub(crate) static OPERATIONS: LazyLock<Vec<(String, Method, String)>> = LazyLock::new(|| {
    let mut operations = Vec::new();
    for (path, item) in document().paths.paths {
        for (method, operation) in verbs(item) {
            operations.push((operation.operation_id.unwrap_or_default(), method, path.clone()));
        }
    }
    operations.retain(|(_, _, path)| path.starts_with("/v1/") && !path.starts_with(PREFIX));
    operations
});

input! {
    /// What goes wrong with the next calls of an operation: with one of `status`, `delay_milliseconds` and `cut_off`.
    pub struct CreateTestFault {
        /// The operation, by its id in this document, such as `create_payment`.
        optional operation: Text<1, 64>,
        /// Or else by its method,
        optional method: Text<1, 8>,
        /// and the template of its path, such as `/v1/payments/{payment_id}`.
        optional path: Text<1, 255>,
        /// For how many calls; 1 when not sent.
        optional times: Whole<1, 1000>,
        /// This is answered, and nothing is done: 408, 429, 500, 502, 503 or 504.
        optional status: Whole<400, 599>,
        /// With 429 and 503: the `Retry-After`, in seconds; 1 when not sent.
        optional retry_after: Whole<0, 3600>,
        /// The call is begun so much later.
        optional delay_milliseconds: Whole<1, 10_000>,
        /// `true`: the call is done, and the connection ends without an answer.
        optional cut_off: bool,
    }
}

refusals!(ApiError::TooManyControls { what: "faults", most: MOST });

/// Let the next calls of an operation go wrong
///
/// To test how a client tries again, and whether it sends its idempotency key. Of several faults of an operation the first
/// that was made is used. Calls under `/v1/testing` never go wrong.
#[utoipa::path(
    post,
    path = "/v1/testing/faults",
    tag = "testing",
    request_body(content = CreateTestFault, example = json!({"operation": "create_payment", "status": 503, "times": 2})),
    responses((status = 201, description = "The fault.", body = TestFault, example = json!(example())), Refusals),
)]
pub async fn create_test_fault(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: sent, .. }: Body<CreateTestFault>,
) -> Result<(StatusCode, Json<TestFault>), ApiError> {
    let (operation, method, route) = operation(&sent)?;
    let fault = Fault {
        id: FaultId::new(app.clock.now(merchant.organization)),
        operation: operation.clone(),
        method: method.clone(),
        route: route.clone(),
        left: sent.times.and_then(|Whole(times)| u16::try_from(times).ok()).unwrap_or(1),
        what: what(&sent)?,
    };
    let controls = controls(&app, merchant.organization)?;
    let mut faults = controls.faults();
    match faults.add(fault.clone()) {
        true => Ok((StatusCode::CREATED, Json(fault.into()))),
        false => Err(ApiError::TooManyControls { what: "faults", most: MOST }),
    }
}

fn wrong(message: &str) -> ApiError {
    ApiError::InvalidParameters(vec![message.to_owned()])
}

fn operation(sent: &CreateTestFault) -> Result<&'static (String, Method, String), ApiError> {
    match (&sent.operation, &sent.method, &sent.path) {
        (Some(id), None, None) => {
            let found = OPERATIONS.iter().find(|(known, ..)| known == id.as_str());
            found.ok_or_else(|| wrong("operation: must be the id of an operation that is not under /v1/testing"))
        }
        (None, Some(method), Some(path)) => {
            let fits = |method: &str, path: &str| {
                OPERATIONS.iter().find(|(_, known, route)| known.as_str() == method && route == path)
            };
            let found = fits(&method.as_str().to_uppercase(), path.as_str());
            found
                .ok_or_else(|| wrong("path: must be the template of a path that has the method, not under /v1/testing"))
        }
        (None, None, None) => {
            Err(ApiError::MissingParameters(vec!["operation: is required, or method and path".to_owned()]))
        }
        (None, None, Some(_)) => Err(ApiError::MissingParameters(vec!["method: is required".to_owned()])),
        (None, Some(_), None) => Err(ApiError::MissingParameters(vec!["path: is required".to_owned()])),
        (Some(_), ..) => Err(wrong("operation: must be sent alone, without method and path")),
    }
}

fn what(sent: &CreateTestFault) -> Result<Wrong, ApiError> {
    let what = match (sent.status, sent.delay_milliseconds, sent.cut_off.unwrap_or(false)) {
        (Some(Whole(status)), None, false) => {
            let status = STATUSES.into_iter().find(|known| i64::from(*known) == status);
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            let status = status.ok_or_else(|| wrong("status: must be one of 408 429 500 502 503 504"))?;
            let tells = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            if sent.retry_after.is_some() && !tells {
                return Err(wrong("retry_after: goes with status 429 or 503"));
            }
            let after = sent.retry_after.and_then(|Whole(seconds)| u64::try_from(seconds).ok()).unwrap_or(1);
            return Ok(Wrong::Answered(status, tells.then_some(after)));
        }
        (None, Some(Whole(milliseconds)), false) => {
            Wrong::Delayed(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(1)))
        }
        (None, None, true) => Wrong::CutOff,
        (None, None, false) => {
            let message = "status: is required, or delay_milliseconds or cut_off".to_owned();
            return Err(ApiError::MissingParameters(vec![message]));
        }
        _ => return Err(wrong("status: must be sent alone, without delay_milliseconds and cut_off")),
    };
    match sent.retry_after {
        Some(_) => Err(wrong("retry_after: goes with status 429 or 503")),
        None => Ok(what),
    }
}
