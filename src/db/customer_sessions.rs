//! Customer sessions.

use super::Connection;
use crate::types::{AccountId, CheckoutId, Country, CustomerId, CustomerSessionId, Link, OrganizationId, Timestamp};

/// A customer session.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub customer_session_id: CustomerSessionId,
    /// The account that it belongs to.
    pub account_id: AccountId,
    /// Who enrolls.
    pub customer_id: CustomerId,
    /// Where the customer is.
    pub country: Country,
    /// Where the customer is sent when done.
    pub callback_url: Option<Link>,
    /// Where the customer is sent when done, before `callback_url`.
    pub return_url: Option<Link>,
    /// The checkout that shapes it.
    pub checkout_id: Option<CheckoutId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it can do nothing any more.
    pub expires_at: Timestamp,
}

/// Adds a customer session; `false` when there is no such customer.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, session: &Row) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        r#"
        insert into customer_sessions (organization_id, customer_session_id, account_id, customer_id, country,
            callback_url, return_url, checkout_id, created_at, expires_at)
        select organization_id, $2, $4, customer_id, $5, $6, $7, $8, $9, $10
        from customers
        where organization_id = $1 and customer_id = $3 and deleted_at is null
        for share
        "#,
    )
    .bind(organization)
    .bind(session.customer_session_id)
    .bind(session.customer_id)
    .bind(session.account_id)
    .bind(session.country)
    .bind(&session.callback_url)
    .bind(&session.return_url)
    .bind(session.checkout_id)
    .bind(session.created_at)
    .bind(session.expires_at)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Finds a customer session.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CustomerSessionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select customer_session_id, account_id, customer_id, country, callback_url, return_url, checkout_id,
            created_at, expires_at
        from customer_sessions
        where organization_id = $1 and customer_session_id = $2
        "#,
    )
    .bind(organization)
    .bind(session)
    .fetch_optional(connection)
    .await
}
