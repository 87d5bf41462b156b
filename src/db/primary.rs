//! Which of the servers is the primary: the one that takes writes.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::hosts::{Hosts, place};
use super::{Connection, failure, lift_limit, role, timeline, wait_for_role};

/// How long a server may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much longer the others may take when one has said that it is the primary.
const GRACE: Duration = Duration::from_millis(500);

/// How often the primary is asked whether it still is.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Role {
    /// Whether it follows another one.
    pub standby: bool,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether a commit waits until a standby has it too.
    pub synchronous: bool,
}

/// The primary, and a connection that is there to notice when it goes.
pub(super) struct Primary {
    /// How to connect to it.
    pub host: PgConnectOptions,
    /// Whether a commit waits until a standby has it too.
    pub synchronous: bool,
    /// Counts how often a standby has become the primary; 0 when the server does not say.
    pub timeline: i64,
    connection: Connection,
}

/// Why there is no primary.
#[derive(Debug)]
pub(super) struct NoPrimary {
    /// Of each server what it said, without anything secret.
    pub why: String,
    /// Where a server is there that has no room for one connection more, or does not know who asks.
    pub there: Vec<String>,
}

/// Why a server is not the primary.
enum NotIt {
    Error(sqlx::Error),
    Slow,
    Only(&'static str),
}

impl Primary {
    /// Finds it among all servers, at the same time. Of several that say they are the primary, it is the one that became
    /// it last, and then the first named; one from before `timeline` has been replaced since, and is not believed.
    ///
    /// # Errors
    /// When there is none, after [`PATIENCE`] at most.
    pub async fn find(hosts: &Hosts, from: i64) -> Result<Self, NoPrimary> {
        let mut asked = JoinSet::new();
        for (number, host) in hosts.all().iter().cloned().enumerate() {
            asked.spawn(async move {
                let answer = tokio::time::timeout(PATIENCE, Self::ask(host)).await;
                (number, answer.unwrap_or(Err(NotIt::Slow)))
            });
        }
        let mut until = Instant::now() + PATIENCE + GRACE;
        let (mut found, mut others) = (Vec::new(), Vec::new());
        while let Ok(Some(answer)) = timeout_at(until, asked.join_next()).await {
            match answer {
                Ok((number, Ok(primary))) if primary.timeline == 0 || primary.timeline >= from => {
                    found.push((number, primary));
                    until = until.min(Instant::now() + GRACE);
                }
                Ok((number, Ok(_))) => others.push((number, NotIt::Only("has been replaced as the primary"))),
                Ok((number, Err(why))) => others.push((number, why)),
                Err(_) => {}
            }
        }
        found.sort_by_key(|(number, primary)| (-primary.timeline, *number));
        if found.len() > 1 {
            tracing::error!(
                taken = place(&found[0].1.host),
                "{} servers say that they are the primary of the database",
                found.len()
            );
        }
        match found.into_iter().next() {
            Some((_, primary)) => Ok(primary),
            None => Err(NoPrimary::of(hosts, others)),
        }
    }

    /// Asks a server whether it is the primary.
    async fn ask(host: PgConnectOptions) -> Result<Self, NotIt> {
        // Its statement waits by intention: the log would warn of it each second.
        let mut connection = host.clone().disable_statement_logging().connect().await?;
        let role = role(&mut connection).await?;
        role.is_primary()?;
        lift_limit(&mut connection).await?;
        // One that keeps no such count does not know the function.
        let timeline = match timeline(&mut connection).await {
            Err(sqlx::Error::Database(_)) => 0,
            told => told?,
        };
        Ok(Self { host, synchronous: role.synchronous, timeline, connection })
    }

    /// Ends when it is not the primary any more, cannot be asked, or commits otherwise than before, and says why. It is
    /// known at once when the server ends the connection: a statement is always on its way.
    pub async fn ends(&mut self) -> String {
        loop {
            let asked = wait_for_role(&mut self.connection, LOOK_EVERY);
            match tokio::time::timeout(LOOK_EVERY + PATIENCE, asked).await {
                Err(_) => return NotIt::Slow.to_string(),
                Ok(Err(error)) => return error.to_string(),
                Ok(Ok(role)) => match role.is_primary() {
                    Err(why) => return why.to_string(),
                    Ok(()) if role.synchronous != self.synchronous => {
                        return "its synchronous_standby_names have changed".to_owned();
                    }
                    Ok(()) => {}
                },
            }
        }
    }

    /// Closes the connection.
    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}

impl Role {
    fn is_primary(self) -> Result<(), NotIt> {
        match self {
            Self { standby: true, .. } => Err(NotIt::Only("is a standby")),
            Self { read_only: true, .. } => Err(NotIt::Only("only reads")),
            _ => Ok(()),
        }
    }
}

impl From<sqlx::Error> for NotIt {
    fn from(error: sqlx::Error) -> Self {
        Self::Error(error)
    }
}

impl std::fmt::Display for NotIt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(error) => error.fmt(formatter),
            Self::Slow => write!(formatter, "does not answer within {} s", PATIENCE.as_secs()),
            Self::Only(what) => formatter.write_str(what),
        }
    }
}

impl NoPrimary {
    fn of(hosts: &Hosts, mut others: Vec<(usize, NotIt)>) -> Self {
        others.sort_by_key(|(number, _)| *number);
        let at = |number: usize| place(&hosts.all()[number]);
        let is_there = |why: &NotIt| matches!(why, NotIt::Error(error) if failure::is_there(error));
        let there = others.iter().filter(|(_, why)| is_there(why)).map(|(number, _)| at(*number)).collect();
        let why: Vec<_> = others.iter().map(|(number, why)| format!("{}: {why}", at(*number))).collect();
        Self { why: why.join("; "), there }
    }
}
