//! `/v1/testing/outcomes`: how the next payments and enrollments end.

mod create;
mod delete;
mod list;

pub use create::*;
pub use delete::*;
pub use list::*;

use serde::Serialize;
use utoipa::ToSchema;

use crate::testing::outcomes::{EndsAs, Outcome};
use crate::types::{AccountId, EnrollmentStatus, OutcomeId, TransactionStatus, TransactionType};

/// How the next payments or enrollments end.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestOutcome {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: OutcomeId,
    /// Of this account alone; `null` of all.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    account_id: Option<AccountId>,
    /// Of this order alone; `null` of all.
    #[schema(required)]
    merchant_order_id: Option<String>,
    /// Of transactions of this type; `null` of those that payments begin with.
    #[schema(value_type = Option<String>, required)]
    transaction_type: Option<TransactionType>,
    /// For how many it stands yet.
    times: u16,
    /// How the transaction stands then.
    #[schema(value_type = Option<String>, required)]
    status: Option<TransactionStatus>,
    /// The response code of the transaction.
    #[schema(required)]
    response_code: Option<String>,
    /// The result of authenticating the cardholder.
    #[schema(required)]
    three_d_secure: Option<String>,
    /// How an enrollment stands then.
    #[schema(value_type = Option<String>, required)]
    enrollment_status: Option<EnrollmentStatus>,
}

impl From<Outcome> for TestOutcome {
    fn from(outcome: Outcome) -> Self {
        let (mut status, mut response_code, mut three_d_secure, mut enrollment_status) = (None, None, None, None);
        match outcome.ends_as {
            EndsAs::Response(response) => {
                status = Some(response.status);
                response_code = Some(response.code);
            }
            EndsAs::ThreeDSecure(result) => three_d_secure = Some(result),
            EndsAs::Enrollment(status) => enrollment_status = Some(status),
        }
        Self {
            id: outcome.id,
            account_id: outcome.account_id,
            merchant_order_id: outcome.merchant_order_id,
            transaction_type: outcome.transaction_type,
            times: outcome.left,
            status,
            response_code,
            three_d_secure,
            enrollment_status,
        }
    }
}

/// The outcome of the document's examples.
fn example() -> serde_json::Value {
    serde_json::json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789e2",
        "account_id": null,
        "merchant_order_id": "order-2001",
        "transaction_type": null,
        "times": 1,
        "status": "DECLINED",
        "response_code": "INSUFFICIENT_FUNDS",
        "three_d_secure": null,
        "enrollment_status": null,
    })
}
