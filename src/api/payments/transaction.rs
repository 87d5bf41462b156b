//! A transaction with a short payment, as captures and cancellations are answered; and what all of them begin with.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{AdditionalData, PaymentAmount, ProviderData, Shape, answer, category, example_provider_data};
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::db::{Connection, payments, transactions};
use crate::error::ApiError;
use crate::gateway;
use crate::input::{Anything, At, Input, Problems, input};
use crate::settlement::{longest_flight, settle};
use crate::state::AppState;
use crate::types::{
    AccountId, Amount, Country, Currency, OrganizationId, PaymentId, PaymentStatus, PaymentSubStatus, Text, Timestamp,
    TransactionId, TransactionStatus, TransactionType,
};

type Reference = Text<3, 255>;

input! {
    /// How much of a payment.
    #[derive(Copy)]
    pub struct PartialAmount {
        /// ISO 4217 code: the payment's.
        required currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one.
        required value: Amount,
    }
}

input! {
    /// How much of a payment to give back.
    #[derive(Copy)]
    pub struct RefundAmount {
        /// ISO 4217 code: the payment's, also when not sent.
        optional currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one. All that is left when
        /// not sent.
        optional value: Amount,
    }
}

input! {
    /// What the answer is to have besides: nothing of it is used.
    pub struct ResponseAdditionalData {
        /// Not used.
        optional receipt: bool,
        /// Not used.
        optional receipt_language: Text<0, 2>,
        /// Not used.
        optional transactions_history: bool,
        /// Not used.
        optional raw_response: bool,
    }
}

input! {
    /// What to capture.
    pub struct CapturePayment {
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// How much; all that is left when not sent.
        optional amount: PartialAmount,
        /// Why: `PRODUCT_CONFIRMED` or `REQUESTED_BY_CUSTOMER`.
        required reason: CaptureReason,
        /// What the merchant writes on it.
        optional description: Reference,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// Order, airline and other data: not used.
        optional additional_data: Anything,
    }
}

input! {
    /// Why to cancel.
    pub struct CancelPayment {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to give back.
    pub struct RefundPayment {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// How much; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to cancel or give back.
    pub struct CancelOrRefund {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        required reason: Reason,
        /// The merchant's reference; that of the order when not sent.
        optional merchant_reference: Reference,
        /// How much to give back; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to cancel or give back of a transaction.
    pub struct CancelOrRefundTransaction {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference; that of the order when not sent.
        optional merchant_reference: Reference,
        /// How much to give back; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

/// Declares why a merchant asks for something.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident [$($text:literal),*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub(super) &'static str);

        impl Input for $name {
            fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
                let known = [$($text),*].into_iter().find(|text| raw.as_str() == Some(text));
                if known.is_none() {
                    problems.wrong(at, concat!("must be one of", $(" ", $text),*));
                }
                known.map(Self)
            }

            fn schema() -> RefOr<Schema> {
                let texts = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($text),*]));
                RefOr::T(Schema::Object(texts.build()))
            }
        }
    };
}

reasons! {
    /// Why to capture.
    CaptureReason ["PRODUCT_CONFIRMED", "REQUESTED_BY_CUSTOMER"]
}

reasons! {
    /// Why to cancel or give back.
    Reason ["DUPLICATE", "FRAUDULENT", "REQUESTED_BY_CUSTOMER", "REVERSE"]
}

/// A transaction, and in short the payment that it moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovingTransaction {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: TransactionId,
    /// What it asked for.
    #[schema(value_type = String)]
    r#type: TransactionType,
    /// How it stands. Of a refund of everything, asked for by "cancel or refund", it is `REFUNDED`.
    status: String,
    /// The group of the method's type.
    category: String,
    /// How much it is about.
    amount: PaymentAmount,
    /// The merchant's reference.
    merchant_reference: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What the provider says.
    provider_data: ProviderData,
    /// Why it stands as it does.
    response_code: String,
    /// The same in words.
    response_message: String,
    /// The payment.
    payment: MovedPayment,
    /// Not used.
    #[schema(value_type = Option<Object>, required)]
    customer_payer: Option<Value>,
    /// Whether it is tried again. It is not.
    simplified_mode: bool,
    /// Not used.
    receipt: bool,
    /// Not used.
    #[schema(required)]
    receipt_url: Option<String>,
    /// Not used.
    #[schema(required)]
    receipt_language: Option<String>,
}

