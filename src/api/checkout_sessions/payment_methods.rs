//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{connections, find_active};
use crate::api::auth::SdkClient;
use crate::api::cards::EnrolledCard;
use crate::api::catalog::Category;
use crate::api::document::refusals;
use crate::api::icons;
use crate::api::payment_methods::LIMIT;
use crate::availability::offered;
use crate::catalog::{CATALOG, PaymentMethod};
use crate::db::payment_methods;
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
    /// The card; absent when it is not an enrolled card.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    card_data: Option<EnrolledCard>,
    /// Whether the customer has paid with it; `null` when it is not enrolled.
    #[schema(required)]
    last_successfully_used: Option<bool>,
    /// When the customer last paid with it; empty when it never did, `null` when it is not enrolled.
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
/// First what the customer has enrolled, the last one paid with before the others; then the types that at least one
/// active connection of the account serves in the session's country and currency. Works with the public key alone.
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
        (status = 200, description = "The methods, what is enrolled first, then cards.", body = [CheckoutPaymentMethod], example = json!([{
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
    let offered = offered(&session.situation(), &connections, &CATALOG);
    let enrolled = match session.customer_id {
        Some(customer) => payment_methods::list_enrolled(connection, client.organization, customer, LIMIT).await?,
        None => Vec::new(),
    };
    let now = app.clock.now();
    let enrolled = enrolled.iter().filter_map(|enrolled| {
        let method = *offered.iter().find(|method| method.r#type == enrolled.payment_method_type)?;
        let ended = enrolled.card.as_ref().and_then(|card| card.expiry).is_some_and(|expiry| expiry.has_passed(now));
        (!ended).then_some((method, Some(enrolled)))
    });
    let methods = enrolled
        .chain(offered.iter().map(|method| (*method, None)))
        .filter(|(method, _)| query.category.as_ref().is_none_or(|category| category.has(method)))
        .map(|(method, enrolled)| match enrolled {
            Some(enrolled) => {
                with_enrolled(not_enrolled(method, session.checkout_session_id, &app.public_url), enrolled)
            }
            None => not_enrolled(method, session.checkout_session_id, &app.public_url),
        });
    Ok(Json(methods.collect()))
}

/// A method as the customer has enrolled it: with its token, there is nothing to ask for any more.
fn with_enrolled(method: CheckoutPaymentMethod, enrolled: &payment_methods::Row) -> CheckoutPaymentMethod {
    let name = enrolled.card.as_ref().map_or_else(|| method.name.clone(), |card| card.name());
    let used_at = enrolled.last_successfully_used_at;
    CheckoutPaymentMethod {
        description: name.clone(),
        name,
        vaulted_token: Some(enrolled.vaulted_token.to_string()),
        card_data: enrolled.card.as_ref().map(|card| EnrolledCard::for_sdk(card, enrolled.country.as_str())),
        last_successfully_used: Some(used_at.is_some()),
        last_successfully_used_at: Some(
            used_at.and_then(|at| serde_json::json!(at).as_str().map(str::to_owned)).unwrap_or_default(),
        ),
        checkout: MethodInCheckout { sdk_required_action: false, ..method.checkout },
        ..method
    }
}

fn not_enrolled(method: &PaymentMethod, session: CheckoutSessionId, public_url: &str) -> CheckoutPaymentMethod {
    CheckoutPaymentMethod {
        name: method.name.clone(),
        vaulted_token: None,
        description: method.name.clone(),
        r#type: method.r#type.clone(),
        category: method.category.clone(),
        icon: icons::address(public_url, method),
        card_data: None,
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
