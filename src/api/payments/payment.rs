//! A payment and its transactions, as they are answered.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{KnownPayer, MethodDetail};
use crate::api::pages;
use crate::catalog::CATALOG;
use crate::db::{Connection, payments, transactions};
use crate::error::ApiError;
use crate::gateway;
use crate::lifecycle::State;
use crate::state::AppState;
use crate::types::{
    AccountId, Amount, ConnectionId, Country, Currency, Metadata, OrganizationId, PaymentId, PaymentStatus,
    PaymentSubStatus, Timestamp, TransactionId, TransactionStatus, TransactionType, Workflow,
};

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
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
    /// The checkout session that it was made on.
    checkout: PaymentCheckout,
    /// What it is paid with.
    payment_method: PaymentMethod,
    /// Who pays; `null` when nothing is known.
    #[schema(required)]
    customer_payer: Option<KnownPayer>,
    /// Order, airline and other data; `null` when there is none.
    #[schema(required)]
    additional_data: Option<AdditionalData>,
    /// Not used.
    #[schema(value_type = Option<Object>, required)]
    taxes: Option<Value>,
    /// The transaction, when the payment was just made or moved; all of them, when it is retrieved.
    transactions: Transactions,
    /// All transactions; absent when the payment is retrieved, unless they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    transactions_history: Option<Vec<Transaction>>,
    /// Not used.
    split: Vec<String>,
    /// Who gets which part, as it was sent.
    #[schema(value_type = Vec<Object>)]
    split_marketplace: Value,
    /// Where the customer is sent when done; absent when there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    callback_url: Option<String>,
    /// How it is made.
    #[schema(value_type = String)]
    workflow: Workflow,
    /// The merchant's own entries, in the form in which they were sent.
    #[schema(value_type = Metadata)]
    metadata: Value,
    /// Not used.
    #[schema(value_type = Option<Object>, required)]
    fraud_screening: Option<Value>,
    /// Not used.
    payment_link_id: String,
    /// Not used.
    payment_link_code: String,
    /// Not used.
    #[schema(required)]
    subscription_code: Option<String>,
    /// What the subscription of the payment is, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    subscription: Option<Value>,
    /// Not used: the connection is chosen by what the account has.
    #[schema(value_type = Option<Object>, required)]
    routing_rules: Option<Value>,
    /// Whether declined transactions are tried again. They are not.
    simplified_mode: bool,
    /// The account that is paid.
    #[schema(value_type = String, format = Uuid)]
    account_code: AccountId,
    /// The key that it was made under.
    #[schema(required)]
    idempotency_key: Option<String>,
}

/// The transaction of a payment, or all of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Transactions {
    /// The one that counts.
    One(Box<Transaction>),
    /// All, in their order.
    All(Vec<Transaction>),
}

/// The money of a payment or a transaction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PaymentAmount {
    /// What captures took; 0 for a payment that was taken at once.
    #[schema(value_type = f64)]
    captured: Amount,
    /// ISO 4217 code.
    #[schema(value_type = String)]
    currency: Currency,
    /// Not used.
    #[schema(value_type = Option<Object>, required)]
    currency_conversion: Option<Value>,
    /// What was given back.
    #[schema(value_type = f64)]
    refunded: Amount,
    /// In major units, exact.
    #[schema(value_type = f64)]
    value: Amount,
}

/// What a payment has to do with a checkout session.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentCheckout {
    /// The session; empty when there is none.
    session: String,
    /// Whether the SDK has something left to do: a page to show, a challenge.
    sdk_action_required: bool,
}

/// What a payment is paid with.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentMethod {
    /// The enrolled method; empty when there is none.
    vaulted_token: String,
    /// The method's type.
    r#type: String,
    /// Whether it is enrolled when the payment succeeds.
    vault_on_success: bool,
    /// The one-time token; empty when there is none.
    token: String,
    /// Not used.
    #[schema(required)]
    parent_payment_method_type: Option<String>,
    /// Details by kind of method.
    payment_method_detail: MethodDetail,
}

/// What a transaction is paid with: the same as its payment, under another name.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionPaymentMethod {
    /// The enrolled method; empty when there is none.
    vaulted_token: String,
    /// The method's type.
    r#type: String,
    /// Whether it is enrolled when the payment succeeds.
    vault_on_success: bool,
    /// The one-time token; empty when there is none.
    token: String,
    /// Not used.
    #[schema(required)]
    parent_payment_method_type: Option<String>,
    /// Details by kind of method.
    detail: MethodDetail,
}

/// Order, airline and other data, as it was sent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct AdditionalData {
    /// Flights.
    #[schema(value_type = Value, required)]
    airline: Option<Value>,
    /// Other transport.
    #[schema(value_type = Value, required)]
    transportations: Option<Value>,
    /// What is bought.
    #[schema(value_type = Value, required)]
    order: Option<Value>,
    /// Who sells.
    #[schema(value_type = Value, required)]
    seller_details: Option<Value>,
}

