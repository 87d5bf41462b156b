//! One-time tokens: a card, or another method, for one payment within a quarter of an hour.

mod create;

pub use create::*;

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Connection, tokens};
use crate::error::ApiError;
use crate::types::{AccountId, CheckoutSessionId, CustomerId, OrganizationId, Timestamp, TokenId};

/// How long after it was made a token can be used.
#[must_use]
pub const fn lifetime() -> TimeDelta {
    TimeDelta::minutes(15)
}

/// What a token is to be used for.
#[derive(Clone, Copy, Debug)]
pub struct For {
    /// The account that is paid, or that enrolls.
    pub account: AccountId,
    /// The session that is paid.
    pub session: Option<CheckoutSessionId>,
    /// Who pays, or enrolls.
    pub customer: Option<CustomerId>,
}

/// Uses a token up for what is made with it. One of a session is for that session, any other for its account. Its card
/// is given one last time.
///
/// # Errors
/// `INVALID_CUSTOMER_FOR_TOKEN` when somebody else pays than whose token it is, `TOKEN_IN_USE` when a payment is just
/// being made with it, else `INVALID_TOKEN`.
pub async fn take(
    connection: &mut Connection,
    organization: OrganizationId,
    token: &str,
    for_what: For,
    used_for: Uuid,
    now: Timestamp,
) -> Result<tokens::Row, ApiError> {
    let id = TokenId::parse(token).map_err(|_| ApiError::InvalidToken)?;
    let Some(token) = tokens::take(connection, organization, id, used_for, now).await? else {
        return match tokens::is_in_use(connection, organization, id).await? {
            true => Err(ApiError::TokenInUse),
            false => Err(ApiError::InvalidToken),
        };
    };
    if let (Some(owner), Some(customer)) = (token.customer_id, for_what.customer)
        && owner != customer
    {
        return Err(ApiError::InvalidCustomerForToken);
    }
    let fits = token.account_id == for_what.account
        && token.checkout_session_id.is_none_or(|session| for_what.session == Some(session));
    match fits {
        true => Ok(token),
        false => Err(ApiError::InvalidToken),
    }
}

/// The card of the document's examples.
pub(super) fn example_card() -> Value {
    serde_json::json!({
        "holder_name": "Ana Souza",
        "iin": "45079900",
        "lfd": "0002",
        "number_length": 16,
        "security_code_length": 3,
        "brand": "VISA",
        "type": "CREDIT",
        "category": "CLASSIC",
        "issuer_name": "TEST BANK",
        "issuer_code": null,
        "fingerprint": null,
    })
}
