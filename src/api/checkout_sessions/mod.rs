//! Checkout sessions: one purchase each, for five hours.

mod conditions;
mod create;
mod explain;
mod info;
mod installments;
mod pay;
mod payment;
mod payment_methods;
mod retrieve;
mod token;
mod update;

pub use create::*;
pub use explain::*;
pub use info::*;
pub use installments::*;
pub use pay::*;
pub use payment::*;
pub use payment_methods::*;
pub use retrieve::*;
pub use token::*;
pub use update::*;

use std::borrow::Cow;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::availability::{Offer, Purchase, Situation};
use crate::checkout::MethodSettings;
use crate::db::checkout_sessions::{Find, Row};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{
    Amount, CheckoutId, CheckoutSessionId, Country, Currency, CustomerId, Link, Metadata, OrganizationId, Timestamp,
    Workflow,
};

/// How long after its creation a session can be paid.
pub(in crate::api) const fn lifetime() -> TimeDelta {
    TimeDelta::hours(5)
}

/// A checkout session.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutSession {
    /// Its id again, when it is retrieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    id: Option<CheckoutSessionId>,
    /// The merchant's id of the order.
    merchant_order_id: String,
    /// Its id: the token that SDK clients work with.
    #[schema(value_type = String, format = Uuid)]
    checkout_session: CheckoutSessionId,
    /// Where the customer pays.
    #[schema(value_type = String)]
    country: Country,
    /// What is paid for.
    payment_description: String,
    /// Who pays.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    customer_id: Option<CustomerId>,
    /// Where the customer is sent when done, unless there is a `return_url`.
    #[schema(value_type = Option<String>, required)]
    callback_url: Option<Link>,
    /// What is paid.
    amount: SessionAmount,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The merchant's own entries, in the form in which they were sent.
    #[schema(value_type = Option<Metadata>, required)]
    metadata: Option<Value>,
    /// How its payment is made.
    #[schema(value_type = String)]
    workflow: Workflow,
    /// Instalments of its own.
    #[schema(value_type = SessionInstallments)]
    installments: Value,
    /// Whether a payment was made on it; not told on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used: Option<bool>,
    /// The checkout that shapes it.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    checkout_id: Option<CheckoutId>,
    /// Where the customer is sent when done.
    #[schema(value_type = Option<String>, required)]
    return_url: Option<Link>,
    /// `ACTIVE`, `COMPLETED` or `EXPIRED`.
    status: SessionStatus,
    /// From when on it can do nothing any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// What it offers; told on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment_methods: Option<Vec<OfferedMethod>>,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionAmount {
    /// ISO 4217 code.
    #[schema(value_type = String)]
    currency: Currency,
    /// In major units, exact.
    #[schema(value_type = f64)]
    value: Amount,
}

/// Instalments of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionInstallments {
    /// The account's plan that applies.
    #[schema(required)]
    plan_id: Option<String>,
    /// The session's own plan.
    #[schema(value_type = Option<Vec<SessionInstallment>>, required)]
    plan: Option<Value>,
}

/// One choice of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionInstallment {
    /// In how many parts.
    installment: u16,
    /// What the amount is multiplied with.
    #[schema(value_type = f64)]
    rate: Amount,
}

/// Whether a session can still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionStatus {
    /// It can be paid.
    Active,
    /// Its payment has come to an end.
    Completed,
    /// Its time is over.
    Expired,
}

impl SessionStatus {
    /// Every status, in the order of a session's life.
    pub const ALL: [Self; 3] = [Self::Active, Self::Completed, Self::Expired];

    /// The API's name of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Completed => "COMPLETED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A method that a session offers, in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedMethod {
    /// Its type.
    r#type: &'static str,
    /// The group of its type.
    category: &'static str,
    /// What the customer reads.
    #[schema(value_type = String)]
    name: Cow<'static, str>,
}

