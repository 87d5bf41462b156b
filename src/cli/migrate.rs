//! `yuno-sessions migrate`: bring a database up to date and stop.

use super::DatabaseArgs;

/// Brings the database up to date.
///
/// # Errors
/// Why it could not.
pub async fn run(args: &DatabaseArgs) -> anyhow::Result<()> {
    args.open().await?.close().await;
    println!("the database is up to date");
    Ok(())
}
