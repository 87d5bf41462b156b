//! Every setting of the server, from the command line or the environment; all bad values are reported at once.

mod access;
pub mod limits;
mod retention;
mod tls;
mod watching;
mod wrong;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use url::Url;

pub use access::{Access, AccessArgs};
pub use retention::{Retention, RetentionArgs};
pub use tls::{TlsArgs, TlsFiles};

use crate::db::Hosts;
use crate::fingerprint::FingerprintKey;
use crate::types::Secret;
use limits::{LimitArgs, Limits};
pub use watching::{Watching, WatchingArgs};
use wrong::Wrong;

/// The settings as they are given, before they are [checked](Settings::check).
#[derive(Args, Debug, Clone, Default)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:7070")]
    pub listen: String,

    /// PostgreSQL 15 or newer to keep everything in, as a URL, with several hosts as libpq has them where one can take
    /// over from another; without it an embedded PostgreSQL is started
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// Connections to the database at most, from 1 to 500; an embedded one has a single connection
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: String,

    /// Where the embedded PostgreSQL keeps its data
    #[arg(long, env = "DATA_DIR", default_value = ".yuno-sessions")]
    pub data_dir: PathBuf,

    /// Keep nothing: the embedded PostgreSQL is gone when the server stops
    #[arg(long, env = "EPHEMERAL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_name = "true|false")]
    pub ephemeral: String,

    /// Make the demo account with its published keys; embedded runs always have it
    #[arg(long, env = "DEMO", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_name = "true|false")]
    pub demo: String,

    /// Where clients find this server, such as <https://pay.example.com>; the listening address by default
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Secret of at least 32 characters that fingerprints of cards are made with; embedded runs make and keep one
    #[arg(long, env = "FINGERPRINT_KEY", hide_env_values = true)]
    pub fingerprint_key: Option<Secret>,

    /// Let webhooks lead to addresses that are not public, and fetch tokens without TLS; embedded, demo and testing runs do
    #[arg(long, env = "WEBHOOKS_ALLOW_PRIVATE", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub webhooks_allow_private: Option<String>,

    /// Divide all waits between tries of webhooks by this, from 1 to 100000, to try out a receiver
    #[arg(long, env = "WEBHOOKS_HASTE", default_value = "1")]
    pub webhooks_haste: String,

    /// Test controls, under /v1/testing: whoever reaches the server makes organizations and moves their time. Never where
    /// money is real; embedded runs have them
    #[arg(long, env = "TESTING", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false")]
    pub testing: Option<String>,

    /// How much is taken on at a time
    #[command(flatten)]
    pub limits: LimitArgs,

    /// The certificate
    #[command(flatten)]
    pub tls: TlsArgs,

    /// How logs are written
    #[arg(long, env = "LOG_FORMAT", default_value = "text", value_name = "text|json")]
    pub log_format: String,

    /// How the server is watched
    #[command(flatten)]
    pub watching: WatchingArgs,

    /// Who gets in.
    #[command(flatten)]
    pub access: AccessArgs,

    /// How long sessions and payments are kept
    #[command(flatten)]
    pub retention: RetentionArgs,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Which database the server works on.
#[derive(Debug, Clone)]
pub enum Database {
    /// A PostgreSQL server, or several of which one is the primary, with at most so many connections.
    Server(Hosts, u32),
    /// The embedded PostgreSQL, with its data in a directory.
    Embedded(PathBuf),
    /// The embedded PostgreSQL, with its data nowhere.
    Ephemeral,
}

/// Settings that can be used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Which database to work on.
    pub database: Database,
    /// Whether to make the demo account.
    pub demo: bool,
    /// Where clients find this server, without a slash at the end; the listening address when not set.
    pub public_url: Option<String>,
    /// The secret that fingerprints of cards are made with; an embedded run makes and keeps one when it is not set.
    pub fingerprint_key: Option<FingerprintKey>,
    /// Whether webhooks may lead to addresses that are not public.
    pub webhooks_allow_private: bool,
    /// What the waits between tries of webhooks are divided by.
    pub webhooks_haste: u32,
    /// Whether test controls are on.
    pub testing: bool,
    /// How much is taken on at a time.
    pub limits: Limits,
    /// The certificate that clients are served with; without one they are served over HTTP.
    pub tls: Option<TlsFiles>,
    /// How logs are written.
    pub log_format: LogFormat,
    /// How the server is watched.
    pub watching: Watching,
    /// Who gets in.
    pub access: Access,
    /// How long sessions and payments are kept.
    pub retention: Retention,
}

