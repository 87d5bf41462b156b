//! The audit log: who changed keys and connections. Only added to; it goes with an organization that was made for a test.

use serde::Serialize;
use serde_json::Value;

use super::{AsSent, Connection};
use crate::types::{AuditEntryId, OrganizationId, Timestamp};

/// What was done, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An organization with its account was made.
    AccountCreated,
    /// A key pair was made.
    KeyCreated,
    /// A key pair was taken away.
    KeyRevoked,
    /// A connection was made.
    ConnectionCreated,
    /// A connection was changed, and is as active as before.
    ConnectionUpdated,
    /// A connection was taken out of every session, and what else was changed with it.
    ConnectionPaused,
    /// A connection was brought back, and what else was changed with it.
    ConnectionResumed,
    /// A connection was deleted.
    ConnectionDeleted,
}

impl Action {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "ACCOUNT_CREATED",
            Self::KeyCreated => "KEY_CREATED",
            Self::KeyRevoked => "KEY_REVOKED",
            Self::ConnectionCreated => "CONNECTION_CREATED",
            Self::ConnectionUpdated => "CONNECTION_UPDATED",
            Self::ConnectionPaused => "CONNECTION_PAUSED",
            Self::ConnectionResumed => "CONNECTION_RESUMED",
            Self::ConnectionDeleted => "CONNECTION_DELETED",
        }
    }
}

/// Who did it, where it was not a key: somebody on the command line.
pub const CLI: &str = "cli";

/// Who did it, where it was not a key: a server that makes the demo.
pub const DEMO: &str = "demo";

/// Who did it, where it was not a key: somebody who makes an organization for a test.
pub const TESTING: &str = "testing";

/// Something that was done.
pub struct NewEntry<'a> {
    /// [`CLI`], [`DEMO`], [`TESTING`], or the public key that was called with.
    pub actor: &'a str,
    /// What was done.
    pub action: Action,
    /// The public key, connection or account that it was done to.
    pub subject: &'a str,
    /// What it has become, or was: nothing secret.
    pub details: Value,
}

/// An entry, as it is shown.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Entry {
    /// When it was done.
    pub created_at: Timestamp,
    /// `cli`, `demo`, `testing`, or the public key that was called with.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The public key, connection or account that it was done to.
    pub subject: String,
    /// What it has become, or was.
    #[sqlx(json)]
    pub details: Value,
}

/// Adds an entry; in the transaction of what it tells.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    connection: &mut Connection,
    organization: OrganizationId,
    entry: NewEntry<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into audit_log (organization_id, entry_id, actor, action, subject, details, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
    )
    .bind(organization)
    .bind(AuditEntryId::new(now))
    .bind(entry.actor)
    .bind(entry.action.as_str())
    .bind(entry.subject)
    .bind(AsSent(entry.details))
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Lists the newest entries since a time, at most so many, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    since: Option<Timestamp>,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = sqlx::query_as(
        r#"
        select created_at, actor, action, subject, details
        from audit_log
        where organization_id = $1 and ($2::timestamptz is null or created_at >= $2)
        order by created_at desc, entry_id desc
        limit $3
        "#,
    )
    .bind(organization)
    .bind(since)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    entries.reverse();
    Ok(entries)
}