/// A transaction of a payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transaction {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: TransactionId,
    /// What it asked for.
    #[schema(value_type = String)]
    r#type: TransactionType,
    /// How it stands.
    #[schema(value_type = String)]
    status: TransactionStatus,
    /// The group of the method's type.
    category: String,
    /// How much it is about.
    #[schema(value_type = f64)]
    amount: Amount,
    /// The provider.
    provider_id: String,
    /// What it is paid with.
    payment_method: TransactionPaymentMethod,
    /// Why it stands as it does.
    response_code: String,
    /// The same in words.
    response_message: String,
    /// Why the merchant asked for it.
    #[schema(required)]
    reason: Option<String>,
    /// What the merchant wrote on it.
    #[schema(required)]
    description: Option<String>,
    /// The merchant's reference.
    #[schema(required)]
    merchant_reference: Option<String>,
    /// A card network's advice on trying a declined payment again; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_advice_code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_advice_code_message: Option<&'static str>,
    /// What the provider says.
    provider_data: ProviderData,
    /// Not used.
    #[schema(required)]
    three_d_secure_action_required: Option<bool>,
    /// The connection to the provider; `null` when none took the payment.
    #[schema(required)]
    connection_data: Option<ConnectionData>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// The connection to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionData {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: ConnectionId,
    /// Not used.
    #[schema(required)]
    name: Option<String>,
}

/// What the provider says of a transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderData {
    /// The provider.
    id: String,
    /// Its id of the transaction.
    transaction_id: String,
    /// Its id of the account.
    account_id: String,
    /// Its word for how the transaction stands.
    status: String,
    /// More of it.
    sub_status: String,
    /// Its reason.
    status_detail: String,
    /// Its message.
    response_message: String,
    /// Its code.
    response_code: String,
    /// What it was asked.
    #[schema(value_type = Object)]
    raw_request: Value,
    /// What it answered.
    #[schema(value_type = Object)]
    raw_response: Value,
    /// A card network's advice on trying a declined payment again; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_advice_code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_advice_code_message: Option<&'static str>,
    /// A third party's id of the transaction.
    third_party_transaction_id: String,
    /// A third party's id of the account.
    #[schema(required)]
    third_party_account_id: Option<String>,
    /// ISO 8583 code; empty when it was not approved.
    iso8583_response_code: &'static str,
    /// The same in words.
    iso8583_response_message: &'static str,
}

/// Which transactions an answer has.
#[derive(Clone, Copy)]
pub enum Shape {
    /// The one that counts, and all as history: a payment that was just made.
    Made,
    /// This one, and all as history: a payment that was just moved by it.
    Moved(TransactionId),
    /// All, without a history.
    Retrieved,
    /// All, and all as history.
    RetrievedWithHistory,
}

impl Payment {
    /// The payment as it is answered.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn new(
        app: &AppState,
        organization: OrganizationId,
        row: &payments::Row,
        rows: &[transactions::Row],
        shape: Shape,
    ) -> Result<Self, ApiError> {
        let page = pages::of_payment(app, organization, row);
        let detail = || MethodDetail::answered(row, rows, page.clone());
        let transactions =
            |which: &transactions::Row| Ok::<_, ApiError>(Transaction::new(row, which.clone(), detail()?));
        let all = || rows.iter().map(&transactions).collect::<Result<Vec<_>, _>>();
        let counting = rows.iter().find(|candidate| match shape {
            Shape::Moved(moved) => candidate.transaction_id == moved,
            _ => candidate.position == transactions::MAIN_POSITION,
        });
        let waits = row.sub_status == PaymentSubStatus::WaitingAdditionalStep;
        let counting = rows
            .iter()
            .find(|candidate| waits && candidate.r#type == TransactionType::ThreeDSecure)
            .or(counting)
            .ok_or_else(|| anyhow::anyhow!("a payment without a transaction"))?;
        let as_sent = |kept: &Option<crate::db::AsSent>| kept.as_ref().map(|kept| kept.0.clone());
        let state = State::new(row.status, row.sub_status);
        Ok(Self {
            id: row.payment_id,
            account_id: row.account_id,
            description: row.description.clone(),
            country: row.country,
            status: row.status,
            sub_status: row.sub_status,
            merchant_order_id: row.merchant_order_id.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            amount: PaymentAmount::of(row),
            checkout: PaymentCheckout {
                session: text(row.checkout_session_id),
                sdk_action_required: row.checkout_session_id.is_some() && state.waits_for_customer(),
            },
            payment_method: PaymentMethod {
                vaulted_token: text(row.vaulted_token),
                r#type: row.payment_method_type.clone(),
                vault_on_success: row.vault_on_success,
                token: text(row.token_id),
                parent_payment_method_type: None,
                payment_method_detail: detail()?,
            },
            customer_payer: row.customer_payer.as_ref().map(|payer| KnownPayer::read(&payer.0)).transpose()?,
            additional_data: row.additional_data.as_ref().map(|data| AdditionalData::of(&data.0)),
            taxes: None,
            transactions: match shape {
                Shape::Made | Shape::Moved(_) => Transactions::One(Box::new(transactions(counting)?)),
                Shape::Retrieved | Shape::RetrievedWithHistory => Transactions::All(all()?),
            },
            transactions_history: match shape {
                Shape::Retrieved => None,
                _ => Some(all()?),
            },
            split: Vec::new(),
            split_marketplace: as_sent(&row.split_marketplace).unwrap_or_else(|| json!([])),
            callback_url: row.callback_url.clone(),
            workflow: row.workflow,
            metadata: as_sent(&row.metadata).unwrap_or_else(|| json!([])),
            fraud_screening: None,
            payment_link_id: String::new(),
            payment_link_code: String::new(),
            subscription_code: None,
            subscription: as_sent(&row.subscription),
            routing_rules: None,
            simplified_mode: false,
            account_code: row.account_id,
            idempotency_key: row.idempotency_key.clone(),
        })
    }
}

