//! What captures, cancellations and refunds have in common: one step that begins them, a gateway, and the answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{MovingTransaction, PartialAmount, Reference, RefundAmount, Shape, answer};
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::api::settlement::{longest_flight, settle};
use crate::db::{Connection, payments, transactions};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{
    Amount, Currency, OrganizationId, PaymentId, PaymentStatus, PaymentSubStatus, Text, Timestamp, TransactionId,
    TransactionStatus, TransactionType,
};

/// How an operation on a payment is answered.
#[derive(Clone, Copy)]
pub(super) enum AnswerAs {
    /// The transaction with the payment in short.
    Transaction(StatusCode),
    /// The whole payment, with the transaction.
    Payment,
}

/// What a merchant asks of a payment.
pub(super) struct Operation {
    /// Its name for idempotency keys.
    pub name: &'static str,
    /// What is asked for.
    pub what: What,
    /// The merchant's reference, description and reason.
    pub remarks: Remarks,
    /// How it is answered.
    pub answer_as: AnswerAs,
}

/// What a merchant asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Take held money.
    Capture(Asked),
    /// Let the money go.
    Cancel,
    /// Give money back.
    Refund(Asked),
    /// Whichever the payment allows.
    CancelOrRefund(Asked),
}

/// How much: all that is left, where no amount was sent.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asked {
    currency: Option<Currency>,
    amount: Option<Amount>,
}

/// What a merchant writes on a transaction.
#[derive(Default)]
pub(super) struct Remarks {
    /// Its reference.
    pub merchant_reference: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Why it asks.
    pub reason: Option<String>,
}

impl Remarks {
    /// What was sent of them.
    pub fn of(
        merchant_reference: Option<Reference>,
        description: Option<Reference>,
        reason: Option<&'static str>,
    ) -> Self {
        Self {
            merchant_reference: merchant_reference.map(Text::into_string),
            description: description.map(Text::into_string),
            reason: reason.map(str::to_owned),
        }
    }
}

impl From<Option<PartialAmount>> for Asked {
    fn from(sent: Option<PartialAmount>) -> Self {
        Self { currency: sent.map(|sent| sent.currency), amount: sent.map(|sent| sent.value) }
    }
}

impl From<Option<RefundAmount>> for Asked {
    fn from(sent: Option<RefundAmount>) -> Self {
        Self { currency: sent.and_then(|sent| sent.currency), amount: sent.and_then(|sent| sent.value) }
    }
}

/// Does what a merchant asks of a payment, and answers.
///
/// # Errors
/// What the payment does not allow, or when the database refuses.
pub(super) async fn operate(
    app: &AppState,
    organization: OrganizationId,
    key: IdempotencyKey,
    payment: &str,
    transaction: Option<&str>,
    operation: Operation,
) -> Result<Response, ApiError> {
    let keyed = Keyed { app, organization, operation: operation.name, key: &key };
    let begun = keyed.use_up(begin(&keyed, payment, transaction, &operation).await).await?;
    let transaction = match begun {
        Begun::Before(transaction) => transaction,
        Begun::New { payment, transaction } => {
            settle(app, organization, &payment, &transaction).await?;
            transaction.transaction_id
        }
    };
    let connection = &mut *app.db.acquire().await?;
    let row = transactions::find(connection, organization, transaction).await?.ok_or(ApiError::TransactionNotFound)?;
    let payment = payments::find(connection, organization, row.payment_id).await?.ok_or(ApiError::PaymentNotFound)?;
    if payment.in_flight == Some(transaction) {
        return Err(ApiError::RequestInProcess);
    }
    Ok(match operation.answer_as {
        AnswerAs::Payment => {
            Json(answer(app, connection, organization, payment, Shape::Moved(transaction)).await?).into_response()
        }
        AnswerAs::Transaction(status) => {
            let everything = matches!(operation.what, What::CancelOrRefund(_))
                && row.r#type == TransactionType::Refund
                && row.status == TransactionStatus::Succeeded
                && row.amount == payment.paid;
            (status, Json(MovingTransaction::new(payment, row, everything))).into_response()
        }
    })
}

