//! `POST /v1/customers/sessions/{customer_session}/payment-methods`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::find_active;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::record_enrollment;
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::api::payment_methods::{EnrollVerification, EnrolledPaymentMethod, enrolling_route, example_ready, told};
use crate::api::waiting::ended;
use crate::availability::{Offers, Situation};
use crate::catalog::{CATALOG, Flow};
use crate::db::payment_methods::Row;
use crate::db::{AsSent, Connection, customers, offers, payment_methods};
use crate::error::ApiError;
use crate::input::{Body, PathParameter, input};
use crate::lifecycle::flow_of;
use crate::state::AppState;
use crate::types::{
    AccountId, CheckoutId, Country, CustomerSessionId, EnrollmentStatus, MethodType, OrganizationId, PageId,
    PaymentMethodId, VaultedToken,
};

input! {
    /// A payment method to enroll through a session.
    pub struct EnrollSessionPaymentMethod {
        /// The session's account.
        required account_id: AccountId,
        /// Its type: one that the session can enroll.
        required payment_method_type: MethodType,
        /// The session's country.
        required country: Country,
        /// Not used.
        optional account_updater: bool,
        /// Whether the card is verified first.
        optional verify: EnrollVerification,
    }
}

refusals!(
    ApiError::CustomerSessionNotFound,
    ApiError::UnavailablePaymentMethod("PIX".into()),
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Enroll a payment method through a customer session
///
/// It is ready to be enrolled then. Of a card the SDK completes it with the customer's card; to anything else the
/// customer agrees on the page at `provider.redirect.init_url`.
#[utoipa::path(
    post,
    path = "/v1/customers/sessions/{customer_session}/payment-methods",
    tag = "customer sessions",
    params(("customer_session" = String, Path, description = "Id of the session."), IdempotencyKey),
    request_body(content = EnrollSessionPaymentMethod, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "payment_method_type": "CARD",
        "country": "BR",
    })),
    responses(
        (status = 201, description = "The method.", body = EnrolledPaymentMethod, example = json!(example_ready())),
        Refusals,
    ),
)]
pub async fn enroll_session_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(session): PathParameter,
    key: IdempotencyKey,
    Body { value: new, .. }: Body<EnrollSessionPaymentMethod>,
) -> Result<(StatusCode, Json<EnrolledPaymentMethod>), ApiError> {
    merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let operation = "enroll_session_payment_method";
    let keyed = Keyed { app: &app, organization, operation, key: &key };
    let id = keyed.use_up(begin(&keyed, &session, new).await).await?;
    let connection = &mut *app.db.acquire().await?;
    let method = payment_methods::find(connection, organization, id).await?.ok_or(ApiError::PaymentMethodNotFound)?;
    Ok((StatusCode::CREATED, Json(told(&app, connection, organization, method).await?)))
}

async fn begin(keyed: &Keyed<'_>, session: &str, new: EnrollSessionPaymentMethod) -> Result<PaymentMethodId, ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    if let Some(before) = keyed.claim(&mut database, now).await? {
        let before = PaymentMethodId::fixed(before.as_u128());
        let made = payment_methods::find(&mut database, organization, before).await?;
        let through = made.and_then(|made| made.customer_session_id);
        // The key may have been used on another session.
        return match through.is_some() && through == CustomerSessionId::parse(session).ok() {
            true => Ok(before),
            false => Err(ApiError::IdempotencyDuplicated),
        };
    }
    let session = find_active(&mut database, organization, session, now).await?;
    if !customers::hold(&mut database, organization, session.customer_id).await? {
        return Err(ApiError::CustomerSessionNotFound);
    }
    if new.account_id != session.account_id {
        return Err(ApiError::InvalidAccountId);
    }
    if new.country != session.country {
        let country = session.country.as_str();
        let message = format!("country: must be {country}, as the customer session has it");
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    let payment_method_type = new.payment_method_type.into_string();
    let is_card = flow_of(&payment_method_type) == Flow::Card;
    let verify = new.verify;
    let mut method = Row {
        payment_method_id: PaymentMethodId::new(now),
        account_id: session.account_id,
        customer_id: session.customer_id,
        customer_session_id: Some(session.customer_session_id),
        payment_method_type,
        country: session.country,
        status: EnrollmentStatus::ReadyToEnroll,
        vaulted_token: VaultedToken::new(now),
        provider_token: None,
        card: None,
        listed: true,
        callback_url: session.callback_url.map(|link| link.as_str().to_owned()),
        return_url: session.return_url.map(|link| link.as_str().to_owned()),
        verify_vault_on_success: verify.as_ref().is_some_and(|verify| verify.vault_on_success),
        verify_currency: verify.as_ref().and_then(|verify| verify.currency),
        verify_metadata: verify.and_then(|verify| verify.metadata).map(|metadata| AsSent(serde_json::json!(metadata))),
        verify_payment_id: None,
        idempotency_key: keyed.key.text().map(str::to_owned),
        page_id: (!is_card).then(|| PageId::new(now)),
        last_successfully_used_at: None,
        created_at: now,
        updated_at: now,
        expires_at: Some(session.expires_at),
    };
    let shaped = offered_there(&mut database, organization, session.checkout_id, &method).await?;
    if !shaped || enrolling_route(&mut database, organization, &method).await?.is_none() {
        return Err(ApiError::UnavailablePaymentMethod(method.payment_method_type));
    }
    // A card's end is decided when it is completed.
    let decided = app.testing.as_ref().filter(|_| !is_card);
    if let Some(status) = decided.and_then(|testing| testing.take_enrollment(organization, method.account_id)) {
        method = ended(method, status, now);
    }
    payment_methods::insert(&mut database, organization, &method).await?;
    record_enrollment(&mut database, organization, &method, now).await?;
    keyed.keep(&mut database, method.payment_method_id.into()).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok(method.payment_method_id)
}

/// Whether the checkout of a session lets a method be enrolled.
async fn offered_there(
    connection: &mut Connection,
    organization: OrganizationId,
    named: Option<CheckoutId>,
    method: &Row,
) -> Result<bool, ApiError> {
    let (connections, checkouts) = offers::read(connection, organization, method.account_id).await?;
    let offers = Offers::new(connections, checkouts, &CATALOG);
    let situation = Situation { country: method.country, purchase: None };
    Ok(offers.offered(named, situation).any(|offer| offer.method.r#type == method.payment_method_type))
}
