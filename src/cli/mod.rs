//! The commands.

pub mod account;
pub mod audit;
pub mod key;
pub mod listen;
pub mod migrate;
pub mod openapi;
pub mod serve;

use std::io::Write as _;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::config::ServeArgs;
use crate::db::{Hosts, Pool};
use crate::types::Secret;

/// An open server for the sessions API of the Yuno payment orchestrator
#[derive(Parser, Debug)]
#[command(name = "yuno-sessions", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the API; also what happens without a command
    Serve(Box<ServeArgs>),
    /// Bring a database up to date and stop
    Migrate(DatabaseArgs),
    /// Manage accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage key pairs
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Print who changed keys and connections, a JSON object a line
    Audit(audit::AuditArgs),
    /// Print events as they come, and forward them to a receiver on this machine
    Listen(Box<listen::ListenArgs>),
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand, Debug)]
enum AccountCommand {
    /// Make an organization with one account and a key pair; the secret is shown once
    Create {
        /// Name of the organization and of its account, 1 to 255 characters
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// The database that a command works on.
#[derive(Args, Debug)]
pub struct DatabaseArgs {
    /// The PostgreSQL to work on
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Secret,
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// Why it could not, in one line.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            None => serve::run(&self.serve).await,
            Some(Command::Serve(args)) => serve::run(&args).await,
            Some(Command::Migrate(args)) => migrate::run(&args).await,
            Some(Command::Account(AccountCommand::Create { name, database })) => {
                account::create(&name, &database).await
            }
            Some(Command::Key(command)) => key::run(&command).await,
            Some(Command::Audit(args)) => audit::run(&args).await,
            Some(Command::Listen(args)) => listen::run(&args).await,
            Some(Command::Openapi) => openapi::run(),
        }
    }
}

/// Prints each of some things as a JSON object on a line of its own.
fn print_json(things: &[impl Serialize]) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    for thing in things {
        writeln!(output, "{}", serde_json::to_string(thing)?)?;
    }
    Ok(())
}

impl DatabaseArgs {
    /// Opens the database and brings it up to date.
    async fn open(&self) -> anyhow::Result<Pool> {
        let hosts = Hosts::parse(self.database_url.expose())
            .map_err(|what| anyhow::anyhow!("DATABASE_URL (--database-url) {what}"))?;
        let pool = Pool::open(&hosts, 1).await?;
        crate::db::migrate(&pool).await?;
        Ok(pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_the_command_line_is_printed() {
        for arguments in [
            "serve --database-url=postgres://u:hunter2@h/x --fingerprint-key=hunter3",
            "--database-url=postgres://u:hunter2@h/x --fingerprint-key=hunter3",
            "migrate --database-url=postgres://u:hunter2@h/x",
            "account create --name=x --database-url=postgres://u:hunter2@h/x",
            "key list --organization=00000000-0000-4000-8000-000000000000 --database-url=postgres://u:hunter2@h/x",
            "listen --private-secret-key=hunter2 --api-key=hunter3 --secret=hunter4 --hmac-client-secret=hunter5",
        ] {
            let words = std::iter::once("yuno-sessions").chain(arguments.split(' '));
            let cli = Cli::try_parse_from(words).expect(arguments);
            let printed = format!("{cli:?} {cli:#?}");
            assert!(printed.contains("REDACTED") && !printed.contains("hunter"), "{printed}");
        }
    }
}