/// How many transactions a payment can have: every answer has all of them.
const MAX_TRANSACTIONS: usize = 100;

/// How an operation began.
enum Begun {
    /// The first request under the key made this transaction.
    Before(TransactionId),
    /// A gateway is to be asked.
    New { payment: Box<payments::Row>, transaction: Box<transactions::Row> },
}

/// The first step of an operation: everything is checked and noted, and the payment is in flight.
async fn begin(
    keyed: &Keyed<'_>,
    payment: &str,
    transaction: Option<&str>,
    operation: &Operation,
) -> Result<Begun, ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let now = app.clock.now(organization);
    let id = PaymentId::parse(payment).map_err(|_| ApiError::PaymentNotFound)?;
    let mut database = app.db.begin().await?;
    if let Some(before) = keyed.claim(&mut database, now).await? {
        let before = TransactionId::fixed(before.as_u128());
        let made = transactions::find(&mut database, organization, before).await?;
        return match made.is_some_and(|made| made.payment_id == id) {
            true => Ok(Begun::Before(before)),
            // The key was used on another payment.
            false => Err(ApiError::IdempotencyDuplicated),
        };
    }
    let payment = payments::lock(&mut database, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    let rows = transactions::list(&mut database, organization, &[id]).await?;
    let about = match transaction {
        Some(text) => {
            let id = TransactionId::parse(text).map_err(|_| ApiError::TransactionNotFound)?;
            Some(rows.iter().find(|row| row.transaction_id == id).ok_or(ApiError::TransactionNotFound)?)
        }
        None => None,
    };
    let new = begun(&mut database, organization, &payment, &rows, about, operation, now).await?;
    transactions::insert(&mut database, organization, &new).await?;
    keyed.keep(&mut database, new.transaction_id.into()).await?;
    database.commit().await?;
    Ok(Begun::New { payment: Box::new(payment), transaction: Box::new(new) })
}

