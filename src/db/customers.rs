//! Customers.

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::types::Json;

use super::{AsSent, Connection};
use crate::types::{CustomerId, OrganizationId, Timestamp};

/// A customer that has not been deleted.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub customer_id: CustomerId,
    /// The merchant's id of it.
    pub merchant_customer_id: String,
    /// Everything else that is known, by field.
    pub details: Json<Value>,
    /// The merchant's metadata, in the form in which it was sent.
    pub metadata: Option<AsSent>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What is kept of a taken `merchant_customer_id` when the customer is deleted.
fn digest(organization: OrganizationId, merchant_customer_id: &str) -> Vec<u8> {
    Sha256::digest(format!("{organization}:{merchant_customer_id}")).to_vec()
}

/// Adds a customer.
///
/// # Errors
/// A violation of `customers_merchant_customer_id_key` when the merchant's id is taken.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, customer: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into customers (organization_id, customer_id, merchant_customer_id, merchant_customer_id_sha256,
            details, metadata, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
    )
    .bind(organization)
    .bind(customer.customer_id)
    .bind(&customer.merchant_customer_id)
    .bind(digest(organization, &customer.merchant_customer_id))
    .bind(&customer.details)
    .bind(&customer.metadata)
    .bind(customer.created_at)
    .bind(customer.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a customer by its id.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select customer_id, merchant_customer_id, details, metadata, created_at, updated_at
        from customers
        where organization_id = $1 and customer_id = $2 and deleted_at is null
        "#,
    )
    .bind(organization)
    .bind(customer)
    .fetch_optional(connection)
    .await
}

/// Keeps a customer from being deleted until the transaction ends; `false` when there is no such customer.
///
/// # Errors
/// When the database refuses.
pub async fn hold(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<bool> {
    let held = sqlx::query(
        "select from customers where organization_id = $1 and customer_id = $2 and deleted_at is null for share",
    )
    .bind(organization)
    .bind(customer)
    .execute(connection)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Finds a customer by the merchant's id of it.
///
/// # Errors
/// When the database refuses.
pub async fn find_by_merchant_customer_id(
    connection: &mut Connection,
    organization: OrganizationId,
    merchant_customer_id: &str,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select customer_id, merchant_customer_id, details, metadata, created_at, updated_at
        from customers
        where organization_id = $1 and merchant_customer_id_sha256 = $2 and deleted_at is null
        "#,
    )
    .bind(organization)
    .bind(digest(organization, merchant_customer_id))
    .fetch_optional(connection)
    .await
}

/// What is to change of a customer. `None` and absent keys stay as they are.
#[derive(Debug)]
pub struct Change {
    /// The merchant's id.
    pub merchant_customer_id: Option<String>,
    /// The fields of [`Row::details`] to replace.
    pub details: Value,
    /// The metadata to replace the old with.
    pub metadata: Option<AsSent>,
}

/// Changes a customer and gives what it is now; `None` when there is no such customer.
///
/// # Errors
/// A violation of `customers_merchant_customer_id_key` when the merchant's new id is taken.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
    change: &Change,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        update customers
        set merchant_customer_id = coalesce($3, merchant_customer_id),
            merchant_customer_id_sha256 = coalesce($4, merchant_customer_id_sha256),
            details = details || $5,
            metadata = coalesce($6, metadata),
            updated_at = $7
        where organization_id = $1 and customer_id = $2 and deleted_at is null
        returning customer_id, merchant_customer_id, details, metadata, created_at, updated_at
        "#,
    )
    .bind(organization)
    .bind(customer)
    .bind(&change.merchant_customer_id)
    .bind(change.merchant_customer_id.as_deref().map(|id| digest(organization, id)))
    .bind(Json(&change.details))
    .bind(&change.metadata)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Forgets who a customer was; `false` when there is no such customer.
///
/// # Errors
/// When the database refuses.
pub async fn delete(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query(
        r#"
        update customers
        set merchant_customer_id = null, details = null, metadata = null, updated_at = $3, deleted_at = $3
        where organization_id = $1 and customer_id = $2 and deleted_at is null
        "#,
    )
    .bind(organization)
    .bind(customer)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() == 1)
}
