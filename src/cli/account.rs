//! `yuno-sessions account`: manage accounts.

use anyhow::anyhow;

use super::DatabaseArgs;
use crate::clock::Clock;
use crate::db::{api_keys, organizations};
use crate::keys::sha256;
use crate::types::{AccountId, OrganizationId, Text};

/// Makes an organization with one account and a key pair, and prints them.
///
/// # Errors
/// Why it could not.
pub async fn create(name: &str, database: &DatabaseArgs) -> anyhow::Result<()> {
    let name = Text::<1, 255>::parse(name).map_err(|what| anyhow!("--name {what}"))?;
    let now = Clock::System.now();
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now));
    let (public, secret) = (format!("sandbox_{}", random_text::<16>()?), format!("sandbox_{}", random_text::<32>()?));

    let pool = database.open().await?;
    let mut transaction = pool.begin().await?;
    organizations::insert(&mut transaction, organization, account, name.as_str(), now).await?;
    api_keys::insert(&mut transaction, organization, &public, &sha256(&secret), now).await?;
    transaction.commit().await?;
    pool.close().await;

    println!("organization_id     {organization}");
    println!("account_id          {account}");
    println!("public-api-key      {public}");
    println!("private-secret-key  {secret}");
    println!("\nThe secret is not kept and cannot be shown again.");
    Ok(())
}

/// So many bytes of the system's random generator, as hexadecimal digits.
fn random_text<const BYTES: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
