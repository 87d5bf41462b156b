//! Connections: which providers an account uses, and for which methods.

mod catalog;
mod create;
mod delete;
mod list;
mod retrieve;
mod update;

pub use catalog::*;
pub use create::*;
pub use delete::*;
pub use list::*;
pub use retrieve::*;
pub use update::*;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::catalog::CATALOG;
use crate::db::Connection;
use crate::db::audit_log::{self, Action, NewEntry};
use crate::db::connections::Row;
use crate::error::ApiError;
use crate::input::{At, Input, Problems};
use crate::types::{ConnectionId, Country, Currency, Text, Timestamp};

type Name = Text<1, 255>;

/// A connection between an account and a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderConnection {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    connection_id: ConnectionId,
    /// The merchant's name of it.
    merchant_connection_id: String,
    /// The provider.
    provider_id: String,
    /// `ACTIVE` or `PAUSED`.
    status: String,
    /// Always `PAYIN`.
    flow_type: &'static str,
    /// The types that are enabled on it.
    payment_methods: Vec<String>,
    /// Its parameters; `***` for values that are secret or not known to be otherwise.
    #[schema(value_type = Vec<Object>)]
    params: Value,
    /// What the provider charges, as the merchant says.
    #[schema(value_type = Vec<Object>)]
    costs: Value,
    /// Countries that it is narrowed to; `null` when it is not.
    #[schema(value_type = Option<Vec<String>>, required)]
    countries: Option<Vec<Country>>,
    /// Currencies that it is narrowed to; `null` when it is not.
    #[schema(value_type = Option<Vec<String>>, required)]
    currencies: Option<Vec<Currency>>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Row> for ProviderConnection {
    fn from(row: Row) -> Self {
        Self {
            connection_id: row.connection_id,
            merchant_connection_id: row.merchant_connection_id,
            provider_id: row.provider_id,
            status: row.status,
            flow_type: "PAYIN",
            payment_methods: row.payment_methods,
            params: row.params.0,
            costs: row.costs.0,
            countries: row.countries,
            currencies: row.currencies,
            created_at: row.created_at.to_seconds(),
            updated_at: row.updated_at.to_seconds(),
        }
    }
}

/// Takes types that a provider offers, each once.
///
/// # Errors
/// `UNSUPPORTED_PAYMENT_METHOD`, naming all others.
fn offered_by(provider: &str, methods: Vec<Name>) -> Result<Vec<String>, ApiError> {
    let offered = CATALOG.offered_by(provider).ok_or_else(|| ApiError::UnknownProvider(provider.to_owned()))?;
    let (known, unknown): (Vec<_>, Vec<_>) =
        methods.into_iter().map(Text::into_string).partition(|method| offered.contains(method));
    if !unknown.is_empty() {
        return Err(ApiError::UnsupportedPaymentMethod { methods: unknown.join(", "), provider: provider.to_owned() });
    }
    let mut once = Vec::with_capacity(known.len());
    for method in known {
        if !once.contains(&method) {
            once.push(method);
        }
    }
    Ok(once)
}

/// At least one type.
#[derive(Clone)]
pub struct PaymentMethods(Vec<Name>);

impl Input for PaymentMethods {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let methods = Vec::<Name>::read(raw, at, problems)?;
        if methods.is_empty() {
            problems.wrong(at, "must have at least one item");
            return None;
        }
        Some(Self(methods))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Vec::<Name>::schema()
    }
}

/// Tells the audit log what was done to a connection, and what it has become or was; in the transaction in which it was.
async fn note(
    database: &mut Connection,
    merchant: &Merchant,
    action: Action,
    row: &Row,
    now: Timestamp,
) -> sqlx::Result<()> {
    let entry = NewEntry {
        actor: merchant.public_key(),
        action,
        subject: &row.connection_id.to_string(),
        details: json!({
            "account_id": row.account_id,
            "merchant_connection_id": row.merchant_connection_id,
            "provider_id": row.provider_id,
            "status": row.status,
            "payment_methods": row.payment_methods,
            "countries": row.countries,
            "currencies": row.currencies,
        }),
    };
    audit_log::insert(database, merchant.organization, entry, now).await
}

/// The connection of the document's examples.
fn example() -> Value {
    json!({
        "connection_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "merchant_connection_id": "dlocal-latam",
        "provider_id": "DLOCAL",
        "status": "ACTIVE",
        "flow_type": "PAYIN",
        "payment_methods": ["PIX", "OXXO"],
        "params": [{"param_id": "X_LOGIN", "value": "***"}],
        "costs": [],
        "countries": ["BR", "MX"],
        "currencies": null,
        "created_at": "2026-01-15T12:00:00Z",
        "updated_at": "2026-01-15T12:00:00Z",
    })
}
