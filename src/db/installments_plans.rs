//! Installments plans: the choices that customers of some accounts have, and for which purchases.

use sqlx::types::Json;

use super::Connection;
use crate::installments::Plan;
use crate::types::{AccountId, OrganizationId, PlanId, Timestamp};

/// An installments plan.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// The accounts that have it.
    pub account_ids: Vec<AccountId>,
    /// The merchant's name of it.
    pub name: String,
    /// The merchant's reference of it.
    pub merchant_reference: String,
    /// The scheme of cards, as the merchant says.
    pub scheme: Option<String>,
    /// The issuer of cards, as the merchant says.
    pub issuer: Option<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What it offers, and for what.
    #[sqlx(flatten)]
    pub plan: Plan,
}

/// Keeps everybody else from giving plans to accounts until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_accounts(
    connection: &mut Connection,
    organization: OrganizationId,
    accounts: &[AccountId],
) -> sqlx::Result<()> {
    // In their order, so that no two wait for each other.
    sqlx::query(
        r#"
        select from accounts
        where organization_id = $1 and account_id = any($2)
        order by account_id
        for no key update
        "#,
    )
    .bind(organization)
    .bind(accounts)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Lists those of some accounts that have so many plans, or more, beside one. The accounts must be locked.
///
/// # Errors
/// When the database refuses.
pub async fn list_full(
    connection: &mut Connection,
    organization: OrganizationId,
    accounts: &[AccountId],
    beside: PlanId,
    most: i64,
) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar(
        r#"
        select covered.account_id
        from installments_plans cross join unnest(account_ids) as covered (account_id)
        where organization_id = $1 and account_ids && $2 and covered.account_id = any($2) and plan_id <> $3
        group by covered.account_id
        having count(*) >= $4
        "#,
    )
    .bind(organization)
    .bind(accounts)
    .bind(beside)
    .bind(most)
    .fetch_all(connection)
    .await
}

/// Adds a plan.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, new: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into installments_plans (organization_id, plan_id, account_ids, name, merchant_reference, installments,
            country_code, scheme, brand, issuer, iin, first_installment_deferral, currency, min_value, max_value,
            start_at, finish_at, payment_method_type, updated_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        "#,
    )
    .bind(organization)
    .bind(new.plan.plan_id)
    .bind(&new.account_ids)
    .bind(&new.name)
    .bind(&new.merchant_reference)
    .bind(Json(&new.plan.installments))
    .bind(new.plan.country_code)
    .bind(&new.scheme)
    .bind(&new.plan.brand)
    .bind(&new.issuer)
    .bind(&new.plan.iin)
    .bind(new.plan.first_installment_deferral)
    .bind(new.plan.currency)
    .bind(new.plan.min_value)
    .bind(new.plan.max_value)
    .bind(new.plan.start_at)
    .bind(new.plan.finish_at)
    .bind(new.plan.payment_method_type)
    .bind(new.updated_at)
    .bind(new.plan.created_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Writes what a plan has become.
///
/// # Errors
/// When the database refuses.
pub async fn update(connection: &mut Connection, organization: OrganizationId, changed: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update installments_plans
        set account_ids = $3, name = $4, merchant_reference = $5, installments = $6, country_code = $7, scheme = $8,
            brand = $9, issuer = $10, iin = $11, first_installment_deferral = $12, currency = $13, min_value = $14,
            max_value = $15, start_at = $16, finish_at = $17, payment_method_type = $18, updated_at = $19
        where organization_id = $1 and plan_id = $2
        "#,
    )
    .bind(organization)
    .bind(changed.plan.plan_id)
    .bind(&changed.account_ids)
    .bind(&changed.name)
    .bind(&changed.merchant_reference)
    .bind(Json(&changed.plan.installments))
    .bind(changed.plan.country_code)
    .bind(&changed.scheme)
    .bind(&changed.plan.brand)
    .bind(&changed.issuer)
    .bind(&changed.plan.iin)
    .bind(changed.plan.first_installment_deferral)
    .bind(changed.plan.currency)
    .bind(changed.plan.min_value)
    .bind(changed.plan.max_value)
    .bind(changed.plan.start_at)
    .bind(changed.plan.finish_at)
    .bind(changed.plan.payment_method_type)
    .bind(changed.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a plan.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    plan: PlanId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from installments_plans where organization_id = $1 and plan_id = $2")
        .bind(organization)
        .bind(plan)
        .fetch_optional(connection)
        .await
}

/// Finds a plan and keeps everybody else from changing it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(
    connection: &mut Connection,
    organization: OrganizationId,
    plan: PlanId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from installments_plans where organization_id = $1 and plan_id = $2 for update")
        .bind(organization)
        .bind(plan)
        .fetch_optional(connection)
        .await
}

/// Lists the plans of an account, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select * from installments_plans
        where organization_id = $1 and account_ids @> array[$2::uuid]
        order by created_at, plan_id
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_all(connection)
    .await
}

/// Removes a plan, and gives what it was; `None` when there is no such plan.
///
/// # Errors
/// When the database refuses.
pub async fn delete(
    connection: &mut Connection,
    organization: OrganizationId,
    plan: PlanId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("delete from installments_plans where organization_id = $1 and plan_id = $2 returning *")
        .bind(organization)
        .bind(plan)
        .fetch_optional(connection)
        .await
}
