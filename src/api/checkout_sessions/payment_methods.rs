//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods`

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::conditions::{ConditionRule, told};
use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::cards::EnrolledCard;
use crate::api::catalog::Category;
use crate::api::document::refusals;
use crate::api::icons;
use crate::api::payment_methods::LIMIT;
use crate::availability::Offer;
use crate::catalog::{CATALOG, PaymentMethod};
use crate::checkout::MethodSettings;
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
    /// The conditions because of which it is shown; `null` when there are none, and of what is enrolled.
    #[schema(required)]
    rules: Option<Vec<ConditionRule>>,
}

refusals!(ApiError::CheckoutSessionNotFound);

/// List the payment methods of a checkout session
///
/// First what the customer has enrolled, the last one paid with before the others; then the types that at least one
/// active connection of the account serves in the session's country and currency. Of both only what the checkout has
/// switched on, and of the latter only what its conditions let through; in the order of the checkout. Works with the
/// public key alone.
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
        (status = 200, description = "The methods, what is enrolled first.", body = [CheckoutPaymentMethod], example = json!([{
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
) -> Result<Response, ApiError> {
    let now = app.clock.now(client.organization);
    let session = find_active(&app, client.organization, &id, now).await?;
    let offers = app.accounts.offers(&app.db, &app.clock, client.organization, session.account_id).await?;
    let served = offers
        .served(session.checkout_id, session.situation())
        .filter(|offer| query.category.as_ref().is_none_or(|category| category.has(offer.method)))
        .collect::<Vec<_>>();
    let mut list = List::new(&app.public_url, session.checkout_session_id)?;
    if let Some(customer) = session.customer_id {
        let connection = &mut *app.db.acquire().await?;
        for enrolled in payment_methods::list_enrolled(connection, client.organization, customer, LIMIT).await? {
            let offer = served.iter().find(|offer| offer.method.r#type == enrolled.payment_method_type);
            let ended =
                enrolled.card.as_ref().and_then(|card| card.expiry).is_some_and(|expiry| expiry.has_passed(now));
            if let (Some(offer), false) = (offer.filter(|offer| offer.allows_enrolled()), ended) {
                let method = as_shaped(offer, session.checkout_session_id, &app.public_url);
                list.add(&with_enrolled(method, &enrolled))?;
            }
        }
    }
    for offer in served.iter().filter(|offer| offer.is_offered()) {
        match offer.is_plain() {
            true => list.add_plain(offer.method),
            false => {
                let mut method = as_shaped(offer, session.checkout_session_id, &app.public_url);
                if let Some(set) = offer.because() {
                    method.checkout.conditions = MethodConditions { enabled: false, rules: Some(told(set)) };
                }
                list.add(&method)?;
            }
        }
    }
    Ok(([(CONTENT_TYPE, "application/json")], list.end()).into_response())
}

/// The list as it is answered, put together from what is [prepared](PREPARED).
struct List {
    json: String,
    public_url: String,
    session: String,
}

impl List {
    fn new(public_url: &str, session: CheckoutSessionId) -> Result<Self, ApiError> {
        let mut public_url = serde_json::to_string(public_url).map_err(anyhow::Error::from)?;
        // Without its quotes: it is the beginning of a text.
        public_url.pop();
        public_url.remove(0);
        Ok(Self { json: String::with_capacity(4096), public_url, session: session.to_string() })
    }

    fn separate(&mut self) {
        self.json.push(if self.json.is_empty() { '[' } else { ',' });
    }

    /// Adds a method that is enrolled, or that the checkout shapes.
    fn add(&mut self, method: &CheckoutPaymentMethod) -> Result<(), ApiError> {
        self.separate();
        self.json += &serde_json::to_string(method).map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// Adds a method that is not enrolled, as the catalog has it.
    fn add_plain(&mut self, method: &PaymentMethod) {
        self.separate();
        let Prepared { start, icon, end } = &PREPARED[method.place];
        for part in [start, &self.public_url, icon, &self.session, end] {
            self.json.push_str(part);
        }
    }

    fn end(mut self) -> String {
        if self.json.is_empty() {
            self.json.push('[');
        }
        self.json.push(']');
        self.json
    }
}

/// A method that is not enrolled, written but for where this server is and which session it is in.
struct Prepared {
    /// Up to the server's address, which the icon's begins with.
    start: String,
    /// From there to the session's id.
    icon: String,
    /// What is left.
    end: String,
}

/// Every method of the catalog at its place, so that a request puts together what it answers and formats nothing.
static PREPARED: LazyLock<Vec<Prepared>> = LazyLock::new(|| {
    const ADDRESS: &str = "<address>";
    let session = CheckoutSessionId::fixed(0);
    let prepared = CATALOG.methods().map(|method| {
        let written = serde_json::to_string(&not_enrolled(method, session, ADDRESS)).ok()?;
        let (start, rest) = written.split_once(ADDRESS)?;
        let (icon, end) = rest.split_once(&session.to_string())?;
        Some(Prepared { start: start.to_owned(), icon: icon.to_owned(), end: end.to_owned() })
    });
    prepared.collect::<Option<_>>().expect("every method has an icon and a session")
});

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

/// A method that is not enrolled, as the session's checkout shapes it, but for its conditions.
fn as_shaped(offer: &Offer<'_>, session: CheckoutSessionId, public_url: &str) -> CheckoutPaymentMethod {
    let plain = not_enrolled(offer.method, session, public_url);
    CheckoutPaymentMethod {
        name: offer.name().to_owned(),
        description: offer.description().to_owned(),
        icon: icons::shown(public_url, offer.method, offer.settings.and_then(MethodSettings::own_icon)),
        ..plain
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Timestamp;

    #[test]
    fn what_is_put_together_is_what_would_be_written() {
        let session = CheckoutSessionId::new(Timestamp::parse("2026-01-15T12:00:00Z").expect("a time"));
        let address = r#"https://pay.example.com/"a\b"#;
        let mut list = List::new(address, session).expect("an address");
        let written: Vec<_> = CATALOG.methods().map(|method| not_enrolled(method, session, address)).collect();
        list.add(&written[0]).expect("written");
        CATALOG.methods().skip(1).for_each(|method| list.add_plain(method));
        assert_eq!(list.end(), serde_json::to_string(&written).expect("written"));
        assert_eq!(List::new(address, session).expect("an address").end(), "[]");
    }
}