/// A payment in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedPayment {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PaymentId,
    /// The account that is paid.
    #[schema(value_type = String, format = Uuid)]
    account_id: AccountId,
    /// What is paid for.
    description: String,
    /// Where the customer pays.
    #[schema(value_type = String)]
    country: Country,
    /// How it stands, roughly.
    #[schema(value_type = String)]
    status: PaymentStatus,
    /// How it stands, exactly.
    #[schema(value_type = String)]
    sub_status: PaymentSubStatus,
    /// The merchant's id of the order.
    merchant_order_id: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What is paid.
    amount: PaymentAmount,
    /// Order, airline and other data.
    additional_data: AdditionalData,
    /// Who gets which part, as it was sent.
    #[schema(value_type = Vec<Object>)]
    split_marketplace: Value,
}

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
    let now = app.clock.now();
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
    if rows.len() >= MAX_TRANSACTIONS {
        return Err(ApiError::InvalidStatus(format!("The payment has {MAX_TRANSACTIONS} transactions.")));
    }
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
            let about = about.or_else(|| rows.iter().find(|row| row.position == crate::settlement::MAIN_POSITION));
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
    let position = rows.iter().map(|row| row.position).max().unwrap_or_default() + 1;
    let remarks = &operation.remarks;
    Ok(transactions::Row {
        transaction_id: id,
        payment_id: payment.payment_id,
        position,
        r#type,
        status: TransactionStatus::Created,
        response_code: "SUCCEEDED".to_owned(),
        amount,
        refunded: Amount::ZERO,
        about_transaction_id: about,
        merchant_reference: remarks.merchant_reference.clone().or_else(|| Some(payment.merchant_order_id.clone())),
        description: remarks.description.clone(),
        reason: remarks.reason.clone(),
        status_detail: None,
        proof: None,
        created_at: now,
        updated_at: now,
    })
}

/// Why the database did not let an operation begin.
fn refusal(payment: &payments::Row, open: bool, amount: Amount, left: Amount) -> ApiError {
    if payment.in_flight.is_some() {
        return ApiError::InvalidStatus("Transaction already in progress.".to_owned());
    }
    if !open {
        let (status, sub_status) = (payment.status.as_str(), payment.sub_status.as_str());
        return ApiError::InvalidStatus(format!("The payment is {status}/{sub_status}."));
    }
    match amount == Amount::ZERO {
        true => ApiError::InvalidAmount("It must be more than 0.".to_owned()),
        false => ApiError::InvalidAmount(format!("{} are left.", json!(left))),
    }
}

impl MovingTransaction {
    fn new(payment: payments::Row, row: transactions::Row, everything: bool) -> Self {
        Self {
            id: row.transaction_id,
            r#type: row.r#type,
            status: if everything { "REFUNDED" } else { row.status.as_str() }.to_owned(),
            category: category(&payment),
            amount: PaymentAmount {
                captured: Amount::ZERO,
                refunded: Amount::ZERO,
                value: row.amount,
                ..PaymentAmount::of(&payment)
            },
            merchant_reference: row.merchant_reference.clone().unwrap_or_default(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            provider_data: ProviderData::of(&payment, &row),
            response_message: gateway::message(row.status, &row.response_code).to_owned(),
            response_code: row.response_code,
            payment: MovedPayment {
                id: payment.payment_id,
                account_id: payment.account_id,
                country: payment.country,
                status: payment.status,
                sub_status: payment.sub_status,
                created_at: payment.created_at,
                updated_at: payment.updated_at,
                amount: PaymentAmount::of(&payment),
                additional_data: payment.additional_data.map(|data| AdditionalData::of(&data.0)).unwrap_or_default(),
                split_marketplace: payment.split_marketplace.map_or_else(|| json!([]), |split| split.0),
                description: payment.description,
                merchant_order_id: payment.merchant_order_id,
            },
            customer_payer: None,
            simplified_mode: false,
            receipt: false,
            receipt_url: None,
            receipt_language: None,
        }
    }
}

/// The transaction of the document's examples.
pub(super) fn example_moving(r#type: &str, status: &str, sub_status: &str) -> Value {
    let amount = json!({"captured": 0, "currency": "BRL", "currency_conversion": null, "refunded": 0, "value": 259.9});
    let captured = if r#type == "CAPTURE" { 259.9 } else { 0.0 };
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ba",
        "type": r#type,
        "status": "SUCCEEDED",
        "category": "CARD",
        "amount": amount,
        "merchant_reference": "order-2001",
        "created_at": "2026-01-15T12:06:00.000000Z",
        "updated_at": "2026-01-15T12:06:00.000000Z",
        "provider_data": example_provider_data(),
        "response_code": "SUCCEEDED",
        "response_message": "Transaction successful",
        "payment": {
            "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
            "account_id": "00000000-0000-4000-8000-000000000001",
            "description": "Running shoes",
            "country": "BR",
            "status": status,
            "sub_status": sub_status,
            "merchant_order_id": "order-2001",
            "created_at": "2026-01-15T12:05:00.000000Z",
            "updated_at": "2026-01-15T12:06:00.000000Z",
            "amount": {
                "captured": captured, "currency": "BRL", "currency_conversion": null, "refunded": 0, "value": 259.9,
            },
            "additional_data": {"airline": null, "transportations": null, "order": null, "seller_details": null},
            "split_marketplace": [],
        },
        "customer_payer": null,
        "simplified_mode": false,
        "receipt": false,
        "receipt_url": null,
        "receipt_language": null,
    })
}
