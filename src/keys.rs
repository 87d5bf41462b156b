//! Key pairs: how they are made, the form in which secrets are kept, and the public keys that were looked up a moment
//! ago.

use std::sync::Arc;

use anyhow::anyhow;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::db::api_keys::{self, NewKey};
use crate::db::audit_log::{self, Action, NewEntry};
use crate::db::{Connection, Pool};
use crate::remembered::Remembered;
use crate::types::{OrganizationId, Secret, Timestamp};

/// A key pair that was just made.
#[derive(Debug)]
pub struct KeyPair {
    /// The public half.
    pub public: String,
    /// The secret half, which is not kept.
    pub secret: Secret,
}

impl KeyPair {
    /// A new one: 128 random bits and 256.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn random() -> anyhow::Result<Self> {
        Ok(Self {
            public: format!("sandbox_{}", random_text::<16>()?.expose()),
            secret: format!("sandbox_{}", random_text::<32>()?.expose()).into(),
        })
    }
}

/// So many bytes of the system's random generator, as hexadecimal digits.
///
/// # Errors
/// When the machine has no randomness.
pub fn random_text<const BYTES: usize>() -> anyhow::Result<Secret> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
}

/// The form in which secrets are kept.
#[must_use]
pub fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Adds a key pair and tells the audit log; `false` when the public key exists. In a transaction of the asker's.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    transaction: &mut Connection,
    organization: OrganizationId,
    actor: &str,
    key: &NewKey<'_>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let added = api_keys::insert(transaction, organization, key, now).await?;
    if added {
        let entry = NewEntry {
            actor,
            action: Action::KeyCreated,
            subject: key.public_api_key,
            details: json!({"expires_at": key.expires_at, "allowed_networks": key.allowed_networks.to_texts()}),
        };
        audit_log::insert(transaction, organization, entry, now).await?;
    }
    Ok(added)
}

/// Takes a key pair away and tells the audit log; `false` when there is no such key. In a transaction of the asker's.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(transaction: &mut Connection, actor: &str, public: &str, now: Timestamp) -> sqlx::Result<bool> {
    let Some(organization) = api_keys::delete(transaction, public).await? else { return Ok(false) };
    let entry = NewEntry { actor, action: Action::KeyRevoked, subject: public, details: json!({}) };
    audit_log::insert(transaction, organization, entry, now).await?;
    Ok(true)
}

/// Keys that were looked up a moment ago, so that the database is not asked for each call.
#[derive(Default)]
pub struct RememberedKeys(Remembered<String, Option<Arc<api_keys::Row>>>);

/// No public key is longer: a longer one is not looked up, and not remembered as unknown.
const LONGEST_KEY: usize = 128;

impl RememberedKeys {
    /// What a public key leads to, remembered or looked up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&self, db: &Pool, clock: &Clock, public: &str) -> sqlx::Result<Option<Arc<api_keys::Row>>> {
        // Forms and cookies can have what a header cannot, and PostgreSQL takes no text with it.
        if public.len() > LONGEST_KEY || public.contains('\0') {
            return Ok(None);
        }
        let read = || {
            let (db, public) = (db.clone(), public.to_owned());
            async move { Ok(api_keys::find(&mut *db.acquire().await?, &public).await?.map(Arc::new)) }
        };
        self.0.find(public, clock.machine_time(), read).await
    }

    /// Says that a key was taken away; after that is committed.
    pub fn forget(&self, public: &str) {
        self.0.forget(public);
    }
}
