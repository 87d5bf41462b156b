//! `yuno-sessions account`: manage accounts.

use anyhow::anyhow;
use serde_json::json;

use super::DatabaseArgs;
use super::key::show;
use crate::clock::Clock;
use crate::db::api_keys::NewKey;
use crate::db::audit_log::{self, Action, CLI, NewEntry};
use crate::db::organizations;
use crate::keys::{self, KeyPair, sha256};
use crate::types::{AccountId, OrganizationId, Text};

/// Makes an organization with one account and a key pair, and prints them.
///
/// # Errors
/// Why it could not.
pub async fn create(name: &str, database: &DatabaseArgs) -> anyhow::Result<()> {
    let name = Text::<1, 255>::parse(name).map_err(|what| anyhow!("--name {what}"))?;
    let now = Clock::system().machine_time();
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now));
    let pair = KeyPair::random()?;

    let pool = database.open().await?;
    let mut transaction = pool.begin().await?;
    organizations::insert(&mut transaction, organization, account, name.as_str(), now).await?;
    let entry = NewEntry {
        actor: CLI,
        action: Action::AccountCreated,
        subject: &account.to_string(),
        details: json!({"name": name}),
    };
    audit_log::insert(&mut transaction, organization, entry, now).await?;
    let key = NewKey::unlimited(&pair.public, sha256(pair.secret.expose()));
    let added = keys::add(&mut transaction, organization, CLI, &key, now).await?;
    anyhow::ensure!(added, "there is a key of this name already");
    transaction.commit().await?;
    pool.close().await;

    println!("organization_id     {organization}");
    println!("account_id          {account}");
    show(&pair);
    Ok(())
}
