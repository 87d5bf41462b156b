//! `PATCH /v1/checkouts/{checkout_code}`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use sqlx::Connection as _;

use super::{Checkout, CheckoutCode, UpdateCheckout, check_room, example, of_account};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::checkout::{Wanted, become_of};
use crate::db::{checkouts, organizations};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::{Body, PathParameter};
use crate::state::AppState;
use crate::types::{CheckoutName, CheckoutStatus, Text};

refusals!(
    ApiError::CheckoutNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()),
    ApiError::InvalidPatchBody,
    ApiError::InvalidStatusTransition(CheckoutStatus::Archived),
    ApiError::CheckoutDemotion,
    ApiError::DuplicateCheckoutName("Promo Checkout".into()),
    ApiError::CannotArchiveDefaultCheckout,
    ApiError::CannotUnpublishDefaultCheckout,
    ApiError::IdempotencyConflict,
);

/// Update a checkout
///
/// Its name and description at any time, its status, or whether it is the account's default. One that is published no
/// more shapes no session: those that name it are shaped by the default.
#[utoipa::path(
    patch,
    path = "/v1/checkouts/{checkout_code}",
    tag = "checkouts",
    params(("checkout_code" = String, Path, description = "Id of the checkout."), IdempotencyKey),
    request_body(content = UpdateCheckout, example = json!({"name": "Promo Checkout", "status": "NOT_PUBLISHED"})),
    responses((status = 200, description = "The checkout.", body = Checkout, example = json!(example())), Refusals),
)]
pub async fn update_checkout(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(code): PathParameter,
    key: IdempotencyKey,
    Body { value: change, sha256 }: Body<UpdateCheckout>,
) -> Result<Response, ApiError> {
    let account = merchant.account_of_header()?;
    let organization = merchant.organization;
    let code = CheckoutCode::read(code)?;
    let UpdateCheckout { name, description, status, is_default } = change;
    if name.is_none() && description.is_none() && status.is_none() && is_default.is_none() {
        return Err(ApiError::InvalidPatchBody);
    }
    let sha256 = code.of_checkout(of_account(sha256, account));
    let mut work = match begin(&app, organization, "update_checkout", key, sha256, OtherBody::Refused).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    let now = app.clock.now(organization);
    let mut database = work.connection().begin().await?;
    organizations::lock_account(&mut database, organization, account).await?;
    let mut row = code.find(&mut database, organization, account).await?;
    let (status, becomes_default) = become_of(row.status, row.is_default, Wanted { status, is_default })?;
    if status == CheckoutStatus::Published && row.status != status {
        let field = if becomes_default { "is_default" } else { "status" };
        check_room(&checkouts::list(&mut database, organization, account).await?, field)?;
    }
    if becomes_default && !row.is_default {
        checkouts::demote(&mut database, organization, account, now).await?;
    }
    row.status = status;
    row.is_default = becomes_default;
    row.name = name.map_or(row.name, CheckoutName::into_string);
    row.description = description.map_or(row.description, Text::into_string);
    row.updated_at = now;
    checkouts::update(&mut database, organization, &row)
        .await
        .on_constraint("checkouts_name_key", ApiError::DuplicateCheckoutName(row.name.clone()))?;
    database.commit().await?;
    let answer = work.answer(StatusCode::OK, &Checkout::from(row)).await?;
    app.accounts.changed(organization, account);
    Ok(answer)
}
