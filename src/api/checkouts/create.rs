//! `POST /v1/checkouts`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use sqlx::Connection as _;

use super::{Checkout, check_room, default_of, example, of_account};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::db::checkouts::{self, Row};
use crate::db::organizations;
use crate::error::{ApiError, OnConstraint as _};
use crate::input::{Body, input};
use crate::state::AppState;
use crate::types::{CheckoutId, CheckoutName, CheckoutStatus, Text};

/// Checkouts that an account can have.
const MAX_CHECKOUTS: usize = 1_000;

input! {
    /// A checkout to create.
    pub struct CreateCheckout / /// What to change of a checkout: one thing at least.
    UpdateCheckout {
        /// The merchant's name of it, unique in the account.
        required name: CheckoutName,
        /// What the merchant says of it.
        optional description: Text<0, 1024>,
    } with {
        /// What it is to be: `PUBLISHED` from `NOT_PUBLISHED`, `NOT_PUBLISHED` from either of the others, `ARCHIVED` from
        /// either of the others. The default stays published.
        optional status: CheckoutStatus,
        /// `true` makes it the account's default, published, from any status; the old default is one no more.
        optional is_default: bool,
    }
}

refusals!(ApiError::DuplicateCheckoutName("Promo Checkout".into()), ApiError::IdempotencyConflict);

/// Create a checkout
///
/// A copy of the account's default, published and not the default. The account is that of `X-Account-Code`. An account has
/// at most fifty published ones, and a thousand in all.
#[utoipa::path(
    post,
    path = "/v1/checkouts",
    tag = "checkouts",
    params(IdempotencyKey),
    request_body(content = CreateCheckout, example = json!({"name": "Promo Checkout", "description": "For the sale"})),
    responses((status = 201, description = "The checkout.", body = Checkout, example = json!(example())), Refusals),
)]
pub async fn create_checkout(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, sha256 }: Body<CreateCheckout>,
) -> Result<Response, ApiError> {
    let account = merchant.account_of_header()?;
    let organization = merchant.organization;
    let sha256 = of_account(sha256, account);
    let mut work = match begin(&app, organization, "create_checkout", key, sha256, OtherBody::Refused).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    let now = app.clock.now(organization);
    let name = new.name.into_string();
    let mut database = work.connection().begin().await?;
    organizations::lock_account(&mut database, organization, account).await?;
    let default = default_of(&mut database, organization, account, now).await?;
    let present = checkouts::list(&mut database, organization, account).await?;
    if present.len() >= MAX_CHECKOUTS {
        let message = format!("X-Account-Code: has {MAX_CHECKOUTS} checkouts, which is the most there can be");
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    check_room(&present, "X-Account-Code")?;
    let checkout = Row {
        checkout_id: CheckoutId::new(now),
        name: name.clone(),
        description: new.description.map(Text::into_string).unwrap_or_default(),
        status: CheckoutStatus::Published,
        is_default: false,
        created_at: now,
        updated_at: now,
        ..default
    };
    checkouts::insert(&mut database, organization, &checkout)
        .await
        .on_constraint("checkouts_name_key", ApiError::DuplicateCheckoutName(name))?;
    database.commit().await?;
    let answer = work.answer(StatusCode::CREATED, &Checkout::from(checkout)).await?;
    app.accounts.changed(organization, account);
    Ok(answer)
}
