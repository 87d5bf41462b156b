//! What a checkout session says of instalments.

use serde_json::Value;

use crate::db::{AsSent, Connection, installments_plans};
use crate::error::ApiError;
use crate::installments::{Part, Plan};
use crate::types::{AccountId, OrganizationId, PlanId};

/// What a checkout session says of instalments. Its own go before a plan that it names.
#[derive(Debug, Default)]
pub struct SessionChoice {
    /// Instalments of its own; none when there are none.
    pub own: Vec<Part>,
    /// The plan that it names.
    pub plan_id: Option<PlanId>,
}

impl SessionChoice {
    /// Reads what a session keeps. What is no plan, as sessions of earlier releases may have it, is none.
    #[must_use]
    pub fn of(kept: Option<&AsSent>) -> Self {
        let field = |name: &str| kept.and_then(|kept| kept.0.get(name));
        Self {
            own: field("plan").and_then(|plan| serde_json::from_value(plan.clone()).ok()).unwrap_or_default(),
            plan_id: field("plan_id").and_then(Value::as_str).and_then(|id| PlanId::parse(id).ok()),
        }
    }
}

/// Finds a plan that an account has.
///
/// # Errors
/// When the database refuses.
pub async fn plan_of_account(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    plan: PlanId,
) -> sqlx::Result<Option<Plan>> {
    let found = installments_plans::find(connection, organization, plan).await?;
    Ok(found.filter(|row| row.account_ids.contains(&account)).map(|row| row.plan))
}

/// Checks that an account has the plan that is sent with one of its sessions.
///
/// # Errors
/// `INVALID_PARAMETERS` when it has no such plan.
pub async fn check_plan(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    sent: &str,
) -> Result<(), ApiError> {
    let found = match PlanId::parse(sent) {
        Ok(plan) => plan_of_account(connection, organization, account, plan).await?,
        Err(_) => None,
    };
    let message = || "installments.plan_id: must be the id of an installments plan that the account has".to_owned();
    found.map(|_| ()).ok_or_else(|| ApiError::InvalidParameters(vec![message()]))
}
