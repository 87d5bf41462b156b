//! `GET /v1/checkout/customers/sessions/{customer_session}/payment-methods`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::document::refusals;
use crate::api::icons;
use crate::availability::Situation;
use crate::checkout::MethodSettings;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CustomerSessionId;

/// The payment methods that a customer can enroll.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollableMethods {
    /// The methods.
    payment_methods: Vec<EnrollableMethod>,
}

/// A payment method that a customer can enroll.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollableMethod {
    /// What the customer reads.
    name: String,
    /// What the customer reads below the name.
    description: String,
    /// Its type.
    r#type: &'static str,
    /// The group of its type.
    category: &'static str,
    /// Address of a picture of it.
    icon: String,
    /// What the session makes of it.
    enrollment: MethodInEnrollment,
}

/// What a customer session makes of a payment method.
#[derive(Debug, Serialize, ToSchema)]
pub struct MethodInEnrollment {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    session: CustomerSessionId,
    /// Whether the SDK must ask the customer for something.
    sdk_required_action: bool,
}

refusals!(ApiError::CustomerSessionNotFound);

/// List the payment methods that a customer session can enroll
///
/// Those that can be enrolled at all, that at least one active connection of the account serves in the session's country,
/// and that the checkout lets be enrolled there; in the order of the checkout. Works with the public key alone.
#[utoipa::path(
    get,
    path = "/v1/checkout/customers/sessions/{customer_session}/payment-methods",
    tag = "customer sessions",
    params(("customer_session" = String, Path, description = "Id of the session.")),
    security(("public_api_key" = [])),
    responses(
        (status = 200, description = "The methods.", body = EnrollableMethods, example = json!({
            "payment_methods": [{
                "name": "Card",
                "description": "Card",
                "type": "CARD",
                "category": "CARD",
                "icon": "http://127.0.0.1:7070/icons/card.svg",
                "enrollment": {"session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab", "sdk_required_action": true},
            }],
        })),
        Refusals,
    ),
)]
pub async fn list_enrollable_payment_methods(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
) -> Result<Json<EnrollableMethods>, ApiError> {
    let now = app.clock.now(client.organization);
    let session = find_active(&mut *app.db.acquire().await?, client.organization, &id, now).await?;
    let offers = app.accounts.offers(&app.db, &app.clock, client.organization, session.account_id).await?;
    let situation = Situation { country: session.country, purchase: None };
    let methods = offers.offered(session.checkout_id, situation).map(|offer| EnrollableMethod {
        name: offer.name().to_owned(),
        description: offer.description().to_owned(),
        r#type: &offer.method.r#type,
        category: &offer.method.category,
        icon: icons::shown(&app.public_url, offer.method, offer.settings.and_then(MethodSettings::own_icon)),
        enrollment: MethodInEnrollment { session: session.customer_session_id, sdk_required_action: true },
    });
    Ok(Json(EnrollableMethods { payment_methods: methods.collect() }))
}
