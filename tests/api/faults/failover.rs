//! The primary is stopped as by a power cut and its standby promoted, while clients call.

use std::sync::Arc;
use std::time::Instant;

use reqwest::StatusCode;
use sqlx::{Connection as _, PgConnection};

use super::away::create;
use super::callers::{Caller, Callers, Outcome};
use super::check::{Counts, check};
use super::crashes::{back, health, start};
use super::journal::{Journal, Keyed};
use crate::support::{Postgres, command, free_port, server};

/// What the standby does once it is the primary and alone.
const ALONE: &str = "-c synchronous_standby_names=''";

/// A primary, and a standby without which it commits nothing.
fn pair() -> Option<(Arc<Postgres>, Arc<Postgres>)> {
    let primary = Postgres::start_new("")?;
    let standby = primary.standby("other", ALONE);
    primary.set("synchronous_standby_names = 'FIRST 1 (other)'");
    Some((Arc::new(primary), Arc::new(standby)))
}

async fn blocking(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

async fn sessions(postgres: &Postgres) -> i64 {
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    sqlx::query_scalar("select count(*) from checkout_sessions").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_goes_on_with_the_standby_and_nothing_acknowledged_is_lost() {
    let Some(_) = server() else { return };
    let Some((primary, standby)) = pair() else { return };
    let both =
        format!("postgres://postgres@{},{}/postgres?target_session_attrs=read-write", primary.host(), standby.host());
    let standby_first = format!("postgres://postgres@{},{}/postgres", standby.host(), primary.host());
    let migrated = command().args(["migrate", "--database-url", &standby_first]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&migrated.stdout), "the database is up to date\n", "{migrated:?}");

    let running = start(&both, free_port()).await;
    let journal = Arc::new(Journal::new());
    let callers = Callers::start(&running.url, &journal, 1);
    journal.acknowledged_more(120).await;
    let began = Instant::now();
    let stopping = Arc::clone(&primary);
    blocking(move || stopping.stop("immediate")).await;
    let promoting = Arc::clone(&standby);
    let stopped = Instant::now();
    blocking(move || promoting.promote()).await;
    let promoted = Instant::now();
    back(&journal, stopped).await;
    let without = began.elapsed();
    let after = promoted.elapsed();
    journal.acknowledged_more(120).await;
    callers.stop().await;
    let found = check(&standby.url(), &running.url, &journal, false).await;
    println!(
        "failover: {}; without writes {:.2} s, of which {:.2} s after the standby was promoted",
        Counts(&journal.told(), &found),
        without.as_secs_f64(),
        after.as_secs_f64(),
    );
    found.expect_nothing();

    let lines = running.logged_until("the database is there");
    assert!(!lines.iter().any(|line| line.contains("slow statement")), "that it is watched is logged: {lines:#?}");

    // The first named comes back as it was, and says that it is the primary.
    let returning = Arc::clone(&primary);
    blocking(move || {
        returning.write_setting("synchronous_standby_names = ''");
        returning.start();
    })
    .await;
    let before = sessions(&primary).await;
    // Whoever starts now takes the newer one, although the other is named first.
    let second = start(&both, free_port()).await;
    assert_eq!(create(&second).await, 200);
    assert_eq!(sessions(&primary).await, before);
    drop(second);
    let stopping = Arc::clone(&standby);
    blocking(move || stopping.stop("immediate")).await;
    let away = running.logged_until("the database is away").pop().unwrap();
    assert!(away.contains("has been replaced as the primary"), "{away}");
    assert_eq!(health(&running.url, "ready").await, 503);
    let starting = Arc::clone(&standby);
    blocking(move || starting.start()).await;
    running.logged("the database is there");
    let caller = Caller::new(&running.url, &journal, 2, 99);
    let once = Keyed {
        path: "/v1/checkout/sessions".to_owned(),
        key: "after".to_owned(),
        body: journal.told().sessions.iter().find_map(|made| made.keyed.clone()).unwrap().body,
    };
    assert!(matches!(caller.send_keyed(&once).await, Outcome::Acknowledged(_)));
    assert_eq!(sessions(&primary).await, before, "nothing went to the one that was replaced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_primary_that_vanished_is_told_and_keeps_nobody_waiting() {
    let Some(_) = server() else { return };
    let Some((primary, standby)) = pair() else { return };
    let running =
        start(&format!("postgres://postgres@{},{}/postgres", primary.host(), standby.host()), free_port()).await;
    assert_eq!(create(&running).await, 200);
    primary.freeze();
    let asked: Vec<_> = (0..8).map(|_| tokio::spawn(create(&running))).collect();
    let promoting = Arc::clone(&standby);
    blocking(move || promoting.promote()).await;
    running.logged("the database is there");
    // Requests of one kind share statements: those that wait would keep this one waiting too.
    assert_eq!(create(&running).await, 200);
    // Whoever had no connection yet got one to the standby.
    let mut told = Vec::new();
    for asked in asked {
        told.push(asked.await.unwrap());
    }
    assert!(told.contains(&StatusCode::SERVICE_UNAVAILABLE), "{told:?}");
    running.tell("-TERM");
    let (status, log) = running.ended();
    assert!(status.success(), "{log}");
}
