//! Customer sessions: one enrollment of a payment method each, for five hours.

mod complete;
mod create;
mod enroll;
mod payment_methods;
mod retrieve;

pub use complete::*;
pub use create::*;
pub use enroll::*;
pub use payment_methods::*;
pub use retrieve::*;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::customer_sessions::Row;
use crate::db::{Connection, customers};
use crate::error::ApiError;
use crate::types::{CheckoutId, Country, CustomerId, CustomerSessionId, Link, OrganizationId, Timestamp};

/// How long after its creation a session can be used.
const fn lifetime() -> TimeDelta {
    TimeDelta::hours(5)
}

/// A customer session.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSession {
    /// Its id: the token that SDK clients work with.
    #[schema(value_type = String, format = Uuid)]
    customer_session: CustomerSessionId,
    /// Who enrolls.
    #[schema(value_type = String, format = Uuid)]
    customer_id: CustomerId,
    /// Where the customer is.
    #[schema(value_type = String)]
    country: Country,
    /// Where the customer is sent when done, unless there is a `return_url`.
    #[schema(value_type = Option<String>, required)]
    callback_url: Option<Link>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The checkout that shapes it.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    checkout_id: Option<CheckoutId>,
    /// Where the customer is sent when done.
    #[schema(value_type = Option<String>, required)]
    return_url: Option<Link>,
    /// `ACTIVE` or `EXPIRED`.
    status: CustomerSessionStatus,
    /// From when on it can do nothing any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Whether a customer session can still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerSessionStatus {
    /// It can be used.
    Active,
    /// Its time is over.
    Expired,
}

impl Row {
    fn status(&self, now: Timestamp) -> CustomerSessionStatus {
        match now < self.expires_at {
            true => CustomerSessionStatus::Active,
            false => CustomerSessionStatus::Expired,
        }
    }
}

/// Finds a session that can still be used, of a customer that is still there.
async fn find_active(
    connection: &mut Connection,
    organization: OrganizationId,
    id: &str,
    now: Timestamp,
) -> Result<Row, ApiError> {
    let id = CustomerSessionId::parse(id).map_err(|_| ApiError::CustomerSessionNotFound)?;
    let session = crate::db::customer_sessions::find(connection, organization, id)
        .await?
        .filter(|session| session.status(now) == CustomerSessionStatus::Active)
        .ok_or(ApiError::CustomerSessionNotFound)?;
    match customers::find(connection, organization, session.customer_id).await? {
        Some(_) => Ok(session),
        None => Err(ApiError::CustomerSessionNotFound),
    }
}

impl CustomerSession {
    fn new(row: Row, now: Timestamp) -> Self {
        Self {
            status: row.status(now),
            customer_session: row.customer_session_id,
            customer_id: row.customer_id,
            country: row.country,
            callback_url: row.callback_url,
            created_at: row.created_at,
            checkout_id: row.checkout_id,
            return_url: row.return_url,
            expires_at: row.expires_at,
        }
    }
}

/// The session of the document's examples.
fn example() -> Value {
    serde_json::json!({
        "customer_session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "customer_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
        "country": "BR",
        "callback_url": "https://shop.example.com/cards",
        "created_at": "2026-01-15T12:00:00.000000Z",
        "checkout_id": null,
        "return_url": null,
        "status": "ACTIVE",
        "expires_at": "2026-01-15T17:00:00.000000Z",
    })
}
