//! Checkouts that merchants have shaped.

use super::{AsSent, Connection};
use crate::types::{AccountId, CheckoutId, CheckoutStatus, OrganizationId, Timestamp};

/// A checkout.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub checkout_id: CheckoutId,
    /// The account that it belongs to.
    pub account_id: AccountId,
    /// The merchant's name of it, unique in the account.
    pub name: String,
    /// What the merchant says of it.
    pub description: String,
    /// Whether it shapes sessions.
    pub status: CheckoutStatus,
    /// Whether it shapes sessions that name none.
    pub is_default: bool,
    /// What was said of payment methods, each once.
    pub payment_methods: AsSent,
    /// What was said of countries.
    pub general_settings: AsSent,
    /// What was said of its looks.
    pub styling: AsSent,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a list tells of a checkout.
#[derive(Debug, sqlx::FromRow)]
pub struct Summary {
    /// Its id.
    pub checkout_id: CheckoutId,
    /// The merchant's name of it.
    pub name: String,
    /// What the merchant says of it.
    pub description: String,
    /// Whether it shapes sessions.
    pub status: CheckoutStatus,
    /// Whether it is the account's default.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Adds a checkout.
///
/// # Errors
/// A violation of `checkouts_name_key` when the name is taken in the account.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, new: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into checkouts (organization_id, checkout_id, account_id, name, description, status, is_default,
            payment_methods, general_settings, styling, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
    )
    .bind(organization)
    .bind(new.checkout_id)
    .bind(new.account_id)
    .bind(&new.name)
    .bind(&new.description)
    .bind(new.status)
    .bind(new.is_default)
    .bind(&new.payment_methods)
    .bind(&new.general_settings)
    .bind(&new.styling)
    .bind(new.created_at)
    .bind(new.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds the default checkout of an account.
///
/// # Errors
/// When the database refuses.
pub async fn find_default(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from checkouts where organization_id = $1 and account_id = $2 and is_default")
        .bind(organization)
        .bind(account)
        .fetch_optional(connection)
        .await
}

/// Finds a checkout of an account.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    checkout: CheckoutId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from checkouts where organization_id = $1 and account_id = $2 and checkout_id = $3")
        .bind(organization)
        .bind(account)
        .bind(checkout)
        .fetch_optional(connection)
        .await
}

/// Lists the checkouts of an account: the default, then those that were changed last.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<Vec<Summary>> {
    sqlx::query_as(
        r#"
        select checkout_id, name, description, status, is_default, created_at, updated_at
        from checkouts
        where organization_id = $1 and account_id = $2
        order by is_default desc, updated_at desc, checkout_id desc
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_all(connection)
    .await
}

/// Writes what a checkout has become. Its account must be locked.
///
/// # Errors
/// A violation of `checkouts_name_key` when the name is taken in the account.
pub async fn update(connection: &mut Connection, organization: OrganizationId, changed: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update checkouts
        set name = $3, description = $4, status = $5, is_default = $6, payment_methods = $7, general_settings = $8,
            styling = $9, updated_at = $10
        where organization_id = $1 and checkout_id = $2
        "#,
    )
    .bind(organization)
    .bind(changed.checkout_id)
    .bind(&changed.name)
    .bind(&changed.description)
    .bind(changed.status)
    .bind(changed.is_default)
    .bind(&changed.payment_methods)
    .bind(&changed.general_settings)
    .bind(&changed.styling)
    .bind(changed.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Leaves an account without a default checkout, for another to become it. The account must be locked.
///
/// # Errors
/// When the database refuses.
pub async fn demote(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update checkouts set is_default = false, updated_at = $3
        where organization_id = $1 and account_id = $2 and is_default
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}
