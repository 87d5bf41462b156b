//! Key pairs. The one table that is asked without an organization: it says which one a caller belongs to.

use super::Connection;
use crate::types::{AccountId, OrganizationId, Timestamp};

/// What a public key leads to.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// The organization that the key belongs to.
    pub organization_id: OrganizationId,
    /// SHA-256 of the secret that goes with the public key.
    pub secret_sha256: Vec<u8>,
    /// All accounts of the organization.
    #[sqlx(skip)]
    pub accounts: Vec<AccountId>,
}

/// Adds a key pair; `false` when the public key exists.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    connection: &mut Connection,
    organization: OrganizationId,
    public_api_key: &str,
    secret_sha256: &[u8],
    now: Timestamp,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        r#"
        insert into api_keys (public_api_key, secret_sha256, organization_id, created_at)
        values ($1, $2, $3, $4)
        on conflict (public_api_key) do nothing
        "#,
    )
    .bind(public_api_key)
    .bind(secret_sha256)
    .bind(organization)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Finds what a public key leads to. Two statements: in a database on several machines the keys are everywhere, and an
/// organization's accounts on one of them, so that no statement has both.
///
/// # Errors
/// When the database refuses.
pub async fn find(connection: &mut Connection, public_api_key: &str) -> sqlx::Result<Option<Row>> {
    let found: Option<Row> =
        sqlx::query_as("select organization_id, secret_sha256 from api_keys where public_api_key = $1")
            .bind(public_api_key)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(mut key) = found else { return Ok(None) };
    key.accounts = sqlx::query_scalar("select account_id from accounts where organization_id = $1 order by account_id")
        .bind(key.organization_id)
        .fetch_all(connection)
        .await?;
    Ok(Some(key))
}
