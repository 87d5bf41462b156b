//! `POST /v1/checkout/sessions/{checkout_session}/pay`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::document::refusals;
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::api::pages;
use crate::api::payments::{CreatePayment, Maker, MethodDetail, PaymentAmountSent, WalletCard, made_elsewhere, make};
use crate::api::written::Written;
use crate::catalog::Flow;
use crate::db::{Connection, checkout_sessions, payments, transactions};
use crate::error::ApiError;
use crate::input::{At, Body, Input as _, PathParameter, Problems, input};
use crate::lifecycle::{State as PaymentState, flow_of};
use crate::state::AppState;
use crate::types::{CheckoutSessionId, OrganizationId, PaymentId, PaymentStatus, PaymentSubStatus, Text};

input! {
    /// What the customer pays a session with.
    pub struct PayCheckoutSession {
        /// A one-time token.
        required token: Text<1, 64>,
        /// What the customer was shown: refused when the session has another amount by now. What the session has when the
        /// call begins, when not sent.
        optional amount: PaymentAmountSent,
    }
}

/// The payment of a session, as far as it concerns whoever has the public key.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutPayment {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PaymentId,
    /// How it stands, roughly.
    #[schema(value_type = String)]
    status: PaymentStatus,
    /// How it stands, exactly.
    #[schema(value_type = String)]
    sub_status: PaymentSubStatus,
    /// The type of what it is paid with.
    payment_method_type: String,
    /// Whether the customer has something left to do: to go to `redirect_url`, or what `payment_method_detail` tells.
    sdk_action_required: bool,
    /// The page where the customer agrees or authenticates; `null` when there is nothing left to decide.
    #[schema(required)]
    redirect_url: Option<String>,
    /// What the customer needs to pay: a code, a number, a bank account; `null` for a card.
    #[schema(required)]
    payment_method_detail: Option<MethodDetail>,
}

impl CheckoutPayment {
    /// The payment of a session, if there is one.
    pub(super) async fn find(
        app: &AppState,
        connection: &mut Connection,
        organization: OrganizationId,
        session: CheckoutSessionId,
    ) -> Result<Option<Self>, ApiError> {
        let Some(row) = payments::find_by_session(connection, organization, session).await? else { return Ok(None) };
        let page = pages::of_payment(app, organization, &row);
        let state = PaymentState::new(row.status, row.sub_status);
        let detail = match flow_of(&row.payment_method_type) {
            Flow::Card => None,
            _ => {
                let rows = transactions::list(connection, organization, &[row.payment_id]).await?;
                let mut detail = MethodDetail::answered(&row, &rows, page.clone())?;
                // The card behind a wallet is nothing for whoever has the public key.
                if let Some(wallet) = &mut detail.wallet {
                    wallet.card_data = WalletCard::default();
                }
                Some(detail)
            }
        };
        Ok(Some(Self {
            id: row.payment_id,
            status: row.status,
            sub_status: row.sub_status,
            sdk_action_required: state.waits_for_customer(),
            // Whether it is fraud, no customer decides.
            redirect_url: page
                .filter(|_| state.is_undecided() && row.sub_status != PaymentSubStatus::PendingFraudReview),
            payment_method_type: row.payment_method_type,
            payment_method_detail: detail,
        }))
    }
}

refusals!(
    ApiError::CheckoutSessionNotFound,
    ApiError::InvalidToken,
    ApiError::TokenInUse,
    ApiError::InvalidAmount("It must be more than 0.".into()),
    ApiError::UnavailablePaymentMethod("PIX".into()),
    made_elsewhere(),
);

/// Pay a checkout session
///
/// What the hosted checkout and a seamless SDK do: they make the payment themselves, with a one-time token of the session.
/// Only sessions with the workflow `CHECKOUT` or `SDK_SEAMLESS` can be paid so; of every other one the payment is the
/// merchant's backend's to make. A session is paid once: when the answer was lost,
/// `GET /v1/checkout/sessions/{checkout_session}/info` tells what became of it. Works with the public key alone. This
/// server's own; the published API does not have it.
#[utoipa::path(
    post,
    path = "/v1/checkout/sessions/{checkout_session}/pay",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    security(("public_api_key" = [])),
    request_body(content = PayCheckoutSession, example = json!({
        "token": "01980f2e-7a6b-7c4d-8e5f-0123456789ad",
        "amount": {"currency": "BRL", "value": 259.9},
    })),
    responses(
        (status = 201, description = "The payment.", body = CheckoutPayment, example = json!(example_payment())),
        Refusals,
    ),
)]
pub async fn pay_checkout_session(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
    Body { value: sent, .. }: Body<PayCheckoutSession>,
) -> Result<Response, ApiError> {
    let organization = client.organization;
    let session = find_active(&app, organization, &id, app.clock.now(organization)).await?;
    let id = session.checkout_session_id;
    // There is one payment for a session, whoever asks how often.
    let keyed = Keyed { app: &app, organization, operation: "pay_checkout_session", key: &IdempotencyKey::none() };
    let maker = Maker::Customer { hosted_checkout: hosted_address(&app, id, client.public_key()) };
    Box::pin(make(&keyed, payment_of(&session, &sent)?, &maker)).await?;
    let connection = &mut *app.db.acquire().await?;
    let payment = CheckoutPayment::find(&app, connection, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    Ok((StatusCode::CREATED, Written(payment)).into_response())
}

/// Where the hosted checkout of a session is: the organization is known by the key.
pub(crate) fn hosted_address(app: &AppState, session: CheckoutSessionId, public_key: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("public_api_key", public_key).finish();
    format!("{}/checkout/{session}?{query}", app.public_url)
}

/// The payment that the merchant's backend would make on a session.
fn payment_of(session: &checkout_sessions::Row, sent: &PayCheckoutSession) -> Result<CreatePayment, ApiError> {
    let (currency, value) = match &sent.amount {
        Some(amount) => (amount.currency, amount.value),
        None => (session.currency, session.amount),
    };
    let body = json!({
        "account_id": session.account_id,
        "country": session.country,
        "amount": {"currency": currency, "value": value},
        "workflow": session.workflow,
        "checkout": {"session": session.checkout_session_id},
        "payment_method": {"token": sent.token.as_str()},
    });
    let mut problems = Problems::default();
    let payment = CreatePayment::read(&body, At::Root, &mut problems);
    problems.into_result()?;
    Ok(payment.ok_or_else(|| anyhow::anyhow!("a session that no payment can be made of"))?)
}

/// The payment of the document's examples.
pub(super) fn example_payment() -> serde_json::Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
        "status": "PENDING",
        "sub_status": "WAITING_ADDITIONAL_STEP",
        "payment_method_type": "CARD",
        "sdk_action_required": true,
        "redirect_url": "http://127.0.0.1:7070/simulator/00000000-0000-4000-8000-000000000000/01980f2e-7a6b-7c4d-8e5f-0123456789af",
        "payment_method_detail": null,
    })
}
