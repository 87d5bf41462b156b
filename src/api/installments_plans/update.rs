//! `PATCH /v1/installments-plans/{installment_code}`

use axum::Json;
use axum::extract::State;

use super::{InstallmentsPlan, UpdateInstallmentsPlan, accounts_of, example, merged, refuse_full, refuse_large};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::installments_plans;
use crate::error::ApiError;
use crate::input::{Body, PathParameter};
use crate::state::AppState;
use crate::types::PlanId;

refusals!(ApiError::InvalidAccountId, ApiError::InstallmentsPlanNotFound);

/// Update an installments plan
///
/// What is not sent stays as it is. Sessions that name the plan go by what it has become.
#[utoipa::path(
    patch,
    path = "/v1/installments-plans/{installment_code}",
    tag = "installments plans",
    params(("installment_code" = String, Path, description = "Id of the plan.")),
    request_body(content = UpdateInstallmentsPlan, example = json!({
        "installments_plan": [{"installment": 1}, {"installment": 3, "rate": 1.05}, {"installment": 6, "rate": 1.1}],
        "first_installment_deferral": 1,
    })),
    responses(
        (status = 200, description = "The plan.", body = InstallmentsPlan, example = json!(example(None))),
        Refusals,
    ),
)]
pub async fn update_installments_plan(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: change, .. }: Body<UpdateInstallmentsPlan>,
) -> Result<Json<InstallmentsPlan>, ApiError> {
    let organization = merchant.organization;
    let accounts = change.account_id.clone().map(|sent| accounts_of(&merchant, sent)).transpose()?;
    let id = PlanId::parse(&id).map_err(|_| ApiError::InstallmentsPlanNotFound)?;
    let mut database = app.db.begin().await?;
    // Accounts before the plan, as who creates one does.
    if let Some(accounts) = &accounts {
        refuse_full(&mut database, organization, accounts, id).await?;
    }
    let before = installments_plans::lock(&mut database, organization, id).await?;
    let before = before.ok_or(ApiError::InstallmentsPlanNotFound)?;
    let had_it = before.account_ids.clone();
    let mut row = merged(before, change);
    refuse_large(&row.plan)?;
    row.account_ids = accounts.unwrap_or(row.account_ids);
    row.updated_at = app.clock.now(organization);
    installments_plans::update(&mut database, organization, &row).await?;
    database.commit().await?;
    app.plans.changed(organization, &had_it);
    app.plans.changed(organization, &row.account_ids);
    Ok(Json(InstallmentsPlan { payment_method_type: None, ..row.into() }))
}
