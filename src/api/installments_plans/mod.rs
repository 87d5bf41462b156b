//! Installments plans: in how many parts, and at which price, customers can pay.

mod create;
mod delete;
mod examples;
mod list;
mod retrieve;
mod sent;
mod session;
mod update;

pub use create::*;
pub use delete::*;
pub(in crate::api) use examples::example_priced_parts;
use examples::*;
pub use list::*;
pub use retrieve::*;
pub use sent::*;
pub use session::*;
pub use update::*;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::db::Connection;
use crate::db::installments_plans::{self, Row};
use crate::error::ApiError;
use crate::installments::{FinancialCost, Part, Plan};
use crate::types::{
    AccountId, Amount, Country, Currency, Iin, InstallmentType, OrganizationId, PlanId, PlanMethod, Rate, Timestamp,
};

/// Plans that an account can have: so many does a list have at most.
pub(super) const MAX_PLANS: i64 = 100;

/// What the choices and the brands of a plan take at most, in bytes of JSON: all plans of an account are kept in memory.
const MAX_BYTES: usize = 16 * 1024;

/// Refuses a plan that is too large to be kept in memory.
fn refuse_large(plan: &Plan) -> Result<(), ApiError> {
    let choices = serde_json::to_vec(&plan.installments).map_err(anyhow::Error::from)?.len();
    let brands: usize = plan.brand.iter().flatten().map(String::len).sum();
    match choices + brands > MAX_BYTES {
        true => Err(ApiError::InvalidParameters(vec![
            "installments_plan: must have, with brand, at most 16 KiB".to_owned(),
        ])),
        false => Ok(()),
    }
}

/// An installments plan, when it was made or changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstallmentsPlan {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PlanId,
    /// The merchant's name of it.
    name: String,
    /// The accounts that have it.
    #[schema(value_type = Vec<String>)]
    account_id: Vec<AccountId>,
    /// The merchant's reference of it.
    merchant_reference: String,
    /// The choices that the customer has.
    installments_plan: Vec<PlanPart>,
    /// Not used.
    r#type: &'static str,
    /// Not used.
    source: &'static str,
    /// Not used.
    provider_id: &'static str,
    /// The scheme of the cards; empty when none was sent.
    scheme: String,
    /// The brands of the cards; `null` for any.
    #[schema(required)]
    brand: Option<Vec<String>>,
    /// Who issued the cards; empty when it was not sent.
    issuer: String,
    /// Not used.
    issuer_id: &'static str,
    /// How the numbers of the cards begin; `null` for any.
    #[schema(value_type = Option<Vec<String>>, required)]
    iin: Option<Vec<Iin>>,
    /// Where the cards were issued; empty for anywhere.
    country_code: &'static str,
    /// Months until the first instalment is taken.
    first_installment_deferral: i16,
    /// The amounts that it is for; `null` for any.
    #[schema(required)]
    amount: Option<PlanAmount>,
    /// When it is available; `null` for always.
    #[schema(required)]
    availability: Option<PlanAvailability>,
    /// What is paid with; absent when it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    payment_method_type: Option<PlanMethod>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// An installments plan, when it is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricedPlan {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PlanId,
    /// The merchant's name of it.
    name: String,
    /// The accounts that have it.
    #[schema(value_type = Vec<String>)]
    account_id: Vec<AccountId>,
    /// The merchant's reference of it.
    merchant_reference: String,
    /// The choices that the customer has, with what each costs.
    installments_plan: Vec<PricedPart>,
    /// How the numbers of the cards begin; `null` for any.
    #[schema(value_type = Option<Vec<String>>, required)]
    iin: Option<Vec<Iin>>,
    /// Where the cards were issued; empty for anywhere.
    country_code: &'static str,
    /// Months until the first instalment is taken.
    first_installment_deferral: i16,
    /// The amounts that it is for; `null` for any.
    #[schema(required)]
    amount: Option<PlanAmount>,
    /// When it is available; `null` for always.
    #[schema(required)]
    availability: Option<PlanAvailability>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What is paid with.
    #[schema(value_type = String)]
    payment_method_type: PlanMethod,
}

/// One choice of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanPart {
    /// In how many instalments.
    installment: u16,
    /// What the amount is multiplied with.
    #[schema(value_type = f64)]
    rate: Rate,
    /// Not used.
    provider_id: &'static str,
    /// What it costs, as the law has it told; absent when nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    financial_costs: Option<Vec<PlanFinancialCost>>,
    /// Who pays for the time that it takes; absent when it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    r#type: Option<InstallmentType>,
}

/// One choice of a plan, with what it costs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricedPart {
    /// In how many instalments.
    installment: u16,
    /// What the amount is multiplied with.
    #[schema(value_type = f64)]
    rate: Rate,
    /// Not used.
    provider_id: &'static str,
    /// What it costs, as the law has it told; absent when nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    financial_costs: Option<Vec<PlanFinancialCost>>,
    /// Who pays for the time that it takes; absent when it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    r#type: Option<InstallmentType>,
    /// What it costs.
    amount: PartAmount,
}

/// What a choice costs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartAmount {
    /// ISO 4217 code; empty when none is known.
    currency: &'static str,
    /// Each instalment, in major units. `0` when no amount was asked for.
    value: String,
    /// All of them: the amount times the rate.
    total_value: String,
}

/// A cost that is told to the customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanFinancialCost {
    /// Which cost.
    r#type: String,
    /// In percent.
    #[schema(value_type = f64)]
    rate: Amount,
    /// The same for people: `45,25%`.
    formatted_value: String,
}

