//! `POST /v1/testing/payments/{payment_id}/dispute`

use axum::Json;
use axum::extract::State;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::payments::{PartialAmount, Payment, Shape, answer, example, next_position, refusal};
use crate::api::settlement::record;
use crate::db::{Connection, payments, transactions};
use crate::error::ApiError;
use crate::gateway::{Answer, ResponseCode};
use crate::input::{Body, PathParameter, input};
use crate::state::AppState;
use crate::types::{
    Amount, OrganizationId, PaymentId, PaymentStatus, Text, Timestamp, TransactionId, TransactionStatus,
    TransactionType,
};

/// How a dispute begins that nothing was said of.
const OPENED: &str = "ACTION_REQUIRED";

input! {
    /// How a dispute stands.
    pub struct DisputeTestPayment {
        /// A published response code of a dispute; `ACTION_REQUIRED` when not sent: it was opened.
        optional response_code: Text<1, 64>,
        /// How much is disputed, when it is opened: all that was paid and not given back when not sent.
        optional amount: PartialAmount,
    }
}

refusals!(
    ApiError::PaymentNotFound,
    ApiError::InvalidStatus("The payment is PENDING/AUTHORIZED.".into()),
    ApiError::InvalidAmount("40 are left.".into()),
);

/// Dispute a payment
///
/// As a cardholder's bank would: opens a dispute of what was paid, or moves the one that is open. `ACTION_REQUIRED`,
/// `RECEIVED` and `IN_REVIEW` keep it open; with `REVIEW_WON` the payment is what it was; with `REVIEW_LOST`, `CLOSED`,
/// `EXPIRED`, `PARTIALLY_CHARGEBACKED` and `PREVENTED` the money is gone, and counts as given back.
#[utoipa::path(
    post,
    path = "/v1/testing/payments/{payment_id}/dispute",
    tag = "testing",
    params(("payment_id" = String, Path, description = "Id of the payment.")),
    request_body(content = DisputeTestPayment, example = json!({"response_code": "ACTION_REQUIRED"})),
    responses((status = 200, description = "The payment.", body = Payment, example = json!(example())), Refusals),
)]
pub async fn dispute_test_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: sent, .. }: Body<DisputeTestPayment>,
) -> Result<Json<Payment>, ApiError> {
    let organization = merchant.organization;
    let id = PaymentId::parse(&id).map_err(|_| ApiError::PaymentNotFound)?;
    let code = sent.response_code.as_ref().map_or(OPENED, Text::as_str);
    let Some(stands) = ResponseCode::of_dispute(code) else {
        let message = "response_code: must be a published code of a dispute, such as REVIEW_LOST".to_owned();
        return Err(ApiError::InvalidParameters(vec![message]));
    };
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    let payment = payments::lock(&mut database, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    let transaction = match payment.status {
        PaymentStatus::InDispute if sent.amount.is_some() => {
            let message = "amount: goes with a dispute that is opened".to_owned();
            return Err(ApiError::InvalidParameters(vec![message]));
        }
        PaymentStatus::InDispute => open_dispute(&mut database, organization, id).await?,
        _ => open(&mut database, organization, &payment, sent.amount, now).await?,
    };
    record(&app, &mut database, organization, payment, transaction, &Answer::plain(stands), now).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    let connection = &mut *app.db.acquire().await?;
    let payment = payments::find(connection, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    Ok(Json(answer(&app, connection, organization, payment, Shape::Moved(transaction)).await?))
}

/// The dispute of a payment that has one.
async fn open_dispute(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<TransactionId, ApiError> {
    let rows = transactions::list(connection, organization, &[payment]).await?;
    let is_open = |row: &&transactions::Row| {
        row.r#type == TransactionType::Chargeback
            && matches!(row.status, TransactionStatus::Created | TransactionStatus::Pending)
    };
    let open = rows.iter().find(is_open).map(|row| row.transaction_id);
    open.ok_or_else(|| anyhow::anyhow!("a payment in dispute without one").into())
}

/// Opens a dispute of a payment.
async fn open(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: &payments::Row,
    asked: Option<PartialAmount>,
    now: Timestamp,
) -> Result<TransactionId, ApiError> {
    if asked.is_some_and(|asked| asked.currency != payment.currency) {
        let message = format!("amount.currency: must be {}, as the payment has it", payment.currency.as_str());
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    let left = payment.paid.minus(payment.refunded);
    let amount = asked.map_or(left, |asked| asked.value);
    let open = payment.status == PaymentStatus::Succeeded && left > Amount::ZERO;
    if !open || payment.in_flight.is_some() || amount == Amount::ZERO || amount > left {
        return Err(refusal(payment, open, amount, left));
    }
    let rows = transactions::list(connection, organization, &[payment.payment_id]).await?;
    let main = rows.iter().find(|row| row.position == transactions::MAIN_POSITION);
    let (id, position) = (TransactionId::new(now), next_position(&rows)?);
    let opened = transactions::Row {
        about_transaction_id: main.map(|main| main.transaction_id),
        merchant_reference: Some(payment.merchant_order_id.clone()),
        ..transactions::Row::new(id, payment.payment_id, position, TransactionType::Chargeback, amount, now)
    };
    transactions::insert(connection, organization, &opened).await?;
    Ok(id)
}