/// Puts the payment in flight with a new transaction, when all of it is allowed.
async fn begun(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: &payments::Row,
    rows: &[transactions::Row],
    about: Option<&transactions::Row>,
    operation: &Operation,
    now: Timestamp,
) -> Result<transactions::Row, ApiError> {
    let position = next_position(rows)?;
    let (id, due_at) = (TransactionId::new(now), now.plus(longest_flight()));
    let what = match operation.what {
        What::CancelOrRefund(asked) if payment.paid == Amount::ZERO => {
            if asked.amount.is_some_and(|amount| amount != payment.amount) {
                return Err(ApiError::InvalidAmount("What is held is let go as a whole.".to_owned()));
            }
            What::Cancel
        }
        What::CancelOrRefund(asked) => What::Refund(asked),
        what => what,
    };
    let asked = match what {
        What::Capture(asked) | What::Refund(asked) => asked,
        What::Cancel | What::CancelOrRefund(_) => Asked::default(),
    };
    if asked.currency.is_some_and(|currency| currency != payment.currency) {
        let message = format!("amount.currency: must be {}, as the payment has it", payment.currency.as_str());
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    let asked = asked.amount;
    let (r#type, amount, about) = match what {
        What::Capture(_) => {
            let about = about.filter(|about| about.r#type == TransactionType::Authorize);
            let about = about.ok_or(ApiError::InvalidTransactionType)?;
            let left = payment.amount.minus(payment.captured);
            let amount = asked.unwrap_or(left);
            if !payments::begin_capture(connection, organization, payment.payment_id, id, amount, due_at).await? {
                let open =
                    matches!(payment.sub_status, PaymentSubStatus::Authorized | PaymentSubStatus::PartiallyCaptured);
                return Err(refusal(payment, open, amount, left));
            }
            (TransactionType::Capture, amount, Some(about.transaction_id))
        }
        What::Cancel | What::CancelOrRefund(_) => {
            if about
                .is_some_and(|about| matches!(about.r#type, TransactionType::Refund | TransactionType::ThreeDSecure))
            {
                return Err(ApiError::InvalidTransactionType);
            }
            if !payments::begin_cancel(connection, organization, payment.payment_id, id, due_at).await? {
                return Err(refusal(payment, false, payment.amount, payment.amount));
            }
            let about = about.or_else(|| rows.iter().find(|row| row.position == transactions::MAIN_POSITION));
            (TransactionType::Cancel, payment.amount, about.map(|about| about.transaction_id))
        }
        What::Refund(_) => {
            // By the id of an authorization, everything that captures took of it can be given back.
            let refunds_one = |about: &&transactions::Row| {
                matches!(about.r#type, TransactionType::Purchase | TransactionType::Capture)
            };
            let whole = matches!(operation.what, What::CancelOrRefund(_));
            let about = match about {
                Some(about) if refunds_one(&about) => Some(about),
                Some(about) if whole && about.r#type == TransactionType::Authorize => None,
                Some(_) => return Err(ApiError::InvalidTransactionType),
                None => None,
            };
            let left = payment.paid.minus(payment.refunded);
            let left = about.map_or(left, |about| about.amount.minus(about.refunded).min(left));
            let amount = asked.unwrap_or(left);
            let open = payment.status == PaymentStatus::Succeeded;
            if !payments::begin_refund(connection, organization, payment.payment_id, id, amount, due_at).await? {
                return Err(refusal(payment, open, amount, left));
            }
            if let Some(about) = about
                && !transactions::refund(connection, organization, about.transaction_id, amount).await?
            {
                return Err(refusal(payment, open, amount, left));
            }
            (TransactionType::Refund, amount, about.map(|about| about.transaction_id))
        }
    };
    let remarks = &operation.remarks;
    Ok(transactions::Row {
        about_transaction_id: about,
        merchant_reference: remarks.merchant_reference.clone().or_else(|| Some(payment.merchant_order_id.clone())),
        description: remarks.description.clone(),
        reason: remarks.reason.clone(),
        ..transactions::Row::new(id, payment.payment_id, position, r#type, amount, now)
    })
}

/// The place of a payment's next transaction.
///
/// # Errors
/// `InvalidStatus` when it has as many as it can have.
pub(in crate::api) fn next_position(rows: &[transactions::Row]) -> Result<i16, ApiError> {
    match rows.len() < MAX_TRANSACTIONS {
        true => Ok(rows.iter().map(|row| row.position).max().unwrap_or_default() + 1),
        false => Err(ApiError::InvalidStatus(format!("The payment has {MAX_TRANSACTIONS} transactions."))),
    }
}

/// Why nothing can be asked about a payment that stands as it does.
pub(in crate::api) fn stands_otherwise(payment: &payments::Row) -> ApiError {
    let (status, sub_status) = (payment.status.as_str(), payment.sub_status.as_str());
    ApiError::InvalidStatus(format!("The payment is {status}/{sub_status}."))
}

/// Why an operation of an amount cannot begin, where so much is left.
pub(in crate::api) fn refusal(payment: &payments::Row, open: bool, amount: Amount, left: Amount) -> ApiError {
    if payment.in_flight.is_some() {
        return ApiError::InvalidStatus("Transaction already in progress.".to_owned());
    }
    if payment.status == PaymentStatus::InDispute {
        return ApiError::ChargebackInProcess;
    }
    if !open {
        return stands_otherwise(payment);
    }
    match amount == Amount::ZERO {
        true => ApiError::InvalidAmount("It must be more than 0.".to_owned()),
        false => ApiError::InvalidAmount(format!("{} are left.", json!(left))),
    }
}
