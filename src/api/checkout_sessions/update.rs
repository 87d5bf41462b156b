//! `PATCH /v1/checkout/sessions/{checkout_session}`

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::create::{AmountChange, NewInstallments, SessionPaymentMethod, Words, as_sent};
use super::{CheckoutSession, example_with, find_active};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::installments_plans::check_plan;
use crate::db::{checkout_sessions, customers};
use crate::error::ApiError;
use crate::input::{Anything, Body, PathParameter, input};
use crate::state::AppState;
use crate::types::{AccountId, Country, CustomerId, Link, Metadata, Text, Workflow};

input! {
    /// What to change of a checkout session: only what is sent changes, and an amount is merged key by key.
    pub struct UpdateCheckoutSession {
        /// Who pays: a customer of the organization.
        optional customer_id: CustomerId,
        /// The merchant's id of the order.
        optional merchant_order_id: Words,
        /// What is paid for.
        optional payment_description: Words,
        /// Where the customer is sent when done, unless there is a `return_url`.
        optional callback_url: Link,
        /// Where the customer is sent when done.
        optional return_url: Link,
        /// Where the customer pays.
        optional country: Country,
        /// The session's account; it cannot be changed.
        optional account_id: AccountId,
        /// What is paid.
        optional amount: AmountChange,
        /// The amount in another currency, for display.
        optional alternative_amount: AmountChange,
        /// The merchant's own entries, in place of the old ones.
        optional metadata: Metadata,
        /// How the payment is made.
        optional workflow: Workflow,
        /// Instalments of the session's own, in place of the old ones.
        optional installments: NewInstallments,
        /// Order, airline and other data for the payment.
        optional additional_data: Anything,
        /// Data of who pays, for the payment.
        optional customer_payer: Anything,
        /// What is decided of the payment method beforehand.
        optional payment_method: SessionPaymentMethod,
    }
}

refusals!(ApiError::InvalidAccountId, ApiError::CustomerNotFound, ApiError::CheckoutSessionNotFound);

/// Update a checkout session
///
/// As long as no payment was made on it and it has not expired.
#[utoipa::path(
    patch,
    path = "/v1/checkout/sessions/{checkout_session}",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    request_body(content = UpdateCheckoutSession, example = json!({
        "amount": {"value": 239.9},
        "payment_description": "Running shoes, with voucher",
    })),
    responses(
        (status = 200, description = "The session.", body = CheckoutSession, example = json!(example_with(json!({
            "amount": {"currency": "BRL", "value": 239.9},
            "payment_description": "Running shoes, with voucher",
            "used": false,
        })))),
        Refusals,
    ),
)]
pub async fn update_checkout_session(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: sent, .. }: Body<UpdateCheckoutSession>,
) -> Result<Json<CheckoutSession>, ApiError> {
    let organization = merchant.organization;
    let now = app.clock.now(organization);
    let session = find_active(&app, organization, &id, now).await?;
    if sent.account_id.is_some_and(|account| account != session.account_id) {
        return Err(ApiError::InvalidAccountId);
    }
    let mut transaction = app.db.begin().await?;
    if let Some(customer) = sent.customer_id
        && !customers::hold(&mut transaction, organization, customer).await?
    {
        return Err(ApiError::CustomerNotFound);
    }
    if let Some(plan) = sent.installments.as_ref().and_then(|installments| installments.plan_id.as_ref()) {
        check_plan(&mut transaction, organization, session.account_id, plan.as_str()).await?;
    }

    let change = checkout_sessions::Change {
        customer_id: sent.customer_id,
        merchant_order_id: sent.merchant_order_id.map(Text::into_string),
        payment_description: sent.payment_description.map(Text::into_string),
        country: sent.country,
        currency: sent.amount.as_ref().and_then(|amount| amount.currency),
        amount: sent.amount.as_ref().and_then(|amount| amount.value),
        callback_url: sent.callback_url,
        return_url: sent.return_url,
        metadata: as_sent(sent.metadata.as_ref()),
        workflow: sent.workflow,
        installments: as_sent(sent.installments.as_ref()),
        kept: checkout_sessions::Kept {
            alternative_amount: sent.alternative_amount.map(|amount| sqlx::types::Json(without_nulls(json!(amount)))),
            recurring_payment: None,
            additional_data: as_sent(sent.additional_data.as_ref()),
            payment_method: as_sent(sent.payment_method.as_ref()),
            customer_payer: as_sent(sent.customer_payer.as_ref()),
        },
    };
    // A payment may have been made on it since it was read: the statement asks again.
    let session = checkout_sessions::update(&mut transaction, organization, session.checkout_session_id, &change, now)
        .await?
        .ok_or(ApiError::CheckoutSessionNotFound)?;
    transaction.commit().await?;
    Ok(Json(CheckoutSession::new(session, now)))
}

/// The keys of an object that have a value: the others stay as they were.
fn without_nulls(object: Value) -> Value {
    match object {
        Value::Object(object) => object.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}
