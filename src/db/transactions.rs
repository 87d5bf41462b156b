//! Transactions of payments.

use super::{AsSent, Connection};
use crate::types::{Amount, OrganizationId, PaymentId, Timestamp, TransactionId, TransactionStatus, TransactionType};

/// The place of the transaction that a payment begins with; an authentication goes before it.
pub const MAIN_POSITION: i16 = 1;

/// A transaction.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub transaction_id: TransactionId,
    /// The payment that it belongs to.
    pub payment_id: PaymentId,
    /// Its place in the order of the payment's transactions.
    pub position: i16,
    /// What it asked for.
    pub r#type: TransactionType,
    /// How it stands.
    pub status: TransactionStatus,
    /// Why.
    pub response_code: String,
    /// How much it is about.
    pub amount: Amount,
    /// What refunds gave back of it.
    pub refunded: Amount,
    /// The transaction that it captures, refunds or cancels.
    pub about_transaction_id: Option<TransactionId>,
    /// The merchant's reference.
    pub merchant_reference: Option<String>,
    /// What the merchant wrote on it.
    pub description: Option<String>,
    /// Why the merchant asked for it.
    pub reason: Option<String>,
    /// The provider's own word for how it stands.
    pub status_detail: Option<String>,
    /// What an authentication proves.
    pub proof: Option<AsSent>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

impl Row {
    /// A transaction that was just sent, without words of the merchant.
    #[must_use]
    pub fn new(
        transaction_id: TransactionId,
        payment_id: PaymentId,
        position: i16,
        r#type: TransactionType,
        amount: Amount,
        now: Timestamp,
    ) -> Self {
        Self {
            transaction_id,
            payment_id,
            position,
            r#type,
            status: TransactionStatus::Created,
            response_code: "SUCCEEDED".to_owned(),
            amount,
            refunded: Amount::ZERO,
            about_transaction_id: None,
            merchant_reference: None,
            description: None,
            reason: None,
            status_detail: None,
            proof: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Adds a transaction.
///
/// # Errors
/// A violation of `transactions_position_key` when its place is taken.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, transaction: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into transactions (organization_id, transaction_id, payment_id, position, type, status, response_code,
            amount, about_transaction_id, merchant_reference, description, reason, status_detail, proof, created_at,
            updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
        "#,
    )
    .bind(organization)
    .bind(transaction.transaction_id)
    .bind(transaction.payment_id)
    .bind(transaction.position)
    .bind(transaction.r#type)
    .bind(transaction.status)
    .bind(&transaction.response_code)
    .bind(transaction.amount)
    .bind(transaction.about_transaction_id)
    .bind(&transaction.merchant_reference)
    .bind(&transaction.description)
    .bind(&transaction.reason)
    .bind(&transaction.status_detail)
    .bind(&transaction.proof)
    .bind(transaction.created_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Lists the transactions of payments, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    payments: &[PaymentId],
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select * from transactions where organization_id = $1 and payment_id = any($2) order by payment_id, position",
    )
    .bind(organization)
    .bind(payments)
    .fetch_all(connection)
    .await
}

/// Finds a transaction.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    transaction: TransactionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from transactions where organization_id = $1 and transaction_id = $2")
        .bind(organization)
        .bind(transaction)
        .fetch_optional(connection)
        .await
}

/// Writes what a transaction has come to.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    transaction: &Row,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update transactions
        set status = $3, response_code = $4, status_detail = $5, proof = $6, updated_at = $7
        where organization_id = $1 and transaction_id = $2
        "#,
    )
    .bind(organization)
    .bind(transaction.transaction_id)
    .bind(transaction.status)
    .bind(&transaction.response_code)
    .bind(&transaction.status_detail)
    .bind(&transaction.proof)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Counts money that is given back of a transaction; `false` when that much is not left of it.
///
/// # Errors
/// When the database refuses.
pub async fn refund(
    connection: &mut Connection,
    organization: OrganizationId,
    transaction: TransactionId,
    amount: Amount,
) -> sqlx::Result<bool> {
    let counted = sqlx::query(
        r#"
        update transactions
        set refunded = refunded + $3
        where organization_id = $1 and transaction_id = $2 and refunded + $3 <= amount
        "#,
    )
    .bind(organization)
    .bind(transaction)
    .bind(amount)
    .execute(connection)
    .await?;
    Ok(counted.rows_affected() == 1)
}

/// Takes back what [`refund`] has counted: the money was not given back after all.
///
/// # Errors
/// When the database refuses.
pub async fn undo_refund(
    connection: &mut Connection,
    organization: OrganizationId,
    transaction: TransactionId,
    amount: Amount,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update transactions
        set refunded = refunded - $3
        where organization_id = $1 and transaction_id = $2
        "#,
    )
    .bind(organization)
    .bind(transaction)
    .bind(amount)
    .execute(connection)
    .await
    .map(|_| ())
}
