//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{connections, find_active};
use crate::api::auth::SdkClient;
use crate::api::catalog::Category;
use crate::api::document::refusals;
use crate::api::icons;
use crate::availability::offered;
use crate::catalog::{CATALOG, PaymentMethod};
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf, input};
use crate::state::AppState;
use crate::types::CheckoutSessionId;

input! {
    /// Which methods.
    pub struct ListCheckoutPaymentMethods {
        /// Only those of a category.
        optional category: Category,
    }
}

/// A payment method that a session offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutPaymentMethod {
    /// What the customer reads.
    name: String,
    /// Token to pay with it at once; `null` when it is not enrolled.
    #[schema(required)]
    vaulted_token: Option<String>,
    /// What the customer reads below the name.
    description: String,
    /// Its type.
    r#type: String,
    /// The group of its type.
    category: String,
    /// Address of a picture of it.
    icon: String,
    /// Whether the customer has paid with it; `null` when it is not enrolled.
    #[schema(required)]
    last_successfully_used: Option<bool>,
    /// When the customer last paid with it; `null` when it is not enrolled.
    #[schema(required)]
    last_successfully_used_at: Option<String>,
    /// What the checkout makes of it.
    checkout: MethodInCheckout,
    /// Whether the customer prefers it.
    preferred: bool,
}

/// What a checkout makes of a payment method.
#[derive(Debug, Serialize, ToSchema)]
pub struct MethodInCheckout {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    session: CheckoutSessionId,
    /// Whether the SDK must ask the customer for something.
    sdk_required_action: bool,
    /// When it is shown.
    conditions: MethodConditions,
}

/// When a payment method is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct MethodConditions {
    /// Whether it is shown without a condition.
    enabled: bool,
    /// The conditions; `null` when there are none.
    #[schema(value_type = Option<Vec<Object>>, required)]
    rules: Option<Vec<serde_json::Value>>,
}

refusals!(ApiError::CheckoutSessionNotFound);

/// List the payment methods of a checkout session
///
/// Those that at least one active connection of the account serves in the session's country and currency. Works with
/// the public key alone.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}/payment-methods",
    tag = "checkout sessions",
    params(
        ("checkout_session" = String, Path, description = "Id of the session."),
        ("category" = Option<String>, Query, description = "Only methods of this category, such as CARD or WALLET."),
    ),
    security(("public_api_key" = [])),
    responses(
        (status = 200, description = "The methods, cards first.", body = [CheckoutPaymentMethod], example = json!([{
            "name": "Pix",
            "vaulted_token": null,
            "description": "Pix",
            "type": "PIX",
            "category": "BANK_TRANSFER",
            "icon": "http://127.0.0.1:7070/icons/pix.svg",
            "last_successfully_used": null,
            "last_successfully_used_at": null,
            "checkout": {
                "session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
                "sdk_required_action": true,
                "conditions": {"enabled": true, "rules": null},
            },
            "preferred": false,
        }])),
        Refusals,
    ),
)]
pub async fn list_checkout_payment_methods(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<ListCheckoutPaymentMethods>,
) -> Result<Json<Vec<CheckoutPaymentMethod>>, ApiError> {
    let connection = &mut *app.db.acquire().await?;
    let session = find_active(connection, client.organization, &id, app.clock.now()).await?;
    let connections = connections(connection, client.organization, session.account_id).await?;
    let methods = offered(&session.situation(), &connections, &CATALOG)
        .into_iter()
        .filter(|method| query.category.as_ref().is_none_or(|category| category.has(method)))
        .map(|method| not_enrolled(method, session.checkout_session_id, &app.public_url));
    Ok(Json(methods.collect()))
}

fn not_enrolled(method: &PaymentMethod, session: CheckoutSessionId, public_url: &str) -> CheckoutPaymentMethod {
    CheckoutPaymentMethod {
        name: method.name.clone(),
        vaulted_token: None,
        description: method.name.clone(),
        r#type: method.r#type.clone(),
        category: method.category.clone(),
        icon: icons::address(public_url, method),
        last_successfully_used: None,
        last_successfully_used_at: None,
        checkout: MethodInCheckout {
            session,
            sdk_required_action: true,
            conditions: MethodConditions { enabled: true, rules: None },
        },
        preferred: false,
    }
}
