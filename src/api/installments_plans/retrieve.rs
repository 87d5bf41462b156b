//! `GET /v1/installments-plans/{installment_code}`

use axum::Json;
use axum::extract::State;

use super::{PricedPlan, example_without_prices};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::installments_plans;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::PlanId;

refusals!(ApiError::InstallmentsPlanNotFound);

/// Retrieve an installments plan
///
/// A list of one, as it is published. What its choices cost is `0`: no amount is asked for.
#[utoipa::path(
    get,
    path = "/v1/installments-plans/{installment_code}",
    tag = "installments plans",
    params(("installment_code" = String, Path, description = "Id of the plan.")),
    responses((status = 200, description = "The plan.", body = [PricedPlan], example = json!([example_without_prices()])), Refusals),
)]
pub async fn retrieve_installments_plan(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<[PricedPlan; 1]>, ApiError> {
    let id = PlanId::parse(&id).map_err(|_| ApiError::InstallmentsPlanNotFound)?;
    let found = installments_plans::find(&mut *app.db.acquire().await?, merchant.organization, id).await?;
    let plan = found.ok_or(ApiError::InstallmentsPlanNotFound)?;
    Ok(Json([PricedPlan::new(plan, None, None)]))
}
