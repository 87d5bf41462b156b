//! The server with something to compare it with in the same process: handlers that do one statement for each request,
//! and one that answers the same bytes every time. For `bench/speed` only.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use yuno_sessions::clock::Clock;
use yuno_sessions::config::Access;
use yuno_sessions::config::limits::Limits;
use yuno_sessions::db::{
    self, AsSent, Hosts, Pool,
    api_keys::{self, NewKey},
    checkout_sessions, connections, organizations,
};
use yuno_sessions::fingerprint::FingerprintKey;
use yuno_sessions::gateway::Gateways;
use yuno_sessions::input::PathParameter;
use yuno_sessions::keys::sha256;
use yuno_sessions::metrics::Metrics;
use yuno_sessions::state::{AppState, Parts};
use yuno_sessions::types::{
    AccountId, Amount, CheckoutSessionId, ConnectionId, Country, Currency, OrganizationId, Timestamp, Workflow,
};
use yuno_sessions::webhooks::{Schedule, Webhooks};
use yuno_sessions::{api, server, shutdown, telemetry};

/// Organizations there are to call as.
const ORGANIZATIONS: u128 = 200;

/// Connections to the database, of the server and of the plain handlers each: the server's default.
const CONNECTIONS: u32 = 16;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [listen, database] = [1, 2].map(|place| std::env::args().nth(place));
    let listen: SocketAddr = listen.context("usage: server LISTEN DATABASE_URL")?.parse()?;
    let hosts = Hosts::parse(&database.context("usage: server LISTEN DATABASE_URL")?).map_err(anyhow::Error::msg)?;
    telemetry::start(yuno_sessions::config::LogFormat::Text);
    let pool = Pool::open_watched(hosts.clone(), CONNECTIONS).await?;
    db::migrate(&pool).await?;
    make_organizations(&pool, Clock::system().machine_time()).await?;

    let public_url = format!("http://{listen}");
    let webhooks = Webhooks::new(pool.clone(), Clock::system(), true, Schedule::with_haste(1), Metrics::off())?;
    let limits = Limits::default();
    let fingerprints = FingerprintKey::parse(FingerprintKey::random()?.expose()).map_err(anyhow::Error::msg)?;
    let app = AppState::new(Parts {
        db: pool,
        clock: Clock::system(),
        public_url,
        demo: true,
        fingerprints,
        gateways: Gateways::default(),
        webhooks: webhooks.clone(),
        metrics: Metrics::off(),
        limits,
        access: Access::default(),
        testing: false,
    });
    tokio::spawn(async move { webhooks.run().await });
    let router = api::router(app).merge(plain(Pool::open(&hosts, CONNECTIONS).await?));
    let stop = shutdown::requested()?;
    server::serve(TcpListener::bind(listen).await?, router, None, limits.max_connections, Metrics::off(), stop).await;
    Ok(())
}

/// Organizations with an account that offers five methods to a customer in Brazil. Their keys are `bench_public_N` and
/// `bench_secret_N`, their accounts `00000000-0000-4000-8000-` and N in twelve hexadecimal digits.
async fn make_organizations(pool: &Pool, now: Timestamp) -> anyhow::Result<()> {
    let mut transaction = pool.begin().await?;
    for number in 1..=ORGANIZATIONS {
        let id = 0x0000_0000_0000_4000_8000_0000_0000_0000 + number;
        let (organization, account) = (OrganizationId::fixed(id), AccountId::fixed(id));
        organizations::insert(&mut transaction, organization, account, "Bench", now).await?;
        let secret = sha256(&format!("bench_secret_{number}"));
        let public = format!("bench_public_{number}");
        if !api_keys::insert(&mut transaction, organization, &NewKey::unlimited(&public, secret), now).await? {
            break;
        }
        for (provider, methods) in
            [("DLOCAL", &["BOLETO", "CARD", "GOOGLE_PAY", "PIX"][..]), ("ADYEN", &["APPLE_PAY", "GOOGLE_PAY"])]
        {
            let connection = connections::Row {
                connection_id: ConnectionId::new(now),
                account_id: account,
                merchant_connection_id: provider.to_lowercase(),
                provider_id: provider.to_owned(),
                status: "ACTIVE".to_owned(),
                payment_methods: methods.iter().map(|method| (*method).to_owned()).collect(),
                countries: None,
                currencies: None,
                params: AsSent(json!([])),
                costs: AsSent(json!([])),
                created_at: now,
                updated_at: now,
            };
            connections::insert(&mut transaction, organization, &connection).await?;
        }
    }
    Ok(transaction.commit().await?)
}

/// What the server is compared with.
fn plain(pool: Pool) -> Router {
    Router::new()
        .route("/plain/sessions", post(insert))
        .route("/plain/sessions/{id}", get(find))
        .route("/plain/constant", get(constant))
        // As the server does, so that no comparison is one of writing logs.
        .layer(from_fn_with_state(Metrics::off(), telemetry::log_request))
        .with_state(pool)
}

/// The statement of the server's own single insert, once for each request, with nothing checked.
async fn insert(State(pool): State<Pool>, Json(new): Json<Value>) -> impl IntoResponse {
    let now = Clock::system().machine_time();
    let id = CheckoutSessionId::new(now);
    let text = |name: &str| new[name].as_str().unwrap_or_default().to_owned();
    let session = checkout_sessions::Row {
        checkout_session_id: id,
        account_id: AccountId::parse(&text("account_id")).expect("an account"),
        customer_id: None,
        merchant_order_id: text("merchant_order_id"),
        payment_description: text("payment_description"),
        country: Country::parse(&text("country")).expect("a country"),
        currency: Currency::parse(new["amount"]["currency"].as_str().unwrap_or_default()).expect("a currency"),
        amount: Amount::parse(&new["amount"]["value"].to_string()).expect("an amount"),
        callback_url: None,
        return_url: None,
        metadata: None,
        workflow: Workflow::default(),
        installments: None,
        checkout_id: None,
        used: false,
        completed: false,
        created_at: now,
        expires_at: now,
    };
    let organization = OrganizationId::fixed(0x0000_0000_0000_4000_8000_0000_0000_0001);
    let connection = &mut *pool.acquire().await.expect("a connection");
    checkout_sessions::insert(connection, organization, &session, &checkout_sessions::Kept::default())
        .await
        .expect("inserted");
    Json(json!({"checkout_session": id, "created_at": now}))
}

/// The statement of the server's own single read, once for each request.
async fn find(State(pool): State<Pool>, PathParameter(id): PathParameter) -> impl IntoResponse {
    let organization = OrganizationId::fixed(0x0000_0000_0000_4000_8000_0000_0000_0001);
    let id = CheckoutSessionId::parse(&id).expect("an id");
    let connection = &mut *pool.acquire().await.expect("a connection");
    let session = checkout_sessions::find(connection, organization, id).await.expect("asked").expect("found");
    Json(json!({
        "checkout_session": session.checkout_session_id,
        "merchant_order_id": session.merchant_order_id,
        "payment_description": session.payment_description,
        "country": session.country,
        "amount": {"currency": session.currency, "value": session.amount},
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "used": session.used,
    }))
}

/// As many bytes as the list of five methods has.
async fn constant() -> impl IntoResponse {
    static BODY: [u8; 1780] = [b'x'; 1780];
    ([(CONTENT_TYPE, "application/json")], Bytes::from_static(&BODY))
}
