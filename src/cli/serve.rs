//! `yuno-sessions serve`: run the API.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::due;
use crate::clock::Clock;
use crate::config::{Database, LogFormat, ServeArgs, Settings};
use crate::db::Pool;
#[cfg(feature = "embedded")]
use crate::embedded::Embedded;
use crate::fingerprint::FingerprintKey;
use crate::gateway::Gateways;
use crate::metrics::{self, Metrics};
use crate::state::{AppState, Parts};
use crate::testing::clocks;
use crate::tls::Tls;
#[cfg(feature = "otlp")]
use crate::traces::Traces;
use crate::webhooks::{Schedule, Webhooks};
use crate::{api, db, demo, retention, server, shutdown, telemetry};

/// How often what is due is done, and the embedded database is looked after.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// How long the end of the process waits for statements that are on their way.
const CLOSING_DEADLINE: Duration = Duration::from_secs(5);

/// Connections at a time for those who ask for metrics.
const METRICS_CONNECTIONS: usize = 16;

/// Runs the API until the process is told to stop.
///
/// # Errors
/// Why it could not start, or end in order.
pub async fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::check(args)?;
    telemetry::start(settings.log_format);
    #[cfg(feature = "otlp")]
    let traces = Traces::start(&settings.watching)?;
    let stop = shutdown::requested()?;
    // First, so that a taken port is known before a database is started.
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}, choose another with --listen", settings.listen))?;
    let address = reachable(listener.local_addr()?);
    let metrics_listener = metrics_listener(&settings).await?;
    let tls = settings.tls.clone().map(Tls::load).transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));

    let opened = Opened::open(&settings.database).await?;
    db::migrate(&opened.pool).await?;
    let fingerprints = fingerprint_key(&settings).await?;
    let pool = opened.pool.clone();
    let metrics = if metrics_listener.is_some() { Metrics::on() } else { Metrics::off() };
    let schedule = Schedule::with_haste(settings.webhooks_haste);
    let allow_private = settings.webhooks_allow_private;
    let clock = if settings.testing { Clock::system().for_testing() } else { Clock::system() };
    let webhooks = Webhooks::new(pool.clone(), clock.clone(), allow_private, schedule, metrics.clone())?;
    let app = AppState::new(Parts {
        db: pool,
        clock,
        public_url: public_url.clone(),
        demo: settings.demo,
        fingerprints,
        gateways: Gateways::default(),
        webhooks,
        metrics: metrics.clone(),
        limits: settings.limits,
        access: settings.access.clone(),
        testing: settings.testing,
    });
    if db::is_distributed(&mut *opened.pool.acquire().await?).await? {
        anyhow::ensure!(
            !settings.testing,
            "TESTING (--testing) does not go with a database on several machines: that is nothing to test with"
        );
        app.keep_organizations_apart();
    }
    if settings.testing {
        begin_testing(&app, &settings).await?;
    }
    if settings.demo {
        demo::make(&opened.pool, app.clock.machine_time()).await.context("cannot make the demo account")?;
    }
    tokio::spawn(do_what_is_due(app.clone()));
    if !settings.retention.keeps_everything() {
        tokio::spawn(retention::run(app.clone(), settings.retention));
    }
    let webhooks = app.webhooks.clone();
    let delivering = tokio::spawn(async move { webhooks.run().await });
    if opened.looks_after_itself() {
        tokio::spawn(keep_house(app.clone()));
    }

    let watched = metrics_listener.map(|listener| Watched::begin(listener, &app));

    announce(&settings, &public_url);
    // What is being delivered ends while the requests do, and what would stay open ends at once.
    let stopping = app.clone();
    let stop = async move {
        stop.await;
        stopping.webhooks.stop();
        stopping.streams.end();
    };
    let acceptor = tls.as_ref().map(Tls::acceptor).transpose()?;
    if let Some(tls) = tls {
        tokio::spawn(tls.follow());
    }
    server::serve(listener, api::router(app), acceptor, settings.limits.max_connections, metrics, stop).await;
    delivering.await?;
    if let Some(watched) = watched {
        watched.end().await?;
    }

    opened.close().await?;
    #[cfg(feature = "otlp")]
    traces.end().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says that test controls are on, where they had to be asked for, and learns which organizations were moved.
