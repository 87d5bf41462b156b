//! `yuno-sessions audit`: who changed keys and connections.

use clap::Args;

use super::{DatabaseArgs, print_json};
use crate::db::audit_log;
use crate::types::{OrganizationId, Timestamp};

/// Which entries to print.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// Id of the organization
    #[arg(long, value_parser = OrganizationId::parse)]
    organization: OrganizationId,

    /// Only what was done at this time or later, such as 2026-01-31T00:00:00Z
    #[arg(long, value_parser = Timestamp::parse)]
    since: Option<Timestamp>,

    /// The newest of them, so many at most
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    limit: i64,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints the entries, oldest first, a JSON object a line.
///
/// # Errors
/// Why it could not.
pub async fn run(args: &AuditArgs) -> anyhow::Result<()> {
    let pool = args.database.open().await?;
    let entries = audit_log::list(&mut *pool.acquire().await?, args.organization, args.since, args.limit).await?;
    pool.close().await;
    print_json(&entries)
}
