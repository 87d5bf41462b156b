//! `POST /v1/installments-plans`

use axum::Json;
use axum::extract::State;

use super::{
    CreateInstallmentsPlan, InstallmentsPlan, UpdateInstallmentsPlan, accounts_of, example, merged, refuse_full,
    refuse_large,
};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::installments_plans::{self, Row};
use crate::error::ApiError;
use crate::input::Body;
use crate::installments::Plan;
use crate::state::AppState;
use crate::types::{PlanId, PlanMethod};

refusals!(ApiError::InvalidAccountId);

/// Create an installments plan
///
/// For one account or several of the organization, each of which has a hundred plans at most. The purchases that it is for
/// can be narrowed: by amount and currency, by card, by time.
#[utoipa::path(
    post,
    path = "/v1/installments-plans",
    tag = "installments plans",
    request_body(content = CreateInstallmentsPlan, example = json!({
        "name": "Winter sale",
        "account_id": ["00000000-0000-4000-8000-000000000001"],
        "merchant_reference": "winter-2026",
        "installments_plan": [
            {"installment": 1, "rate": 1},
            {
                "installment": 3, "rate": 1.05, "financial_costs": [{"type": "CET", "rate": 45.25}],
                "type": "MERCHANT_INSTALLMENTS",
            },
        ],
        "country_code": "BR",
        "brand": ["VISA"],
        "iin": ["450799"],
        "amount": {"currency": "BRL", "min_value": 50, "max_value": 10000},
        "availability": {"start_at": "2026-01-01T00:00:00Z", "finish_at": "2026-12-31T00:00:00Z"},
        "payment_method_type": "CARD",
    })),
    responses(
        (status = 200, description = "The plan.", body = InstallmentsPlan, example = json!(example(Some("CARD")))),
        Refusals,
    ),
)]
pub async fn create_installments_plan(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: new, .. }: Body<CreateInstallmentsPlan>,
) -> Result<Json<InstallmentsPlan>, ApiError> {
    let organization = merchant.organization;
    let now = app.clock.now(organization);
    let blank = Row {
        account_ids: accounts_of(&merchant, new.account_id.clone())?,
        name: String::new(),
        merchant_reference: String::new(),
        scheme: None,
        issuer: None,
        updated_at: now,
        plan: Plan {
            plan_id: PlanId::new(now),
            installments: Vec::new(),
            country_code: None,
            brand: None,
            iin: None,
            first_installment_deferral: 0,
            currency: None,
            min_value: None,
            max_value: None,
            start_at: None,
            finish_at: None,
            payment_method_type: PlanMethod::Card,
            created_at: now,
        },
    };
    let row = merged(blank, UpdateInstallmentsPlan::from(new));
    refuse_large(&row.plan)?;
    let mut database = app.db.begin().await?;
    refuse_full(&mut database, organization, &row.account_ids, row.plan.plan_id).await?;
    installments_plans::insert(&mut database, organization, &row).await?;
    database.commit().await?;
    app.plans.changed(organization, &row.account_ids);
    Ok(Json(row.into()))
}
