//! `POST /v1/customers/sessions` and its alias `POST /v1/customer-sessions`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{CustomerSession, example, lifetime};
use crate::api::auth::Merchant;
use crate::api::checkouts::unknown_checkout;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::db::{checkouts, customer_sessions};
use crate::error::ApiError;
use crate::input::{Body, input};
use crate::state::AppState;
use crate::types::{AccountId, CheckoutId, CheckoutStatus, Country, CustomerId, CustomerSessionId, Link};

input! {
    /// A customer session to create.
    pub struct CreateCustomerSession {
        /// The account that enrolls.
        required account_id: AccountId,
        /// Where the customer is.
        required country: Country,
        /// Who enrolls: a customer of the organization.
        required customer_id: CustomerId,
        /// Where the customer is sent when done, unless there is a `return_url`.
        optional callback_url: Link,
        /// Where the customer is sent when done.
        optional return_url: Link,
        /// The checkout that shapes the session: a published one of the account; its default when not sent.
        optional checkout_id: CheckoutId,
    }
}

refusals!(ApiError::InvalidAccountId, ApiError::CustomerNotFound);

/// Create a customer session
///
/// One session for each enrollment of a payment method. It lives five hours.
#[utoipa::path(
    post,
    path = "/v1/customers/sessions",
    tag = "customer sessions",
    params(IdempotencyKey),
    request_body(content = CreateCustomerSession, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "country": "BR",
        "customer_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
        "callback_url": "https://shop.example.com/cards",
    })),
    responses((status = 200, description = "The session.", body = CustomerSession, example = json!(example())), Refusals),
)]
pub async fn create_customer_session(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, sha256 }: Body<CreateCustomerSession>,
) -> Result<Response, ApiError> {
    let account_id = merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let mut work = match begin(&app, organization, "create_customer_session", key, sha256, OtherBody::Ignored).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    if let Some(checkout) = new.checkout_id {
        let named = checkouts::find(work.connection(), organization, account_id, checkout).await?;
        named.filter(|named| named.status == CheckoutStatus::Published).ok_or_else(unknown_checkout)?;
    }
    let now = app.clock.now(organization);
    let session = customer_sessions::Row {
        customer_session_id: CustomerSessionId::new(now),
        account_id,
        customer_id: new.customer_id,
        country: new.country,
        callback_url: new.callback_url,
        return_url: new.return_url,
        checkout_id: new.checkout_id,
        created_at: now,
        expires_at: now.plus(lifetime()),
    };
    if !customer_sessions::insert(work.connection(), organization, &session).await? {
        return Err(ApiError::CustomerNotFound);
    }
    let answer = work.answer(StatusCode::OK, &CustomerSession::new(session, now)).await?;
    app.metrics.count(|measures| &measures.customer_sessions_created);
    Ok(answer)
}

/// Create a customer session (alias)
///
/// The same as `POST /v1/customers/sessions`.
#[utoipa::path(
    post,
    path = "/v1/customer-sessions",
    tag = "customer sessions",
    params(IdempotencyKey),
    request_body(content = CreateCustomerSession, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "country": "BR",
        "customer_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
    })),
    responses((status = 200, description = "The session.", body = CustomerSession, example = json!(example())), Refusals),
)]
pub async fn create_customer_session_alias(
    app: State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    body: Body<CreateCustomerSession>,
) -> Result<Response, ApiError> {
    create_customer_session(app, merchant, key, body).await
}
