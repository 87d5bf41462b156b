//! `yuno-sessions key`: make, list and revoke key pairs.

use anyhow::{anyhow, bail, ensure};
use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::{DatabaseArgs, print_json};
use crate::clock::Clock;
use crate::db::api_keys::{self, NewKey};
use crate::db::audit_log::CLI;
use crate::db::organizations;
use crate::demo;
use crate::keys::{self, KeyPair, sha256};
use crate::types::{Networks, OrganizationId, Timestamp};

/// What to do with key pairs. Every server sees it within a second.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Make one more key pair of an organization; the secret is shown once
    Create(CreateArgs),
    /// Take a key pair away
    Revoke {
        /// The public key
        public_key: String,
        /// The database
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Print the key pairs of an organization, a JSON object a line, without secrets
    List {
        /// Id of the organization
        #[arg(long, value_parser = OrganizationId::parse)]
        organization: OrganizationId,
        /// The database
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// The key pair to make.
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// Id of the organization
    #[arg(long, value_parser = OrganizationId::parse)]
    organization: OrganizationId,

    /// How long it is valid, in days, hours or minutes, such as 90d, 12h or 30m; for ever when not given
    #[arg(long, value_parser = parse_span, conflicts_with = "expires_at")]
    expires: Option<TimeDelta>,

    /// From when on it is not valid any more, such as 2027-01-31T00:00:00Z
    #[arg(long, value_parser = Timestamp::parse)]
    expires_at: Option<Timestamp>,

    /// Network that it may be used from, such as 192.0.2.0/24, or a single address; once for each, and anywhere when
    /// not given
    #[arg(long, value_name = "CIDR")]
    allow_ip: Vec<String>,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
///
/// # Errors
/// Why it could not.
pub async fn run(command: &KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(args) => create(args).await,
        KeyCommand::Revoke { public_key, database } => revoke(public_key, database).await,
        KeyCommand::List { organization, database } => list(*organization, database).await,
    }
}

async fn create(args: &CreateArgs) -> anyhow::Result<()> {
    let allowed_networks = Networks::parse(args.allow_ip.iter().map(String::as_str));
    let allowed_networks = allowed_networks.map_err(|what| anyhow!("--allow-ip {what}"))?;
    let pair = KeyPair::random()?;
    let secret_sha256 = sha256(pair.secret.expose());

    let pool = args.database.open().await?;
    let mut transaction = pool.begin().await?;
    // Keys age by their organization's time, which a test may have moved.
    let ahead = organizations::ahead(&mut transaction, args.organization).await?;
    let now = Clock::system().machine_time().plus(ahead);
    let expires_at = args.expires_at.or(args.expires.map(|span| now.plus(span)));
    if expires_at.is_some_and(|expires_at| expires_at <= now) {
        bail!("--expires-at must be in the future");
    }
    let key = NewKey { public_api_key: &pair.public, secret_sha256, expires_at, allowed_networks };
    let added = keys::add(&mut transaction, args.organization, CLI, &key, now).await;
    let added = added.map_err(|error| match error.as_database_error().and_then(|error| error.constraint()) {
        Some("api_keys_organization_id_fkey") => anyhow!("there is no organization {}", args.organization),
        _ => error.into(),
    })?;
    ensure!(added, "there is a key of this name already");
    transaction.commit().await?;
    pool.close().await;
    show(&pair);
    Ok(())
}

async fn revoke(public_key: &str, database: &DatabaseArgs) -> anyhow::Result<()> {
    if public_key == demo::PUBLIC_API_KEY {
        bail!("the demo's keys come with the demo: without --demo they are not let in");
    }
    let pool = database.open().await?;
    let mut transaction = pool.begin().await?;
    if !keys::revoke(&mut transaction, CLI, public_key, Clock::system().machine_time()).await? {
        bail!("there is no such key");
    }
    transaction.commit().await?;
    pool.close().await;
    println!("revoked: no server lets it in a second from now");
    Ok(())
}

async fn list(organization: OrganizationId, database: &DatabaseArgs) -> anyhow::Result<()> {
    let pool = database.open().await?;
    let keys = api_keys::list(&mut *pool.acquire().await?, organization).await?;
    pool.close().await;
    print_json(&keys)
}

/// Shows a key pair that was just made: the only time that its secret is seen.
pub(super) fn show(pair: &KeyPair) {
    println!("public-api-key      {}", pair.public);
    println!("private-secret-key  {}", pair.secret.expose());
    println!("\nThe secret is not kept and cannot be shown again.");
}

/// Reads a span such as `90d`: a whole number of days, hours or minutes, up to ten years.
pub(crate) fn parse_span(text: &str) -> Result<TimeDelta, String> {
    const MOST: TimeDelta = TimeDelta::days(3_650);
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let number = number.parse().ok().filter(|number| (1..=MOST.num_minutes()).contains(number));
    let span = match (number, unit) {
        (Some(days), "d") => TimeDelta::try_days(days),
        (Some(hours), "h") => TimeDelta::try_hours(hours),
        (Some(minutes), "m") => TimeDelta::try_minutes(minutes),
        _ => None,
    };
    span.filter(|span| *span <= MOST).ok_or_else(|| "must be such as 90d, 12h or 30m, and at most 3650d".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit_and_an_end() {
        for (text, minutes) in [("90d", 90 * 24 * 60), ("12h", 720), ("1m", 1), ("3650d", 3_650 * 24 * 60)] {
            assert_eq!(parse_span(text), Ok(TimeDelta::minutes(minutes)), "{text}");
        }
        for wrong in ["", "d", "90", "0d", "-1d", "1.5d", "90 d", "90é", "3651d", "99999999999999999999d", "5s"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
