//! One-time tokens.

use sqlx::types::Json;
use uuid::Uuid;

use super::Connection;
use crate::types::{
    AccountId, CheckoutSessionId, CustomerId, KeptCard, OrganizationId, Timestamp, TokenId, VaultedToken,
};

/// A one-time token.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// The token.
    pub token_id: TokenId,
    /// The account that it is for.
    pub account_id: AccountId,
    /// The session that it is for; `None` when it was made for an account.
    pub checkout_session_id: Option<CheckoutSessionId>,
    /// Who pays with it.
    pub customer_id: Option<CustomerId>,
    /// The type of its method.
    pub payment_method_type: String,
    /// The enrolled method that it stands for.
    pub vaulted_token: Option<VaultedToken>,
    /// Whether the method is enrolled when the payment succeeds.
    pub vault_on_success: bool,
    /// Its card.
    pub card: Option<Json<KeptCard>>,
    /// In how many parts it is paid.
    pub installments: Option<i16>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Adds a token.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, token: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into tokens (organization_id, token_id, account_id, checkout_session_id, customer_id,
            payment_method_type, vaulted_token, vault_on_success, card, installments, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
    )
    .bind(organization)
    .bind(token.token_id)
    .bind(token.account_id)
    .bind(token.checkout_session_id)
    .bind(token.customer_id)
    .bind(&token.payment_method_type)
    .bind(token.vaulted_token)
    .bind(token.vault_on_success)
    .bind(&token.card)
    .bind(token.installments)
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Uses a token up for `used_for`, and gives it as it was; `None` when there is no such token or it was used or has
/// expired. Its card is not kept any longer.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    connection: &mut Connection,
    organization: OrganizationId,
    token: TokenId,
    used_for: Uuid,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        with taken as (
            select * from tokens
            where organization_id = $1 and token_id = $2 and used_for is null and expires_at > $4
            for update
        )
        update tokens
        set used_for = $3, card = null
        from taken
        where tokens.organization_id = $1 and tokens.token_id = taken.token_id
        returning taken.*
        "#,
    )
    .bind(organization)
    .bind(token)
    .bind(used_for)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Whether a token was used for a payment about which no gateway has answered yet.
///
/// # Errors
/// When the database refuses.
pub async fn is_in_use(
    connection: &mut Connection,
    organization: OrganizationId,
    token: TokenId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        r#"
        select exists (
            select from tokens join payments
                on payments.organization_id = tokens.organization_id and payments.payment_id = tokens.used_for
            where tokens.organization_id = $1 and tokens.token_id = $2 and payments.status = 'CREATED'
        )
        "#,
    )
    .bind(organization)
    .bind(token)
    .fetch_one(connection)
    .await
}

/// Drops tokens that expired before a time, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn delete_expired(
    connection: &mut Connection,
    organization: OrganizationId,
    before: Timestamp,
    limit: i64,
) -> sqlx::Result<u64> {
    sqlx::query(
        r#"
        delete from tokens
        where organization_id = $1 and token_id in (
            select token_id from tokens
            where organization_id = $1 and expires_at <= $2
            limit $3
            for update skip locked
        )
        "#,
    )
    .bind(organization)
    .bind(before)
    .bind(limit)
    .execute(connection)
    .await
    .map(|dropped| dropped.rows_affected())
}

/// Drops the tokens of a customer.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_customer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<()> {
    sqlx::query("delete from tokens where organization_id = $1 and customer_id = $2")
        .bind(organization)
        .bind(customer)
        .execute(connection)
        .await
        .map(|_| ())
}
