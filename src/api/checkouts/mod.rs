//! The checkout builder: what a merchant makes of its checkouts.

mod configuration;
mod create;
mod list;
mod publish;
mod retrieve;
mod update;

pub use configuration::*;
pub use create::*;
pub use list::*;
pub use publish::*;
pub use retrieve::*;
pub use update::*;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::availability::Offers;
use crate::db::checkouts::{self, Row, Summary};
use crate::db::{AsSent, Connection};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{AccountId, CheckoutId, CheckoutStatus, OrganizationId, Timestamp};

/// What is told of a checkout that was made or changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checkout {
    /// Its id: the `checkout_code` of the other operations, and the `checkout_id` of sessions.
    #[schema(value_type = String, format = Uuid)]
    id: CheckoutId,
    /// The merchant's name of it.
    name: String,
    /// What the merchant says of it.
    description: String,
    /// Whether it shapes the sessions that name none.
    is_default: bool,
    /// Whether it is published.
    is_active: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Row> for Checkout {
    fn from(row: Row) -> Self {
        Self {
            id: row.checkout_id,
            name: row.name,
            description: row.description,
            is_default: row.is_default,
            is_active: row.status == CheckoutStatus::Published,
            created_at: row.created_at,
        }
    }
}

/// Published checkouts that an account can have: they are read together, for every account that is asked for.
const MAX_PUBLISHED: usize = 50;

/// Checks that one more of an account's checkouts can be published.
///
/// # Errors
/// `INVALID_PARAMETERS` for a field when there are too many.
fn check_room(present: &[Summary], field: &str) -> Result<(), ApiError> {
    let published = present.iter().filter(|checkout| checkout.status == CheckoutStatus::Published).count();
    match published < MAX_PUBLISHED {
        true => Ok(()),
        false => {
            let most = format!("{MAX_PUBLISHED} published checkouts, which is the most there can be");
            Err(ApiError::InvalidParameters(vec![format!("{field}: the account has {most}")]))
        }
    }
}

/// The id in a path, as it was sent and what it is.
struct CheckoutCode {
    sent: String,
    id: CheckoutId,
}

impl CheckoutCode {
    /// Reads it.
    ///
    /// # Errors
    /// `INVALID_PARAMETERS` when it is none.
    fn read(sent: String) -> Result<Self, ApiError> {
        match CheckoutId::parse(&sent) {
            Ok(id) => Ok(Self { sent, id }),
            Err(what) => Err(ApiError::InvalidParameters(vec![format!("checkout_code: {what}")])),
        }
    }

    /// The digest of a body for this checkout: for another one it is another request.
    fn of_checkout(&self, sha256: [u8; 32]) -> [u8; 32] {
        Sha256::new().chain_update(sha256).chain_update(self.id.to_string()).finalize().into()
    }

    /// Finds the checkout in an account.
    ///
    /// # Errors
    /// `CHECKOUT_NOT_FOUND` when there is none.
    async fn find(
        self,
        connection: &mut Connection,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Row, ApiError> {
        let found = checkouts::find(connection, organization, account, self.id).await?;
        found.ok_or(ApiError::CheckoutNotFound(self.sent))
    }
}

/// The digest of a body for an account, which stands in a header: for another one it is another request.
fn of_account(sha256: [u8; 32], account: AccountId) -> [u8; 32] {
    Sha256::new().chain_update(sha256).chain_update(account.to_string()).finalize().into()
}

/// The default checkout of an account, made when there is none yet. The account must be locked.
async fn default_of(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> Result<Row, ApiError> {
    if let Some(present) = checkouts::find_default(connection, organization, account).await? {
        return Ok(present);
    }
    let default = Row {
        checkout_id: CheckoutId::new(now),
        account_id: account,
        name: "Default".to_owned(),
        description: "Default".to_owned(),
        status: CheckoutStatus::Published,
        is_default: true,
        payment_methods: AsSent(json!([])),
        general_settings: AsSent(json!({})),
        styling: AsSent(json!({})),
        created_at: now,
        updated_at: now,
    };
    checkouts::insert(connection, organization, &default).await?;
    Ok(default)
}

/// What an account offers to a session that may name a checkout. The asker must hold no connection to the database.
///
/// # Errors
/// `INVALID_PARAMETERS` when it names one that is not a published one of the account.
pub async fn offers_naming(
    app: &AppState,
    organization: OrganizationId,
    account: AccountId,
    named: Option<CheckoutId>,
) -> Result<Arc<Offers>, ApiError> {
    let offers = app.accounts.offers(&app.db, &app.clock, organization, account).await?;
    let Some(named) = named.filter(|named| !offers.has_checkout(*named)) else { return Ok(offers) };
    // Another instance may have published it since the account was read.
    let found = checkouts::find(&mut *app.db.acquire().await?, organization, account, named).await?;
    if found.is_none_or(|found| found.status != CheckoutStatus::Published) {
        return Err(unknown_checkout());
    }
    app.accounts.changed(organization, account);
    Ok(app.accounts.offers(&app.db, &app.clock, organization, account).await?)
}

/// The refusal of a `checkout_id` that is not a published checkout of the account.
#[must_use]
pub fn unknown_checkout() -> ApiError {
    ApiError::InvalidParameters(vec!["checkout_id: must be a published checkout of the account".to_owned()])
}

/// The checkout of the document's examples.
fn example() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "name": "Promo Checkout",
        "description": "For the sale",
        "is_default": false,
        "is_active": true,
        "created_at": "2026-01-15T12:00:00.000000Z",
    })
}
