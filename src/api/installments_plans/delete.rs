//! `DELETE /v1/installments-plans/{installment_code}`

use axum::Json;
use axum::extract::State;

use super::{InstallmentsPlan, example};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::installments_plans;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::PlanId;

refusals!(ApiError::InstallmentsPlanNotFound);

/// Delete an installments plan
///
/// Sessions that name it go on as if they named none.
#[utoipa::path(
    delete,
    path = "/v1/installments-plans/{installment_code}",
    tag = "installments plans",
    params(("installment_code" = String, Path, description = "Id of the plan.")),
    responses(
        (status = 200, description = "The plan that is gone.", body = InstallmentsPlan, example = json!(example(Some("CARD")))),
        Refusals,
    ),
)]
pub async fn delete_installments_plan(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<Json<InstallmentsPlan>, ApiError> {
    let id = PlanId::parse(&id).map_err(|_| ApiError::InstallmentsPlanNotFound)?;
    let gone = installments_plans::delete(&mut *app.db.acquire().await?, merchant.organization, id).await?;
    let gone = gone.ok_or(ApiError::InstallmentsPlanNotFound)?;
    app.plans.changed(merchant.organization, &gone.account_ids);
    Ok(Json(gone.into()))
}
