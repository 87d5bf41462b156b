//! Key pairs. They are looked up without an organization: they say which one a caller belongs to.

use std::fmt;

use serde::Serialize;

use super::Connection;
use crate::types::{AccountId, Networks, OrganizationId, Timestamp};

/// What a public key leads to.
#[derive(sqlx::FromRow)]
pub struct Row {
    /// The organization that the key belongs to.
    pub organization_id: OrganizationId,
    /// The public key.
    pub public_api_key: String,
    /// SHA-256 of the secret that goes with the public key.
    pub secret_sha256: Vec<u8>,
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; anywhere when there is none.
    #[sqlx(try_from = "Vec<String>")]
    pub allowed_networks: Networks,
    /// All accounts of the organization.
    #[sqlx(skip)]
    pub accounts: Vec<AccountId>,
}

impl Row {
    /// Whether it ends by itself, or may not be used from everywhere.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.expires_at.is_some() || !self.allowed_networks.is_empty()
    }
}

impl fmt::Debug for Row {
    /// Without the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("organization_id", &self.organization_id)
            .field("public_api_key", &self.public_api_key)
            .field("expires_at", &self.expires_at)
            .field("allowed_networks", &self.allowed_networks)
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

/// A key pair to be added.
pub struct NewKey<'a> {
    /// The public key.
    pub public_api_key: &'a str,
    /// SHA-256 of the secret that goes with the public key.
    pub secret_sha256: [u8; 32],
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; anywhere when there is none.
    pub allowed_networks: Networks,
}

impl<'a> NewKey<'a> {
    /// One that does not expire and may be used from anywhere.
    #[must_use]
    pub fn unlimited(public_api_key: &'a str, secret_sha256: [u8; 32]) -> Self {
        Self { public_api_key, secret_sha256, expires_at: None, allowed_networks: Networks::default() }
    }
}

/// What of a key pair can be shown.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Shown {
    /// The public key.
    pub public_api_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing any more.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; anywhere when there is none.
    pub allowed_networks: Vec<String>,
}

/// Adds a key pair; `false` when the public key exists.
///
/// # Errors
/// A violation of `api_keys_organization_id_fkey` when there is no such organization.
pub async fn insert(
    connection: &mut Connection,
    organization: OrganizationId,
    key: &NewKey<'_>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        r#"
        insert into api_keys (public_api_key, secret_sha256, organization_id, expires_at, allowed_networks, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (public_api_key) do nothing
        "#,
    )
    .bind(key.public_api_key)
    .bind(&key.secret_sha256[..])
    .bind(organization)
    .bind(key.expires_at)
    .bind(key.allowed_networks.to_texts())
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
    let found: Option<Row> = sqlx::query_as(
        r#"
        select organization_id, public_api_key, secret_sha256, expires_at, allowed_networks
        from api_keys
        where public_api_key = $1
        "#,
    )
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

/// Lists the key pairs of an organization, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as(
        r#"
        select public_api_key, created_at, expires_at, allowed_networks
        from api_keys
        where organization_id = $1
        order by created_at, public_api_key
        "#,
    )
    .bind(organization)
    .fetch_all(connection)
    .await
}

/// Removes a key pair, and gives the organization that it belonged to; `None` when there is no such key. A row that
/// only says so would open the door to every server of before it could say that.
///
/// # Errors
/// When the database refuses.
pub async fn delete(connection: &mut Connection, public_api_key: &str) -> sqlx::Result<Option<OrganizationId>> {
    sqlx::query_scalar("delete from api_keys where public_api_key = $1 returning organization_id")
        .bind(public_api_key)
        .fetch_optional(connection)
        .await
}