impl Settings {
    /// Checks the settings.
    ///
    /// # Errors
    /// Everything that is wrong with them, in one line.
    pub fn check(args: &ServeArgs) -> anyhow::Result<Self> {
        let mut wrong = Wrong::default();
        let listen =
            wrong.read("LISTEN (--listen)", &args.listen, "must be an IP address with a port, such as 127.0.0.1:7070");
        let watching = args.watching.check(listen, &mut wrong);
        let ephemeral = wrong.switch("EPHEMERAL (--ephemeral)", &args.ephemeral);
        let demo = wrong.switch("DEMO (--demo)", &args.demo);
        let allow_private = args.webhooks_allow_private.as_deref();
        let allow_private =
            allow_private.map(|value| wrong.switch("WEBHOOKS_ALLOW_PRIVATE (--webhooks-allow-private)", value));
        const TESTING: &str = "TESTING (--testing)";
        let testing = args.testing.as_deref().filter(|value| !value.is_empty());
        let testing = testing.map(|value| wrong.switch(TESTING, value));
        let haste = wrong.number("WEBHOOKS_HASTE (--webhooks-haste)", &args.webhooks_haste, 1..=100_000);
        let connections =
            wrong.number("DATABASE_CONNECTIONS (--database-connections)", &args.database_connections, 1..=500);
        let url = args.database_url.as_ref().map(Secret::expose);
        let hosts = url.and_then(|url| wrong.unless("DATABASE_URL (--database-url)", Hosts::parse(url)));
        if ephemeral && url.is_some() {
            wrong.note("EPHEMERAL (--ephemeral)", "goes with the embedded PostgreSQL, not with DATABASE_URL");
        }
        if testing == Some(true) && hosts.as_ref().is_some_and(|hosts| hosts.all().len() > 1) {
            wrong.note(
                TESTING,
                "goes with one PostgreSQL, not with several: what is kept so safely is nothing to test with",
            );
        }
        let public_url = args.public_url.as_deref().filter(|url| !url.is_empty()).map(|url| url.trim_end_matches('/'));
        if public_url.is_some_and(|url| !Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))) {
            wrong.note("PUBLIC_URL (--public-url)", "must be an http or https address");
        }
        const FINGERPRINT_KEY: &str = "FINGERPRINT_KEY (--fingerprint-key)";
        let secret = args.fingerprint_key.as_ref().map(Secret::expose).filter(|secret| !secret.is_empty());
        let fingerprint_key = secret.and_then(|secret| wrong.unless(FINGERPRINT_KEY, FingerprintKey::parse(secret)));
        if secret.is_none() && url.is_some() {
            let what = "is required with DATABASE_URL: a secret of at least 32 characters, such as those that \
                        `openssl rand -hex 32` prints";
            wrong.note(FINGERPRINT_KEY, what);
        }
        let log_format = wrong.unless(
            "LOG_FORMAT (--log-format)",
            LogFormat::from_str(&args.log_format, false).map_err(|_| "must be text or json"),
        );

        let limits = args.limits.check(&mut wrong);
        let tls = args.tls.check(&mut wrong);
        let access = args.access.check(&mut wrong);
        let retention = Retention::check(&args.retention, &mut wrong);

        let demo = demo || hosts.is_none();
        let testing = testing.unwrap_or(hosts.is_none());
        match (listen, connections, haste, limits, log_format) {
            (Some(listen), Some(connections), Some(webhooks_haste), Some(limits), Some(log_format))
                if wrong.is_empty() =>
            {
                Ok(Self {
                    listen,
                    demo,
                    webhooks_allow_private: allow_private.unwrap_or(demo || testing),
                    testing,
                    webhooks_haste,
                    database: match hosts {
                        Some(hosts) => Database::Server(hosts, connections),
                        None if ephemeral => Database::Ephemeral,
                        None => Database::Embedded(args.data_dir.clone()),
                    },
                    public_url: public_url.map(str::to_owned),
                    fingerprint_key,
                    limits,
                    tls,
                    log_format,
                    watching,
                    access,
                    retention,
                })
            }
            _ => bail!("{wrong}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> ServeArgs {
        ServeArgs {
            listen: "127.0.0.1:0".into(),
            database_connections: "16".into(),
            webhooks_haste: "1".into(),
            log_format: "text".into(),
            ..ServeArgs::default()
        }
    }

    #[test]
    fn reports_all_bad_values_at_once_and_no_password() {
        let args = ServeArgs {
            listen: "7070".into(),
            database_url: Some("mysql://root:hunter2@db/x".into()),
            database_connections: "0".into(),
            demo: "perhaps".into(),
            public_url: Some("ftp://x".into()),
            fingerprint_key: Some("hunter3".into()),
            webhooks_allow_private: Some("sometimes".into()),
            testing: Some("now and then".into()),
            webhooks_haste: "0".into(),
            limits: LimitArgs { max_connections: "0".into(), max_requests: "many".into() },
            tls: TlsArgs { tls_cert: Some("cert.pem".into()), tls_key: None },
            log_format: "xml".into(),
            watching: WatchingArgs { metrics_listen: Some("9090".into()), ..WatchingArgs::default() },
            ..args()
        };
        let message = Settings::check(&args).expect_err("all wrong").to_string();
        for name in [
            "LISTEN",
            "DATABASE_URL",
            "DATABASE_CONNECTIONS",
            "DEMO",
            "PUBLIC_URL",
            "FINGERPRINT_KEY",
            "WEBHOOKS_ALLOW_PRIVATE",
            "TESTING",
            "WEBHOOKS_HASTE",
            "MAX_CONNECTIONS",
            "MAX_REQUESTS",
            "TLS_KEY",
            "LOG_FORMAT",
            "METRICS_LISTEN",
        ] {
            assert!(message.contains(name), "{name} in {message}");
        }
        assert!(!message.contains("hunter") && !message.contains('\n'));
    }

    #[test]
    fn no_secret_is_printed() {
        let args = ServeArgs {
            database_url: Some("postgres://u:hunter2@localhost/x".into()),
            fingerprint_key: Some("hunter3 and more, so that it is long enough".into()),
            ..args()
        };
        let settings = Settings::check(&args).expect("right");
        let printed = format!("{args:?} {settings:?} {:#?}", settings.database);
        assert!(printed.contains("localhost") && !printed.contains("hunter"), "{printed}");
    }

    #[test]
    fn an_embedded_run_has_the_demo_account_and_test_controls_and_a_server_run_only_when_asked() {
        let embedded = Settings::check(&args()).expect("right");
        assert!(embedded.demo && embedded.webhooks_allow_private && embedded.testing);
        let strict = ServeArgs { webhooks_allow_private: Some("false".into()), ..args() };
        assert!(!Settings::check(&strict).expect("right").webhooks_allow_private);
        let server = ServeArgs {
            database_url: Some("postgres://u:p@localhost/x".into()),
            fingerprint_key: Some("0123456789abcdef0123456789abcdef".into()),
            ..args()
        };
        let checked = Settings::check(&server).expect("right");
        assert!(!checked.demo && !checked.webhooks_allow_private && !checked.testing);
        let lifted = ServeArgs { webhooks_allow_private: Some("true".into()), ..server.clone() };
        assert!(Settings::check(&lifted).expect("right").webhooks_allow_private);
        let testing = ServeArgs { testing: Some("true".into()), ..server.clone() };
        let checked = Settings::check(&testing).expect("right");
        assert!(checked.testing && checked.webhooks_allow_private && !checked.demo);
        assert!(!Settings::check(&ServeArgs { testing: Some("false".into()), ..args() }).expect("right").testing);
        let several = Some("postgres://u:p@one,two/x".into());
        assert!(Settings::check(&ServeArgs { database_url: several.clone(), ..server.clone() }).is_ok());
        assert!(Settings::check(&ServeArgs { database_url: several, ..testing }).is_err());
        let demo = ServeArgs { demo: "true".into(), ..server.clone() };
        assert!(Settings::check(&demo).expect("right").demo);
        assert!(Settings::check(&ServeArgs { ephemeral: "true".into(), ..server }).is_err());
        // A variable that was to be filled must not end in a demo.
        assert!(Settings::check(&ServeArgs { database_url: Some("".into()), ..args() }).is_err());
    }
}
