//! The embedded PostgreSQL: a real one inside this process, with a single connection.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pglite_oxide::{PgliteServer, PgliteServerBuilder};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

use crate::db::Pool;

/// A running embedded PostgreSQL.
pub struct Embedded {
    server: PgliteServer,
    options: PgConnectOptions,
    /// Where its socket lies: short, private and gone with it.
    _socket: TempDir,
    /// Held as long as it runs, so that no second one opens the directory.
    _lock: Option<File>,
}

impl Embedded {
    /// Starts one on a data directory, which is made when it is not there.
    ///
    /// # Errors
    /// When the directory cannot be used, or another server uses it.
    pub async fn start(data_dir: &Path) -> anyhow::Result<Self> {
        let lock = lock(data_dir)?;
        let root = data_dir.join("postgres");
        Self::run(move || PgliteServer::builder().path(root), Some(lock)).await
    }

    /// Starts one that keeps nothing.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn temporary() -> anyhow::Result<Self> {
        Self::run(|| PgliteServer::builder().temporary(), None).await
    }

    async fn run(
        builder: impl FnOnce() -> PgliteServerBuilder + Send + 'static,
        lock: Option<File>,
    ) -> anyhow::Result<Self> {
        let socket = tempfile::Builder::new().prefix("yuno-sessions-").tempdir().context("no temporary directory")?;
        let path = socket.path().to_owned();
        tokio::task::spawn_blocking(move || {
            let (server, options) = listen(builder().database("postgres"), &path)?;
            Ok(Self { server, options, _socket: socket, _lock: lock })
        })
        .await?
    }

    /// Opens its one connection.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn open(&self) -> anyhow::Result<Pool> {
        Pool::open_embedded(&self.options).await.context("the embedded PostgreSQL does not answer")
    }

    /// Stops it. Every connection must have been closed.
    ///
    /// # Errors
    /// When it does not stop in order.
    pub async fn stop(self) -> anyhow::Result<()> {
        tokio::task::spawn_blocking(move || self.server.shutdown()).await?
    }
}

/// On a socket in a directory of this user alone: nobody else on the machine can connect.
#[cfg(unix)]
fn listen(builder: PgliteServerBuilder, directory: &Path) -> anyhow::Result<(PgliteServer, PgConnectOptions)> {
    const PORT: u16 = 5432;
    let server = builder.unix(directory.join(format!(".s.PGSQL.{PORT}"))).start()?;
    Ok((server, options().socket(directory).port(PORT)))
}

/// Without such sockets, on a port that only this machine reaches.
#[cfg(not(unix))]
fn listen(builder: PgliteServerBuilder, _: &Path) -> anyhow::Result<(PgliteServer, PgConnectOptions)> {
    let server = builder.tcp(([127, 0, 0, 1], 0).into()).start()?;
    let port = server.tcp_addr().context("the embedded PostgreSQL has no port")?.port();
    Ok((server, options().host("127.0.0.1").port(port)))
}

fn options() -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().username("postgres").database("postgres").ssl_mode(PgSslMode::Disable)
}

/// Takes a data directory for this process.
fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let place: PathBuf = data_dir.to_owned();
    let cannot = || format!("cannot use the data directory {}", place.display());
    if !data_dir.exists() {
        fs::create_dir_all(data_dir).with_context(cannot)?;
        only_for_this_user(data_dir).with_context(cannot)?;
    }
    let lock = File::create(data_dir.join("lock")).with_context(cannot)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another server uses the data directory {}: stop it, or choose another with --data-dir",
                place.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
    }
}

#[cfg(unix)]
fn only_for_this_user(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn only_for_this_user(_: &Path) -> std::io::Result<()> {
    Ok(())
}
