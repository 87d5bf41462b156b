//! The database goes away and comes back while the server runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};
use yuno_sessions::db::{self, Hosts, Pool};
use yuno_sessions::demo;
use yuno_sessions::gateway::{Gateway, Gateways};

use super::crashes::{health, start};
use crate::payments::gateway::Held;
use crate::support::{GOOD_CARD, OnServer, Postgres, Server, Setup, TestApp, free_port, server};

/// Asks for a session; gives the status with which it was made or refused.
pub fn create(server: &Server) -> impl Future<Output = StatusCode> + Send + use<> {
    let body = json!({
        "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": "order", "payment_description": "Running shoes",
        "country": "BR", "amount": {"currency": "BRL", "value": 100},
    });
    told(server.call("POST", "/v1/checkout/sessions").json(&body))
}

async fn told(asking: RequestBuilder) -> StatusCode {
    let answer = asking.send().await.unwrap();
    let (status, retry_after) = (answer.status(), answer.headers().contains_key("retry-after"));
    let body: Value = answer.json().await.unwrap();
    let right = match status {
        StatusCode::OK => body["checkout_session"].is_string(),
        _ => body["code"] == "SERVICE_UNAVAILABLE" && retry_after,
    };
    assert!(right, "{status} {body}");
    status
}

/// How many of these lines warn.
fn warnings(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.contains("ERROR") || line.contains(" WARN")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_told_at_once_while_the_database_is_away_and_it_is_found_again() {
    let Some(_) = server() else { return };
    let Some(postgres) = Postgres::start_new("") else { return };
    let server = start(&postgres.url(), free_port()).await;
    assert_eq!(create(&server).await, 200);
    postgres.stop("immediate");
    server.logged("the database is away");
    let asked = Instant::now();
    for _ in 0..50 {
        assert_eq!(create(&server).await, 503);
        assert_eq!(health(&server.url, "ready").await, 503);
        assert_eq!(health(&server.url, "live").await, 200);
    }
    // A wait for a connection would take five seconds each: 250 in all.
    assert!(asked.elapsed() < Duration::from_secs(60), "{:?}", asked.elapsed());
    postgres.start();
    let lines = server.logged_until("the database is there");
    assert!(warnings(&lines) < 10, "a log that is flooded: {lines:#?}");
    assert_eq!(create(&server).await, 200);
    assert_eq!(health(&server.url, "ready").await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_ended_are_replaced_all_at_once() {
    let Some(_) = server() else { return };
    let Some(postgres) = Postgres::start_new("") else { return };
    let server = start(&postgres.url(), free_port()).await;
    for _ in 0..20 {
        assert_eq!(create(&server).await, 200);
    }
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'";
    connection.execute(end).await.unwrap();
    server.logged("the database is there");
    for _ in 0..20 {
        assert_eq!(create(&server).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_only_reads_is_away() {
    let Some(_) = server() else { return };
    let Some(postgres) = Postgres::start_new("") else { return };
    let server = start(&postgres.url(), free_port()).await;
    assert_eq!(create(&server).await, 200);
    postgres.set("default_transaction_read_only = on");
    // Before it is known and after: never a fault of the server.
    while create(&server).await == 200 {}
    assert!(server.logged("the database is away").contains("only reads"));
    assert_eq!(health(&server.url, "ready").await, 503);
    postgres.set("default_transaction_read_only = off");
    server.logged("the database is there");
    assert_eq!(create(&server).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_gateway_answers_while_the_database_is_away_is_recorded_when_it_is_back() {
    let Some(_) = server() else { return };
    let Some(postgres) = Postgres::start_new("") else { return };
    let db = Pool::open_watched(Hosts::parse(&postgres.url()).unwrap(), 4).await.unwrap();
    db::migrate(&db).await.unwrap();
    let held = Held::new(0);
    let gateway: Arc<dyn Gateway> = Arc::<Held>::clone(&held);
    let gateways = Gateways::default().with("YUNO_TEST_PAYMENT_GW", gateway, Duration::from_secs(60));
    let app = TestApp::on(db.clone(), gateways).await;
    let merchant = app.merchant().with("x-idempotency-key", "once");
    let body = merchant.direct_body(GOOD_CARD);
    let paying = tokio::spawn({
        let (merchant, body) = (merchant.clone(), body.clone());
        async move { merchant.post("/v1/payments", body).await }
    });
    held.asked().await;
    postgres.stop("immediate");
    while db.driver().is_some() {
        tokio::task::yield_now().await;
    }
    held.let_go();
    paying.await.unwrap().refused(503, "SERVICE_UNAVAILABLE");
    postgres.start();
    assert!(db.is_back_within(Duration::from_secs(60)).await);
    let until = Instant::now() + Duration::from_secs(60);
    let answer = loop {
        let answer = merchant.post("/v1/payments", body.clone()).await;
        if answer.status == 201 || Instant::now() > until {
            break answer;
        }
        answer.refused(400, "REQUEST_IN_PROCESS");
    };
    // The clock stands still: it has not ended it.
    assert_eq!(answer.expect(201)["status"], "SUCCEEDED");
    db.close().await;
}

#[tokio::test]
async fn a_connection_that_is_not_let_in_is_no_fault_of_the_server() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let pool = Pool::open(&database.options.clone().into(), 1).await.unwrap();
    drop(database);
    let refused = pool.acquire().await.unwrap_err();
    assert!(db::is_passing(&refused) && refused.to_string().contains("does not exist"), "{refused}");
}

#[tokio::test]
async fn a_call_waits_five_seconds_for_a_connection() {
    // Test controls ask whose call it is before, and so wait as long once more.
    let app = TestApp::with(Setup { testing: false, ..Setup::default() }).await;
    let mut held = Vec::new();
    for _ in 0..app.pool().options().get_max_connections() {
        held.push(app.pool().acquire().await.unwrap());
    }
    // From here on time passes by itself when nothing else is to be done.
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    app.merchant().get("/v1/connections").await.refused(503, "SERVICE_UNAVAILABLE");
    assert_eq!(asked.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_no_fault_of_the_server() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let pool = Pool::open(&database.options.clone().into(), 1).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("set statement_timeout = 1").execute(&mut *connection).await.unwrap();
    let stopped = sqlx::query("select pg_sleep(60)").execute(&mut *connection).await.unwrap_err();
    assert!(db::is_passing(&stopped) && stopped.to_string().contains("statement timeout"), "{stopped}");
}

/// The limits of a connection of a pool: of a statement, and of a wait for a lock.
async fn limits(postgres: &Postgres) -> (String, String) {
    let pool = Pool::open(&Hosts::parse(&postgres.url()).unwrap(), 1).await.unwrap();
    let limits = "select current_setting('statement_timeout'), current_setting('lock_timeout')";
    let limits = sqlx::query_as(limits).fetch_one(&mut *pool.acquire().await.unwrap()).await.unwrap();
    pool.close().await;
    limits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_limit_makes_a_commit_count_that_no_standby_has() {
    let Some(_) = server() else { return };
    let Some(postgres) = Postgres::start_new("") else { return };
    assert_eq!(limits(&postgres).await, ("20s".to_owned(), "20s".to_owned()));
    let server = start(&postgres.url(), free_port()).await;
    assert_eq!(create(&server).await, 200);
    postgres.set("synchronous_standby_names = 'nobody'");
    // The server's connections, which have the old limits, are opened anew then.
    server.logged("the database is there");
    assert_eq!(limits(&postgres).await, ("0".to_owned(), "20s".to_owned()));
}
