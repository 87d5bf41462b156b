//! `GET /v1/checkout/sessions/{checkout_session}/installments`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::document::refusals;
use crate::api::installments_plans::{PricedPart, SessionChoice, example_priced_parts, priced};
use crate::error::ApiError;
use crate::input::{PathParameter, QueryOf, input};
use crate::installments::{Situation, best};
use crate::state::AppState;
use crate::types::{CheckoutSessionId, Iin, PlanId, PlanMethod};

input! {
    /// What the customer is about to pay with.
    pub struct ListCheckoutInstallments {
        /// The first digits of the card.
        optional iin: Iin,
        /// What is paid with: `CARD` when not sent.
        optional payment_method_type: PlanMethod,
    }
}

/// The instalments in which a session can be paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutInstallments {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    checkout_session: CheckoutSessionId,
    /// The account's plan that they are of; `null` when they are the session's own, or there are none.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    plan_id: Option<PlanId>,
    /// Months until the first instalment is taken.
    first_installment_deferral: i16,
    /// The choices that the customer has, with what each costs; none when no plan applies.
    installments_plan: Vec<PricedPart>,
}

refusals!(ApiError::CheckoutSessionNotFound);

/// List the instalments of a checkout session
///
/// The session's own `installments.plan`, else those of the plan that it names, whatever that one is narrowed to; else those
/// of the best plan of its account for its amount, its currency, its country, the time and the card. Works with the public
/// key alone. This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/checkout/sessions/{checkout_session}/installments",
    tag = "checkout sessions",
    params(
        ("checkout_session" = String, Path, description = "Id of the session."),
        (
            "iin" = Option<String>, Query, pattern = "^[0-9]{6,8}$",
            description = "How the number of the customer's card begins: 6 to 8 digits. Without it no plan for some cards applies.",
        ),
        (
            "payment_method_type" = Option<String>, Query,
            description = "What is paid with: `CARD`, which it is when not sent, `NU_PAY_ENROLLMENT` or `APPLE_PAY`.",
        ),
    ),
    security(("public_api_key" = [])),
    responses(
        (status = 200, description = "The instalments.", body = CheckoutInstallments, example = json!({
            "checkout_session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
            "plan_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ae",
            "first_installment_deferral": 0,
            "installments_plan": example_priced_parts(),
        })),
        Refusals,
    ),
)]
pub async fn list_checkout_installments(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<ListCheckoutInstallments>,
) -> Result<Json<CheckoutInstallments>, ApiError> {
    let organization = client.organization;
    let now = app.clock.now(organization);
    let session = find_active(&app, organization, &id, now).await?;
    let SessionChoice { own, plan_id } = SessionChoice::of(session.installments.as_ref());
    let (plan_id, deferral, parts) = match own.is_empty() {
        false => (None, 0, own),
        true => {
            let plans = app.plans.of(&app.db, &app.clock, organization, session.account_id).await?;
            let situation = Situation {
                currency: session.currency,
                amount: session.amount,
                iin: query.iin.as_ref(),
                // Cards are taken to be issued where they pay.
                country: Some(session.country),
                payment_method_type: query.payment_method_type.unwrap_or(PlanMethod::Card),
                now,
            };
            let named = plan_id.and_then(|id| plans.iter().find(|plan| plan.plan_id == id));
            match named.or_else(|| best(&plans, &situation)) {
                Some(plan) => (Some(plan.plan_id), plan.first_installment_deferral, plan.installments.clone()),
                None => (None, 0, Vec::new()),
            }
        }
    };
    Ok(Json(CheckoutInstallments {
        checkout_session: session.checkout_session_id,
        plan_id,
        first_installment_deferral: deferral,
        installments_plan: priced(parts, session.amount, Some(session.currency)),
    }))
}
