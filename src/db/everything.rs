//! All that an organization has, and dropping it: a bounded number of rows of one table at a time.

use super::Connection;
use crate::types::OrganizationId;

/// What an organization has, in an order in which it can go: nothing before what refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Deliveries of events.
    Deliveries,
    /// Events.
    Events,
    /// Transactions of payments.
    Transactions,
    /// Payments.
    Payments,
    /// Enrolled methods.
    PaymentMethods,
    /// One-time tokens.
    Tokens,
    /// Checkout sessions.
    CheckoutSessions,
    /// Customer sessions.
    CustomerSessions,
    /// Customers.
    Customers,
    /// Connections.
    Connections,
    /// Checkouts.
    Checkouts,
    /// Installments plans.
    InstallmentsPlans,
    /// Webhooks.
    Webhooks,
    /// Idempotency keys.
    IdempotencyKeys,
    /// Entries of the audit log.
    AuditLog,
    /// Accounts.
    Accounts,
}

impl Table {
    /// All of them, in that order.
    pub const ALL: [Self; 16] = [
        Self::Transactions,
        Self::Payments,
        Self::PaymentMethods,
        Self::Tokens,
        Self::CheckoutSessions,
        Self::CustomerSessions,
        // After what they tell of: nothing adds any then.
        Self::Deliveries,
        Self::Events,
        Self::Customers,
        Self::Connections,
        Self::Checkouts,
        Self::InstallmentsPlans,
        Self::Webhooks,
        Self::IdempotencyKeys,
        Self::AuditLog,
        Self::Accounts,
    ];
}

/// Drops rows of a table, at most `limit`; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn drop_rows(
    connection: &mut Connection,
    organization: OrganizationId,
    table: Table,
    limit: i64,
) -> sqlx::Result<u64> {
    let delete = match table {
        Table::Deliveries => sqlx::query(
            r#"
            delete from deliveries where organization_id = $1 and delivery_id in (
                select delivery_id from deliveries where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Events => sqlx::query(
            r#"
            delete from events where organization_id = $1 and event_id in (
                select event_id from events where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Transactions => sqlx::query(
            r#"
            delete from transactions where organization_id = $1 and transaction_id in (
                select transaction_id from transactions where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Payments => sqlx::query(
            r#"
            delete from payments where organization_id = $1 and payment_id in (
                select payment_id from payments where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::PaymentMethods => sqlx::query(
            r#"
            delete from payment_methods where organization_id = $1 and payment_method_id in (
                select payment_method_id from payment_methods where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Tokens => sqlx::query(
            r#"
            delete from tokens where organization_id = $1 and token_id in (
                select token_id from tokens where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::CheckoutSessions => sqlx::query(
            r#"
            delete from checkout_sessions where organization_id = $1 and checkout_session_id in (
                select checkout_session_id from checkout_sessions where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::CustomerSessions => sqlx::query(
            r#"
            delete from customer_sessions where organization_id = $1 and customer_session_id in (
                select customer_session_id from customer_sessions where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Customers => sqlx::query(
            r#"
            delete from customers where organization_id = $1 and customer_id in (
                select customer_id from customers where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Connections => sqlx::query(
            r#"
            delete from connections where organization_id = $1 and connection_id in (
                select connection_id from connections where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Checkouts => sqlx::query(
            r#"
            delete from checkouts where organization_id = $1 and checkout_id in (
                select checkout_id from checkouts where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::InstallmentsPlans => sqlx::query(
            r#"
            delete from installments_plans where organization_id = $1 and plan_id in (
                select plan_id from installments_plans where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Webhooks => sqlx::query(
            r#"
            delete from webhooks where organization_id = $1 and webhook_id in (
                select webhook_id from webhooks where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::IdempotencyKeys => sqlx::query(
            r#"
            delete from idempotency_keys where organization_id = $1 and (operation, idempotency_key) in (
                select operation, idempotency_key from idempotency_keys where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::AuditLog => sqlx::query(
            r#"
            delete from audit_log where organization_id = $1 and entry_id in (
                select entry_id from audit_log where organization_id = $1 limit $2
            )
            "#,
        ),
        Table::Accounts => sqlx::query(
            r#"
            delete from accounts where organization_id = $1 and account_id in (
                select account_id from accounts where organization_id = $1 limit $2
            )
            "#,
        ),
    };
    Ok(delete.bind(organization).bind(limit).execute(connection).await?.rows_affected())
}

/// Takes all key pairs of an organization away; gives the public keys.
///
/// # Errors
/// When the database refuses.
pub async fn drop_keys(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("delete from api_keys where organization_id = $1 returning public_api_key")
        .bind(organization)
        .fetch_all(connection)
        .await
}

/// Drops an organization that has nothing any more.
///
/// # Errors
/// When it has something, or the database refuses.
pub async fn drop_organization(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<()> {
    sqlx::query("delete from organizations where organization_id = $1")
        .bind(organization)
        .execute(connection)
        .await
        .map(|_| ())
}
