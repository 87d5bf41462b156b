//! `GET /v1/installments-plans`

use axum::Json;
use axum::extract::State;

use super::{PricedPlan, example_priced};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::installments_plans;
use crate::error::ApiError;
use crate::input::{QueryOf, input};
use crate::state::AppState;
use crate::types::{AccountId, Amount, Currency, Iin, PlanMethod};

input! {
    /// Which plans.
    pub struct ListInstallmentsPlans {
        /// Those of an account.
        required account_id: AccountId,
        /// Only those for a currency.
        optional currency: Currency,
        /// Only those for a card.
        optional iin: Iin,
        /// Only those for an amount.
        optional amount: Amount,
        /// Only those for a type of payment method.
        optional payment_method_type: PlanMethod,
    }
}

refusals!();

/// List installments plans
///
/// Oldest first, a hundred at most: an account has no more. A filter keeps the plans that are for what is asked, and those
/// that are not narrowed by it; whether a plan is available now is not asked. With an `amount` each choice says what it
/// costs, in the `currency` or else in that of the plan.
#[utoipa::path(
    get,
    path = "/v1/installments-plans",
    tag = "installments plans",
    params(
        ("account_id" = String, Query, format = Uuid, description = "The account that has them."),
        ("currency" = Option<String>, Query, description = "Only plans for this currency, an ISO 4217 code."),
        (
            "iin" = Option<String>, Query, pattern = "^[0-9]{6,8}$",
            description = "Only plans for a card whose number begins so: 6 to 8 digits.",
        ),
        ("amount" = Option<String>, Query, description = "Only plans for this amount, in major units."),
        (
            "payment_method_type" = Option<String>, Query,
            description = "Only plans for `CARD`, `NU_PAY_ENROLLMENT` or `APPLE_PAY`.",
        ),
    ),
    responses((status = 200, description = "The plans.", body = [PricedPlan], example = json!([example_priced()])), Refusals),
)]
pub async fn list_installments_plans(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListInstallmentsPlans>,
) -> Result<Json<Vec<PricedPlan>>, ApiError> {
    let account = merchant.account(query.account_id)?;
    let plans = installments_plans::list(&mut *app.db.acquire().await?, merchant.organization, account).await?;
    let asked = plans.into_iter().filter(|row| {
        let plan = &row.plan;
        query.currency.is_none_or(|currency| plan.is_for_currency(currency))
            && query.iin.as_ref().is_none_or(|iin| plan.is_for_iin(iin))
            && query.amount.is_none_or(|amount| plan.is_for_amount(amount))
            && query.payment_method_type.is_none_or(|r#type| plan.payment_method_type == r#type)
    });
    Ok(Json(asked.map(|plan| PricedPlan::new(plan, query.amount, query.currency)).collect()))
}
