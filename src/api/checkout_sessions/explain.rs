//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods/explain`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::availability::{Reason, Situation, Verdict, judge};
use crate::catalog::CATALOG;
use crate::checkout::{MethodSettings, Settings};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{CheckoutId, CheckoutSessionId, ConnectionId, Country, Currency};

/// Why a session offers what it offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    checkout_session: CheckoutSessionId,
    /// Its country.
    #[schema(value_type = String)]
    country: Country,
    /// Its currency.
    #[schema(value_type = String)]
    currency: Currency,
    /// The checkout that shapes it; `null` while the account has none.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    checkout_id: Option<CheckoutId>,
    /// Every type that any connection of the account has, offered or not.
    payment_methods: Vec<ExplainedMethod>,
}

/// Why a session offers a type, or does not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedMethod {
    /// The type.
    r#type: String,
    /// What the customer reads.
    name: String,
    /// Whether the session offers it.
    offered: bool,
    /// The rule that decided, of the connection that came closest: `OFFERED`, `CHECKOUT_CONDITIONS`,
    /// `CHECKOUT_ENROLLMENT`, `CHECKOUT_OFF`, `CONNECTION_PAUSED`, `CONNECTION_CURRENCY`, `CONNECTION_COUNTRY`,
    /// `CURRENCY`, `COUNTRY`, `NOT_A_PAYMENT_METHOD` or `NOT_IN_CATALOG`.
    code: &'static str,
    /// The same in words.
    reason: String,
    /// What each connection that has the type makes of it, oldest first.
    connections: Vec<ExplainedConnection>,
}

/// Why a connection brings a type into a session, or does not.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedConnection {
    /// The connection.
    #[schema(value_type = String, format = Uuid)]
    connection_id: ConnectionId,
    /// The merchant's name of it.
    merchant_connection_id: String,
    /// The provider.
    provider_id: String,
    /// Whether it brings the type in.
    offered: bool,
    /// The rule that decided.
    code: &'static str,
    /// The same in words.
    reason: String,
}

refusals!(ApiError::CheckoutSessionNotFound);

/// Explain the payment methods of a checkout session
///
/// For each type that a connection of the account has: whether the session offers it, and the rule that decided it.
/// This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}/payment-methods/explain",
    tag = "checkout sessions",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    responses(
        (status = 200, description = "The reasons.", body = Explanation, example = json!({
            "checkout_session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
            "country": "BR",
            "currency": "USD",
            "checkout_id": null,
            "payment_methods": [{
                "type": "PIX",
                "name": "Pix",
                "offered": false,
                "code": "CURRENCY",
                "reason": "PIX is not served in USD.",
                "connections": [{
                    "connection_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
                    "merchant_connection_id": "dlocal-latam",
                    "provider_id": "DLOCAL",
                    "offered": false,
                    "code": "CURRENCY",
                    "reason": "PIX is not served in USD.",
                }],
            }],
        })),
        Refusals,
    ),
)]
pub async fn explain_checkout_payment_methods(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<Explanation>, ApiError> {
    let session = find_active(&app, merchant.organization, &id, app.clock.now(merchant.organization)).await?;
    let offers = app.accounts.offers(&app.db, &app.clock, merchant.organization, session.account_id).await?;
    let situation = session.situation();
    let checkout = offers.checkout(session.checkout_id);
    let verdicts = judge(&situation, offers.connections(), Some(checkout), &CATALOG);
    Ok(Json(Explanation {
        checkout_session: session.checkout_session_id,
        country: session.country,
        currency: session.currency,
        checkout_id: checkout.checkout_id,
        payment_methods: verdicts.iter().filter_map(|verdict| explained(verdict, &situation, checkout)).collect(),
    }))
}

fn explained(verdict: &Verdict<'_>, situation: &Situation<'_>, checkout: &Settings) -> Option<ExplainedMethod> {
    let words = |provider: &str, reason: Reason| reason.words(verdict.r#type, provider, situation);
    let (decisive, reason) = verdict.decided_by()?;
    let own_name = checkout.methods.get(verdict.r#type).and_then(MethodSettings::own_name);
    Some(ExplainedMethod {
        r#type: verdict.r#type.to_owned(),
        name: own_name.unwrap_or_else(|| verdict.method.map_or(verdict.r#type, |method| &method.name)).to_owned(),
        offered: verdict.offered(),
        code: reason.code(),
        reason: words(&decisive.provider_id, reason),
        connections: verdict
            .connections
            .iter()
            .map(|(connection, reason)| ExplainedConnection {
                connection_id: connection.connection_id,
                merchant_connection_id: connection.merchant_connection_id.clone(),
                provider_id: connection.provider_id.clone(),
                offered: *reason == Reason::Offered,
                code: reason.code(),
                reason: words(&connection.provider_id, *reason),
            })
            .collect(),
    })
}