/// An id as text; empty when there is none.
fn text(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

impl PaymentAmount {
    /// The money of a payment.
    #[must_use]
    pub fn of(row: &payments::Row) -> Self {
        Self {
            captured: row.captured,
            currency: row.currency,
            currency_conversion: None,
            refunded: row.refunded,
            value: row.amount,
        }
    }

    /// How much a transaction of a payment is about.
    #[must_use]
    pub(super) fn of_transaction(payment: &payments::Row, value: Amount) -> Self {
        Self { captured: Amount::ZERO, refunded: Amount::ZERO, value, ..Self::of(payment) }
    }
}

impl AdditionalData {
    /// What was sent, part by part.
    #[must_use]
    pub fn of(sent: &Value) -> Self {
        // A session keeps anything: what is no part says nothing.
        let part = |name: &str| sent.get(name).filter(|part| part.is_object() || part.is_array()).cloned();
        Self {
            airline: part("airline"),
            transportations: part("transportations"),
            order: part("order"),
            seller_details: part("seller_details"),
        }
    }
}

impl Transaction {
    /// A transaction of a payment, with the details of its method.
    pub(in crate::api) fn new(payment: &payments::Row, row: transactions::Row, detail: MethodDetail) -> Self {
        let advice = advice(payment, &row);
        Self {
            id: row.transaction_id,
            r#type: row.r#type,
            status: row.status,
            category: category(payment),
            amount: row.amount,
            provider_id: payment.provider_id.clone(),
            payment_method: TransactionPaymentMethod {
                vaulted_token: text(payment.vaulted_token),
                r#type: payment.payment_method_type.clone(),
                vault_on_success: payment.vault_on_success,
                token: text(payment.token_id),
                parent_payment_method_type: None,
                detail,
            },
            response_message: gateway::message(row.r#type, row.status, &row.response_code).to_owned(),
            provider_data: ProviderData::of(payment, &row),
            response_code: row.response_code,
            reason: row.reason,
            description: row.description,
            merchant_reference: row.merchant_reference,
            merchant_advice_code: advice.map(|(code, _)| code),
            merchant_advice_code_message: advice.map(|(_, message)| message),
            three_d_secure_action_required: None,
            connection_data: payment.connection_id.map(|id| ConnectionData { id, name: None }),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A card network's advice on trying a declined payment again: there is none on what is no card.
fn advice(payment: &payments::Row, row: &transactions::Row) -> Option<(&'static str, &'static str)> {
    payment.card.as_ref().and_then(|_| gateway::advice(row.status, &row.response_code))
}

/// The group of the type of a payment's method; that of a voucher where the catalog does not know the type.
pub(super) fn category(payment: &payments::Row) -> String {
    CATALOG.method(&payment.payment_method_type).map_or("TICKET", |method| &method.category).to_owned()
}

impl ProviderData {
    /// What the provider of a payment says of a transaction.
    pub(super) fn of(payment: &payments::Row, row: &transactions::Row) -> Self {
        let approved = row.status == TransactionStatus::Succeeded;
        let advice = advice(payment, row);
        Self {
            id: payment.provider_id.clone(),
            transaction_id: row.transaction_id.to_string(),
            account_id: String::new(),
            status: row.response_code.clone(),
            sub_status: String::new(),
            status_detail: row.status_detail.clone().unwrap_or_default(),
            response_message: gateway::message(row.r#type, row.status, &row.response_code).to_owned(),
            response_code: row.response_code.clone(),
            raw_request: json!({
                "amount": {"currency": payment.currency, "value": row.amount},
                "reference": row.merchant_reference,
            }),
            raw_response: json!({"status": row.response_code}),
            merchant_advice_code: advice.map(|(code, _)| code),
            merchant_advice_code_message: advice.map(|(_, message)| message),
            third_party_transaction_id: String::new(),
            third_party_account_id: None,
            iso8583_response_code: if approved { "00" } else { "" },
            iso8583_response_message: if approved { "Approved or completed successfully" } else { "" },
        }
    }
}

/// A payment with its transactions, as it is answered.
///
/// # Errors
/// When the database refuses, or what is kept cannot be read.
pub async fn answer(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    row: payments::Row,
    shape: Shape,
) -> Result<Payment, ApiError> {
    let rows = transactions::list(connection, organization, &[row.payment_id]).await?;
    Payment::new(app, organization, &row, &rows, shape)
}