/// The amounts that a plan is for.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanAmount {
    /// ISO 4217 code. Its name begins with a capital in the published answers.
    #[serde(rename = "Currency")]
    #[schema(value_type = String)]
    currency: Currency,
    /// The least; `null` for as little as may be.
    #[schema(value_type = Option<f64>, required)]
    min_value: Option<Amount>,
    /// The most; `null` for as much as may be.
    #[schema(value_type = Option<f64>, required)]
    max_value: Option<Amount>,
}

/// When a plan is available.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanAvailability {
    /// From when on; `null` for from the beginning.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    start_at: Option<Timestamp>,
    /// Until when; `null` for ever.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    finish_at: Option<Timestamp>,
}

impl From<Row> for InstallmentsPlan {
    fn from(row: Row) -> Self {
        let Row { account_ids, name, merchant_reference, scheme, issuer, updated_at, plan } = row;
        Self {
            id: plan.plan_id,
            name,
            account_id: account_ids,
            merchant_reference,
            amount: PlanAmount::of(&plan),
            availability: PlanAvailability::of(&plan),
            installments_plan: plan.installments.into_iter().map(PlanPart::from).collect(),
            r#type: "",
            source: "",
            provider_id: "",
            scheme: scheme.unwrap_or_default(),
            brand: plan.brand,
            issuer: issuer.unwrap_or_default(),
            issuer_id: "",
            iin: plan.iin,
            country_code: country(plan.country_code),
            first_installment_deferral: plan.first_installment_deferral,
            payment_method_type: Some(plan.payment_method_type),
            created_at: plan.created_at,
            updated_at,
        }
    }
}

impl PricedPlan {
    /// The plan with what its choices cost: of an amount in a currency, or else in that of the plan.
    fn new(row: Row, amount: Option<Amount>, currency: Option<Currency>) -> Self {
        let Row { account_ids, name, merchant_reference, updated_at, plan, .. } = row;
        let currency = currency.or(plan.currency);
        Self {
            id: plan.plan_id,
            name,
            account_id: account_ids,
            merchant_reference,
            amount: PlanAmount::of(&plan),
            availability: PlanAvailability::of(&plan),
            installments_plan: priced(plan.installments, amount.unwrap_or(Amount::ZERO), currency),
            iin: plan.iin,
            country_code: country(plan.country_code),
            first_installment_deferral: plan.first_installment_deferral,
            created_at: plan.created_at,
            updated_at,
            payment_method_type: plan.payment_method_type,
        }
    }
}

/// The choices of a plan with what they cost of an amount.
pub(super) fn priced(parts: Vec<Part>, amount: Amount, currency: Option<Currency>) -> Vec<PricedPart> {
    let price = |part: Part| {
        let cost = part.cost(amount, currency);
        let amount = PartAmount {
            currency: currency.map_or("", |currency| currency.as_str()),
            value: cost.value.to_string(),
            total_value: cost.total_value.to_string(),
        };
        let PlanPart { installment, rate, provider_id, financial_costs, r#type } = part.into();
        PricedPart { installment, rate, provider_id, financial_costs, r#type, amount }
    };
    parts.into_iter().map(price).collect()
}

fn country(code: Option<Country>) -> &'static str {
    code.map_or("", |code| code.as_str())
}

impl From<Part> for PlanPart {
    fn from(part: Part) -> Self {
        let costs = Some(part.financial_costs).filter(|costs| !costs.is_empty());
        Self {
            installment: part.installment,
            rate: part.rate,
            provider_id: "",
            financial_costs: costs.map(|costs| costs.into_iter().map(PlanFinancialCost::from).collect()),
            r#type: part.r#type,
        }
    }
}

impl From<FinancialCost> for PlanFinancialCost {
    fn from(cost: FinancialCost) -> Self {
        // With a comma, as they are written where the law asks for them.
        let formatted_value = format!("{}%", cost.rate.with_two_places().replace('.', ","));
        Self { r#type: cost.r#type, rate: cost.rate, formatted_value }
    }
}

impl PlanAmount {
    fn of(plan: &Plan) -> Option<Self> {
        plan.currency.map(|currency| Self { currency, min_value: plan.min_value, max_value: plan.max_value })
    }
}

impl PlanAvailability {
    fn of(plan: &Plan) -> Option<Self> {
        let (start_at, finish_at) = (plan.start_at, plan.finish_at);
        (start_at.is_some() || finish_at.is_some()).then_some(Self { start_at, finish_at })
    }
}

/// The accounts that were sent, each once, when all of them are the key's.
fn accounts_of(merchant: &Merchant, sent: Accounts) -> Result<Vec<AccountId>, ApiError> {
    let mut accounts = sent.0.into_iter().map(|account| merchant.account(account)).collect::<Result<Vec<_>, _>>()?;
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// Checks that accounts can have a plan more, beside one. They are locked until the transaction ends.
async fn refuse_full(
    connection: &mut Connection,
    organization: OrganizationId,
    accounts: &[AccountId],
    plan: PlanId,
) -> Result<(), ApiError> {
    installments_plans::lock_accounts(connection, organization, accounts).await?;
    let full = installments_plans::list_full(connection, organization, accounts, plan, MAX_PLANS).await?;
    let message = |account| format!("account_id: {account} has {MAX_PLANS} plans, which is the most there can be");
    match full.is_empty() {
        true => Ok(()),
        false => Err(ApiError::InvalidParameters(full.into_iter().map(message).collect())),
    }
}