impl From<Offer<'_>> for OfferedMethod {
    fn from(offer: Offer<'_>) -> Self {
        let name = match offer.settings.and_then(MethodSettings::own_name) {
            Some(own) => Cow::Owned(own.to_owned()),
            None => Cow::Borrowed(offer.method.name.as_str()),
        };
        Self { r#type: &offer.method.r#type, category: &offer.method.category, name }
    }
}

impl Row {
    /// The session's status at a time. That it has expired is not stored: the clock alone decides it.
    pub(crate) fn status(&self, now: Timestamp) -> SessionStatus {
        match () {
            () if self.completed => SessionStatus::Completed,
            () if now >= self.expires_at => SessionStatus::Expired,
            () => SessionStatus::Active,
        }
    }

    /// What the session says about the purchase.
    pub(in crate::api) fn situation(&self) -> Situation<'_> {
        let metadata = self.metadata.as_ref().map(|metadata| &metadata.0);
        let purchase = Purchase { currency: self.currency, amount: self.amount, metadata };
        Situation { country: self.country, purchase: Some(purchase) }
    }
}

impl CheckoutSession {
    /// The session as it is retrieved: with its id under both names.
    pub(in crate::api) fn retrieved(row: Row, now: Timestamp) -> Self {
        Self { id: Some(row.checkout_session_id), ..Self::new(row, now) }
    }

    fn new(row: Row, now: Timestamp) -> Self {
        Self {
            id: None,
            status: row.status(now),
            merchant_order_id: row.merchant_order_id,
            checkout_session: row.checkout_session_id,
            country: row.country,
            payment_description: row.payment_description,
            customer_id: row.customer_id,
            callback_url: row.callback_url,
            amount: SessionAmount { currency: row.currency, value: row.amount },
            created_at: row.created_at,
            metadata: row.metadata.map(|metadata| metadata.0),
            workflow: row.workflow,
            installments: row
                .installments
                .map_or_else(|| serde_json::json!({"plan_id": null, "plan": null}), |installments| installments.0),
            used: Some(row.used),
            checkout_id: row.checkout_id,
            return_url: row.return_url,
            expires_at: row.expires_at,
            payment_methods: None,
        }
    }
}

/// Finds a session. The asker must hold no connection to the database.
async fn find(app: &AppState, organization: OrganizationId, id: &str) -> Result<Row, ApiError> {
    let session = CheckoutSessionId::parse(id).map_err(|_| ApiError::CheckoutSessionNotFound)?;
    app.checkout_sessions.ask(Find { organization, session }).await?.ok_or(ApiError::CheckoutSessionNotFound)
}

/// Finds a session that can still be paid. The asker must hold no connection to the database.
async fn find_active(app: &AppState, organization: OrganizationId, id: &str, now: Timestamp) -> Result<Row, ApiError> {
    let session = find(app, organization, id).await?;
    match session.status(now) {
        SessionStatus::Active => Ok(session),
        SessionStatus::Completed | SessionStatus::Expired => Err(ApiError::CheckoutSessionNotFound),
    }
}

/// The session of the document's examples.
fn example() -> Value {
    serde_json::json!({
        "merchant_order_id": "order-2001",
        "checkout_session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "country": "BR",
        "payment_description": "Running shoes",
        "customer_id": null,
        "callback_url": "https://shop.example.com/return",
        "amount": {"currency": "BRL", "value": 259.9},
        "created_at": "2026-01-15T12:00:00.000000Z",
        "metadata": [{"key": "cart", "value": "77"}],
        "workflow": "SDK_CHECKOUT",
        "installments": {"plan_id": null, "plan": null},
        "checkout_id": null,
        "return_url": null,
        "status": "ACTIVE",
        "expires_at": "2026-01-15T17:00:00.000000Z",
    })
}

/// The [example](example) with more fields.
fn example_with(more: Value) -> Value {
    let mut session = example();
    if let (Value::Object(session), Value::Object(more)) = (&mut session, more) {
        session.extend(more);
    }
    session
}