async fn begin_testing(app: &AppState, settings: &Settings) -> anyhow::Result<()> {
    if let Database::Server(hosts, _) = &settings.database {
        tracing::warn!(
            database = %hosts,
            "TEST CONTROLS ARE ON (--testing): whoever reaches this server can make organizations, move the time of those \
             whose keys they have, and let it call addresses of its own network. Never do this where money is real"
        );
    }
    clocks::load(app).await?;
    tokio::spawn(clocks::follow(app.clone()));
    Ok(())
}

/// Where Prometheus gets the metrics, if anywhere.
async fn metrics_listener(settings: &Settings) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = settings.watching.metrics_listen else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}, choose another with --metrics-listen"))?;
    tracing::info!(address = %listener.local_addr()?, "metrics");
    Ok(Some(listener))
}

/// That the metrics are served: until the last request has ended, so that the end is seen as well.
struct Watched {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Watched {
    fn begin(listener: TcpListener, app: &AppState) -> Self {
        tokio::spawn(metrics::collect_always(app.clone()));
        let (stop, stopped) = oneshot::channel();
        let router = metrics::router(app.clone());
        let serving = tokio::spawn(async move {
            // A sender that is gone says the same.
            let stop = async { drop(stopped.await) };
            server::serve(listener, router, None, METRICS_CONNECTIONS, Metrics::off(), stop).await;
        });
        Self { stop, serving }
    }

    async fn end(self) -> anyhow::Result<()> {
        // Who does not listen any more has ended already.
        let _ = self.stop.send(());
        Ok(self.serving.await?)
    }
}

/// The secret that fingerprints of cards are made with. An embedded run keeps its own beside its data, and not in it.
async fn fingerprint_key(settings: &Settings) -> anyhow::Result<FingerprintKey> {
    if let Some(key) = &settings.fingerprint_key {
        return Ok(key.clone());
    }
    let Database::Embedded(data_dir) = &settings.database else {
        return FingerprintKey::parse(FingerprintKey::random()?.expose()).map_err(anyhow::Error::msg);
    };
    let file = data_dir.join("fingerprint.key");
    let secret = match tokio::fs::read_to_string(&file).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = FingerprintKey::random()?;
            write_secret(&file, made.expose()).with_context(|| format!("cannot write {}", file.display()))?;
            made
        }
        read => read.with_context(|| format!("cannot read {}", file.display()))?.into(),
    };
    FingerprintKey::parse(secret.expose().trim()).map_err(|what| anyhow::anyhow!("{}: it {what}", file.display()))
}

/// Writes a file that nobody else on the machine can read: all of it, or nothing.
fn write_secret(file: &std::path::Path, secret: &str) -> std::io::Result<()> {
    let unfinished = file.with_extension("unfinished");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&unfinished)?;
    opened.write_all(secret.as_bytes())?;
    opened.sync_all()?;
    std::fs::rename(unfinished, file)
}

/// An open database, and what must be stopped after it.
struct Opened {
    pool: Pool,
    #[cfg(feature = "embedded")]
    embedded: Option<Embedded>,
}

impl Opened {
    async fn open(database: &Database) -> anyhow::Result<Self> {
        #[cfg(feature = "embedded")]
        let embedded = match database {
            Database::Server(..) => None,
            Database::Embedded(data_dir) => Some(Embedded::start(data_dir).await?),
            Database::Ephemeral => Some(Embedded::temporary().await?),
        };
        #[cfg(feature = "embedded")]
        if let Some(embedded) = embedded {
            return Ok(Self { pool: embedded.open().await?, embedded: Some(embedded) });
        }
        match database {
            Database::Server(hosts, connections) => Ok(Self {
                pool: Pool::open_watched(hosts.clone(), *connections).await?,
                #[cfg(feature = "embedded")]
                embedded: None,
            }),
            Database::Embedded(_) | Database::Ephemeral => {
                anyhow::bail!("DATABASE_URL (--database-url) is required: this build has no embedded PostgreSQL")
            }
        }
    }

