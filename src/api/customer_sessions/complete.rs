//! `POST /v1/customers/sessions/{customer_session}/payment-methods/{payment_method_id}/complete`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use sqlx::types::Json as Kept;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::cards::{EnrolledCard, NewCard};
use crate::api::document::refusals;
use crate::api::pages;
use crate::api::payment_methods::{begin_verification, example};
use crate::api::settlement::settle;
use crate::api::waiting::end_enrollment;
use crate::catalog::Flow;
use crate::db::{customers, payment_methods, payments};
use crate::error::ApiError;
use crate::input::{Body, PathParameters, input};
use crate::lifecycle::flow_of;
use crate::state::AppState;
use crate::types::{EnrollmentStatus, PaymentMethodId, VaultedToken};

input! {
    /// What a customer has given to complete an enrollment.
    pub struct CompleteEnrollment {
        /// The card. Its number and security code are read and not kept.
        required card_data: NewCard,
    }
}

refusals!(
    ApiError::CustomerSessionNotFound,
    ApiError::PaymentMethodNotFound,
    ApiError::InvalidStatus("The payment method is ENROLLED.".into()),
    ApiError::IncorrectPaymentMethodType("NEQUI".into()),
    ApiError::UnavailablePaymentMethod("CARD".into()),
);

/// Complete the enrollment of a card
///
/// With the card that the customer has typed in, as an SDK does. Where it is to be verified, a payment of nothing
/// decides. Works with the public key alone. This server's own; the published API does not have it.
#[utoipa::path(
    post,
    path = "/v1/customers/sessions/{customer_session}/payment-methods/{payment_method_id}/complete",
    tag = "customer sessions",
    params(
        ("customer_session" = String, Path, description = "Id of the session."),
        ("payment_method_id" = String, Path, description = "Id of the payment method."),
    ),
    security(("public_api_key" = [])),
    request_body(content = CompleteEnrollment, example = json!({"card_data": {
        "number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123",
        "holder_name": "Ana Souza",
    }})),
    responses(
        (status = 200, description = "The method.", body = CompletedEnrollment, example = json!({
            "id": example()["id"], "status": "ENROLLED", "vaulted_token": example()["vaulted_token"],
            "card_data": example()["card_data"],
        })),
        Refusals,
    ),
)]
pub async fn complete_session_payment_method(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameters(session, method): PathParameters,
    Body { value: sent, .. }: Body<CompleteEnrollment>,
) -> Result<Json<CompletedEnrollment>, ApiError> {
    let organization = client.organization;
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    let session = find_active(&mut database, organization, &session, now).await?;
    if !customers::hold(&mut database, organization, session.customer_id).await? {
        return Err(ApiError::CustomerSessionNotFound);
    }
    let id = PaymentMethodId::parse(&method).map_err(|_| ApiError::PaymentMethodNotFound)?;
    let mut method = payment_methods::lock(&mut database, organization, id)
        .await?
        .filter(|method| method.customer_session_id == Some(session.customer_session_id))
        .ok_or(ApiError::PaymentMethodNotFound)?;
    if flow_of(&method.payment_method_type) != Flow::Card {
        return Err(ApiError::IncorrectPaymentMethodType(method.payment_method_type));
    }
    let status = method.status(now);
    if status != EnrollmentStatus::ReadyToEnroll {
        return Err(ApiError::InvalidStatus(format!("The payment method is {}.", status.as_str())));
    }
    if method.verify_payment_id.is_some() {
        return Err(ApiError::InvalidStatus("The card is being verified.".to_owned()));
    }
    method.card = Some(Kept(sent.card_data.keep(&app, organization, "card_data")?));
    let decided = app.testing.as_ref().and_then(|testing| testing.take_enrollment(organization, method.account_id));
    let verification = match method.verify_vault_on_success && decided.is_none() {
        true => Some(begin_verification(&mut database, organization, &mut method, now).await?),
        false => {
            let status = decided.unwrap_or(EnrollmentStatus::Enrolled);
            end_enrollment(&mut database, organization, method, status, now).await?;
            None
        }
    };
    database.commit().await?;
    app.webhooks.wake(organization);
    if let Some((payment, transaction)) = &verification {
        settle(&app, organization, payment, transaction).await?;
    }
    let connection = &mut *app.db.acquire().await?;
    let method = payment_methods::find(connection, organization, id).await?.ok_or(ApiError::PaymentMethodNotFound)?;
    let payment = match method.verify_payment_id {
        Some(payment) => payments::find(connection, organization, payment).await?,
        None => None,
    };
    let enrolled = method.status(now) == EnrollmentStatus::Enrolled;
    Ok(Json(CompletedEnrollment {
        id: method.payment_method_id,
        status: method.status(now),
        vaulted_token: enrolled.then_some(method.vaulted_token),
        redirect_url: payment.and_then(|payment| pages::of_payment(&app, organization, &payment)),
        card_data: method.card.filter(|_| enrolled).map(|card| EnrolledCard::for_sdk(&card, method.country.as_str())),
    }))
}

/// A payment method as an SDK is told of it: without the data of its customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletedEnrollment {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PaymentMethodId,
    /// How it stands.
    #[schema(value_type = String)]
    status: EnrollmentStatus,
    /// The token to pay with it; `null` when it is not enrolled.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    vaulted_token: Option<VaultedToken>,
    /// Its card; `null` when it is not enrolled.
    #[schema(required)]
    card_data: Option<EnrolledCard>,
    /// Where the cardholder authenticates, when that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    redirect_url: Option<String>,
}
