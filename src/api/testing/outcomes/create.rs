//! `POST /v1/testing/outcomes`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{TestOutcome, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::controls;
use crate::error::ApiError;
use crate::gateway::{ResponseCode, three_d_secure};
use crate::input::{Body, Whole, input};
use crate::state::AppState;
use crate::testing::outcomes::{EndsAs, MOST, Outcome};
use crate::types::{AccountId, EnrollmentStatus, OutcomeId, Text, TransactionStatus, TransactionType};

input! {
    /// How the next payments or enrollments end: with one of `response_code`, `three_d_secure` and `enrollment_status`.
    pub struct CreateTestOutcome {
        /// Of this account alone; of all accounts when not sent.
        optional account_id: AccountId,
        /// Of payments for this order alone; of all when not sent.
        optional merchant_order_id: Text<3, 255>,
        /// For how many; 1 when not sent.
        optional times: Whole<1, 1000>,
        /// Of transactions of this type, such as `REFUND`; of those that payments begin with when not sent.
        optional transaction_type: TransactionType,
        /// A published response code of a transaction.
        optional response_code: Text<1, 64>,
        /// The status of the response code, where it stands under several.
        optional status: TransactionStatus,
        /// A result of authenticating the cardholder, by the simulator's name: of payments by card.
        optional three_d_secure: Text<1, 64>,
        /// How enrollments end.
        optional enrollment_status: EnrollmentStatus,
    }
}

refusals!(ApiError::TooManyControls { what: "outcomes", most: MOST });

/// Decide how the next payments or enrollments end
///
/// For every response code, every result of 3-D Secure and every status of an enrollment, whatever is paid with. It goes
/// before what a test card or a description stands for. Of several that fit, the first that was made is used.
#[utoipa::path(
    post,
    path = "/v1/testing/outcomes",
    tag = "testing",
    request_body(content = CreateTestOutcome, example = json!({
        "merchant_order_id": "order-2001", "response_code": "INSUFFICIENT_FUNDS",
    })),
    responses((status = 201, description = "The outcome.", body = TestOutcome, example = json!(example())), Refusals),
)]
pub async fn create_test_outcome(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: sent, .. }: Body<CreateTestOutcome>,
) -> Result<(StatusCode, Json<TestOutcome>), ApiError> {
    let account_id = sent.account_id.map(|account| merchant.account(account)).transpose()?;
    let ends_as = ends_as(&sent)?;
    let outcome = Outcome {
        id: OutcomeId::new(app.clock.now(merchant.organization)),
        account_id,
        merchant_order_id: sent.merchant_order_id.map(Text::into_string),
        transaction_type: sent.transaction_type,
        left: sent.times.and_then(|Whole(times)| u16::try_from(times).ok()).unwrap_or(1),
        ends_as,
    };
    let controls = controls(&app, merchant.organization)?;
    let mut outcomes = controls.outcomes();
    match outcomes.add(outcome.clone()) {
        true => Ok((StatusCode::CREATED, Json(outcome.into()))),
        false => Err(ApiError::TooManyControls { what: "outcomes", most: MOST }),
    }
}

fn ends_as(sent: &CreateTestOutcome) -> Result<EndsAs, ApiError> {
    let wrong = |message: &str| ApiError::InvalidParameters(vec![message.to_owned()]);
    let ends_as = match (&sent.response_code, &sent.three_d_secure, sent.enrollment_status) {
        (Some(code), None, None) => {
            let known = ResponseCode::known(code.as_str(), sent.status);
            EndsAs::Response(known.ok_or_else(|| wrong("response_code: must be a published code of that status"))?)
        }
        (None, Some(result), None) => match three_d_secure(result.as_str()) {
            Some(_) => EndsAs::ThreeDSecure(result.as_str().to_owned()),
            None => return Err(wrong("three_d_secure: must be a result of the 3-D Secure simulator")),
        },
        (None, None, Some(status)) => EndsAs::Enrollment(status),
        (None, None, None) => {
            let message = "response_code: is required, or three_d_secure or enrollment_status".to_owned();
            return Err(ApiError::MissingParameters(vec![message]));
        }
        _ => return Err(wrong("response_code: must be sent alone, without three_d_secure and enrollment_status")),
    };
    let challenges = match &ends_as {
        EndsAs::Response(response) => response.code == "CHALLENGE_REQUIRED",
        EndsAs::ThreeDSecure(_) => true,
        EndsAs::Enrollment(_) => false,
    };
    use TransactionType as T;
    if challenges && matches!(sent.transaction_type, Some(T::Capture | T::Cancel | T::Refund)) {
        return Err(wrong("transaction_type: has no cardholder to authenticate"));
    }
    if sent.transaction_type == Some(TransactionType::Chargeback) {
        return Err(wrong("transaction_type: must be asked of a provider, which a dispute is not"));
    }
    if sent.status.is_some() && !matches!(ends_as, EndsAs::Response(_)) {
        return Err(wrong("status: goes with response_code"));
    }
    if matches!(ends_as, EndsAs::Enrollment(_)) && (sent.merchant_order_id.is_some() || sent.transaction_type.is_some())
    {
        return Err(wrong("enrollment_status: goes without merchant_order_id and transaction_type"));
    }
    Ok(ends_as)
}