    /// Whether nothing but this process cares for the database.
    fn looks_after_itself(&self) -> bool {
        #[cfg(feature = "embedded")]
        return self.embedded.is_some();
        #[cfg(not(feature = "embedded"))]
        false
    }

    async fn close(self) -> anyhow::Result<()> {
        // A statement that waits for a machine that vanished would keep this process for ever.
        if tokio::time::timeout(CLOSING_DEADLINE, self.pool.close()).await.is_err() {
            tracing::warn!("some statements did not end within {} s", CLOSING_DEADLINE.as_secs());
        }
        #[cfg(feature = "embedded")]
        if let Some(embedded) = self.embedded {
            embedded.stop().await.context("the embedded PostgreSQL did not stop in order")?;
        }
        Ok(())
    }
}

/// Does what the clock brings, all the time.
async fn do_what_is_due(app: AppState) {
    let mut interval = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = app.db.close_event() => return,
        }
        due::note(&app, app.db.tenure().bound(Box::pin(due::run(&app))).await);
    }
}

/// Does for the embedded database what a server's background workers do: when calls came in and none do any more,
/// gathers statistics and frees the space of dead rows.
async fn keep_house(app: AppState) {
    let (mut seen, mut done) = (0, 0);
    let mut interval = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = app.db.close_event() => return,
        }
        let calls = app.calls.load(Ordering::Relaxed);
        let idle = calls == seen;
        seen = calls;
        if idle && calls != done {
            done = calls;
            if let Err(error) = vacuum(&app.db).await {
                tracing::warn!(%error, "cannot look after the embedded database");
            }
        }
    }
}

async fn vacuum(pool: &Pool) -> sqlx::Result<()> {
    db::vacuum(&mut *pool.acquire().await?).await
}

/// An address that can be called: listening on every address of the machine includes its own.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip().is_unspecified() {
        true => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        false => address,
    }
}

/// Says where the server is, and in demos what to do next.
fn announce(settings: &Settings, public_url: &str) {
    tracing::info!(address = public_url, version = env!("CARGO_PKG_VERSION"), "listening");
    if settings.log_format == LogFormat::Json {
        return;
    }
    let data = match &settings.database {
        Database::Server(hosts, _) => format!("in PostgreSQL at {hosts}"),
        Database::Embedded(data_dir) => format!(
            "in {} (embedded PostgreSQL)",
            std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.clone()).display()
        ),
        Database::Ephemeral => "nowhere: gone when the server stops (embedded PostgreSQL)".to_owned(),
    };
    let mut greeting =
        format!("yuno-sessions listens on {public_url}\n  documentation  {public_url}/docs\n  data           {data}\n");
    if settings.demo {
        greeting += &demo_help(public_url);
    }
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout(), "{greeting}\nStop it with Ctrl-C.");
}

fn demo_help(public_url: &str) -> String {
    let (public, secret, account) = (demo::PUBLIC_API_KEY, demo::PRIVATE_SECRET_KEY, demo::ACCOUNT);
    format!(
        r#"  account_id          {account}
  public-api-key      {public}
  private-secret-key  {secret}

Try it:
  curl {public_url}/v1/checkout/sessions \
    -H 'public-api-key: {public}' -H 'private-secret-key: {secret}' -H 'Content-Type: application/json' \
    -d '{{"account_id":"{account}","merchant_order_id":"order-1","payment_description":"A first session","country":"BR","amount":{{"currency":"BRL","value":100}}}}'
"#
    )
}
