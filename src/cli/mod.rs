//! The commands.

pub mod account;
pub mod listen;
pub mod migrate;
pub mod openapi;
pub mod serve;

use clap::{Args, Parser, Subcommand};

use crate::config::ServeArgs;
use crate::db::{Hosts, Pool};

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
    Serve(ServeArgs),
    /// Bring a database up to date and stop
    Migrate(DatabaseArgs),
    /// Manage accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Print events as they come, and forward them to a receiver on this machine
    Listen(listen::ListenArgs),
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
    database_url: String,
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
            Some(Command::Listen(args)) => listen::run(&args).await,
            Some(Command::Openapi) => openapi::run(),
        }
    }
}

impl DatabaseArgs {
    /// Opens the database and brings it up to date.
    async fn open(&self) -> anyhow::Result<Pool> {
        let hosts =
            Hosts::parse(&self.database_url).map_err(|what| anyhow::anyhow!("DATABASE_URL (--database-url) {what}"))?;
        let pool = Pool::open(&hosts, 1).await?;
        crate::db::migrate(&pool).await?;
        Ok(pool)
    }
}
