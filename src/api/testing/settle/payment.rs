//! `POST /v1/testing/payments/{payment_id}/settle`

use axum::Json;
use axum::extract::State;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::payments::{Payment, Shape, answer, example, stands_otherwise};
use crate::api::settlement::run_out;
use crate::api::waiting::end_payment;
use crate::db::payments;
use crate::error::ApiError;
use crate::gateway::{Answer, ResponseCode, challenge_ended};
use crate::input::{Body, PathParameter, input};
use crate::lifecycle::State as PaymentState;
use crate::state::AppState;
use crate::types::{PaymentId, PaymentSubStatus, Text, TransactionStatus};

/// How a challenge ends that nothing was said of.
const AUTHENTICATED: &str = "AUTHENTICATED";

input! {
    /// How a payment ends that waits.
    pub struct SettleTestPayment {
        /// A published response code; `SUCCEEDED` when not sent.
        optional response_code: Text<1, 64>,
        /// The status of the response code, where it stands under several.
        optional status: TransactionStatus,
        /// How the challenge of a payment by card ends: `AUTHENTICATED` (when nothing is sent), `NOT_AUTHENTICATED`,
        /// `REJECTED`, `UNAVAILABLE` or `ATTEMPTED`.
        optional three_d_secure: Text<1, 64>,
    }
}

refusals!(ApiError::PaymentNotFound, ApiError::InvalidStatus("The payment is SUCCEEDED/APPROVED.".into()));

/// End a payment that waits
///
/// As its provider or its customer would: on the way that the simulated provider's page takes.
#[utoipa::path(
    post,
    path = "/v1/testing/payments/{payment_id}/settle",
    tag = "testing",
    params(("payment_id" = String, Path, description = "Id of the payment.")),
    request_body(content = SettleTestPayment, example = json!({"response_code": "SUCCEEDED"})),
    responses((status = 200, description = "The payment.", body = Payment, example = json!(example())), Refusals),
)]
pub async fn settle_test_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: sent, .. }: Body<SettleTestPayment>,
) -> Result<Json<Payment>, ApiError> {
    let organization = merchant.organization;
    let id = PaymentId::parse(&id).map_err(|_| ApiError::PaymentNotFound)?;
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    let payment = payments::lock(&mut database, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    let waits = PaymentState::new(payment.status, payment.sub_status).is_undecided() && payment.in_flight.is_none();
    if !waits {
        return Err(stands_otherwise(&payment));
    }
    if payment.due_at.is_some_and(|due_at| due_at <= now) {
        // What has run out has run out for everybody.
        run_out(&app, &mut database, organization, payment, now).await?;
        database.commit().await?;
        app.webhooks.wake(organization);
        return Err(ApiError::InvalidStatus("The payment has run out.".to_owned()));
    }
    let decided = decided(&sent, payment.sub_status)?;
    end_payment(&app, &mut database, organization, payment, &decided, now).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    let connection = &mut *app.db.acquire().await?;
    let payment = payments::find(connection, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    Ok(Json(answer(&app, connection, organization, payment, Shape::Made).await?))
}

/// What the provider answers.
fn decided(sent: &SettleTestPayment, sub_status: PaymentSubStatus) -> Result<Answer, ApiError> {
    let wrong = |message: &str| ApiError::InvalidParameters(vec![message.to_owned()]);
    let challenged = sub_status == PaymentSubStatus::WaitingAdditionalStep;
    match (&sent.response_code, &sent.three_d_secure) {
        (Some(code), None) => {
            let known = ResponseCode::known(code.as_str(), sent.status);
            known.map(Answer::plain).ok_or_else(|| wrong("response_code: must be a published code of that status"))
        }
        (None, _) if sent.status.is_some() => Err(wrong("status: goes with response_code")),
        (None, None) if !challenged => Ok(Answer::plain(ResponseCode::succeeded())),
        (None, result) if challenged => {
            let result = result.as_ref().map_or(AUTHENTICATED, Text::as_str);
            challenge_ended(result).ok_or_else(|| {
                wrong("three_d_secure: must be one of AUTHENTICATED NOT_AUTHENTICATED REJECTED UNAVAILABLE ATTEMPTED")
            })
        }
        (None, _) => Err(wrong("three_d_secure: goes with a payment that waits for a challenge")),
        (Some(_), Some(_)) => Err(wrong("response_code: must be sent alone, without three_d_secure")),
    }
}
