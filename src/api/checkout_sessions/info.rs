//! `GET /v1/checkout/sessions/{checkout_session}/info`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::pay::example_payment;
use super::{CheckoutPayment, SessionAmount, SessionStatus, find};
use crate::api::auth::SdkClient;
use crate::api::document::refusals;
use crate::checkout::answered_styling;
use crate::db::{checkout_sessions, checkouts};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{CheckoutSessionId, Country, Link, OrganizationId, Timestamp, Workflow};

/// A checkout session, as far as it concerns whoever has the public key.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutInfo {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    checkout_session: CheckoutSessionId,
    /// The merchant's id of the order.
    merchant_order_id: String,
    /// What is paid for.
    payment_description: String,
    /// Where the customer pays.
    #[schema(value_type = String)]
    country: Country,
    /// What is paid.
    amount: SessionAmount,
    /// How its payment is made.
    #[schema(value_type = String)]
    workflow: Workflow,
    /// `ACTIVE`, `COMPLETED` or `EXPIRED`.
    status: SessionStatus,
    /// From when on it can do nothing any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Where the customer is sent when done, with the session's id appended; `null` when there is nothing.
    #[schema(required)]
    return_url: Option<String>,
    /// Whether what is paid with can be enrolled: the session has a customer.
    can_enroll: bool,
    /// How its checkout looks: `styles`, `settings`, `external_fonts` and `payment_link_styles`.
    #[schema(value_type = Object)]
    styling: Value,
    /// Its payment; `null` as long as there is none.
    #[schema(required)]
    payment: Option<CheckoutPayment>,
}

refusals!(ApiError::CheckoutSessionNotFound);

/// Retrieve what a checkout shows
///
/// What an SDK or the hosted checkout draws: what is paid, how it looks, and how its payment stands, also after the session
/// has ended. Nothing of the customer. Works with the public key alone. This server's own; the published API does not
/// have it.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}/info",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    security(("public_api_key" = [])),
    responses(
        (status = 200, description = "What is shown.", body = CheckoutInfo, example = json!({
            "checkout_session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
            "merchant_order_id": "order-2001",
            "payment_description": "Running shoes",
            "country": "BR",
            "amount": {"currency": "BRL", "value": 259.9},
            "workflow": "CHECKOUT",
            "status": "ACTIVE",
            "expires_at": "2026-01-15T17:00:00.000000Z",
            "return_url": "https://shop.example.com/return?checkoutSession=01980f2e-7a6b-7c4d-8e5f-0123456789ab",
            "can_enroll": false,
            "styling": answered_styling(&json!({})),
            "payment": example_payment(),
        })),
        Refusals,
    ),
)]
pub async fn retrieve_checkout_info(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
) -> Result<Json<CheckoutInfo>, ApiError> {
    let organization = client.organization;
    let session = find(&app, organization, &id).await?;
    let id = session.checkout_session_id;
    let styling = styling_of(&app, organization, &session).await?;
    let payment = match session.used {
        true => CheckoutPayment::find(&app, &mut *app.db.acquire().await?, organization, id).await?,
        false => None,
    };
    let link = session.return_url.as_ref().or(session.callback_url.as_ref());
    Ok(Json(CheckoutInfo {
        checkout_session: id,
        status: session.status(app.clock.now(organization)),
        return_url: link.and_then(|link| link_back(link, id)),
        merchant_order_id: session.merchant_order_id,
        payment_description: session.payment_description,
        country: session.country,
        amount: SessionAmount { currency: session.currency, value: session.amount },
        workflow: session.workflow,
        expires_at: session.expires_at,
        can_enroll: session.customer_id.is_some(),
        styling,
        payment,
    }))
}

fn link_back(link: &Link, session: CheckoutSessionId) -> Option<String> {
    link.for_return(Some(("checkoutSession", session.to_string())))
}

/// How the checkout of a session looks.
async fn styling_of(
    app: &AppState,
    organization: OrganizationId,
    session: &checkout_sessions::Row,
) -> Result<Value, ApiError> {
    let account = session.account_id;
    let offers = app.accounts.offers(&app.db, &app.clock, organization, account).await?;
    let checkout = match offers.checkout(session.checkout_id).checkout_id {
        Some(checkout) => checkouts::find(&mut *app.db.acquire().await?, organization, account, checkout).await?,
        None => None,
    };
    Ok(answered_styling(&checkout.map_or_else(|| json!({}), |checkout| checkout.styling.0)))
}
