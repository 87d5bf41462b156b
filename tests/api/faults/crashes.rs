//! The server is killed, and PostgreSQL stopped as by a power cut, again and again, while clients call.
//!
//! `FAULTS=100,20` says how often each; `FAULTS_SEED` repeats what was chosen at random. With
//! `FAULTS_POSTGRES='-c synchronous_commit=off'` it must find something: PostgreSQL forgets what it acknowledged then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::callers::{Callers, Random};
use super::check::{Counts, check};
use super::journal::Journal;
use crate::support::{FINGERPRINT_KEY, Postgres, Server, command, free_port, http, server};

/// How often each is killed when nothing is said: enough to see that it works.
const FEW: (usize, usize) = (4, 2);

/// How long it may take until a request is acknowledged again.
const BACK_WITHIN: Duration = Duration::from_secs(60);

/// How many requests are acknowledged between two faults, at least and at most.
const BETWEEN: (u64, u64) = (20, 150);

/// How often something was killed, and how long it took until a request was acknowledged.
#[derive(Default)]
struct Recoveries(Vec<Duration>);

impl Recoveries {
    /// The middle one and the longest, in seconds.
    fn told(&mut self) -> String {
        self.0.sort();
        let seconds = |place: usize| self.0.get(place).copied().unwrap_or_default().as_secs_f64();
        format!("p50 {:.2} s, max {:.2} s", seconds(self.0.len() / 2), seconds(self.0.len().saturating_sub(1)))
    }
}

/// How many kills of the server and stops of PostgreSQL, and whether somebody asked for them.
fn counts() -> ((usize, usize), bool) {
    let Ok(asked) = std::env::var("FAULTS") else { return (FEW, false) };
    let (kills, stops) = asked.split_once(',').expect("FAULTS=100,20");
    ((kills.parse().expect("FAULTS"), stops.parse().expect("FAULTS")), true)
}

fn seed() -> u64 {
    let given = std::env::var("FAULTS_SEED").ok().map(|seed| seed.parse().expect("FAULTS_SEED"));
    given.unwrap_or_else(|| u64::try_from(uuid::Uuid::new_v4().as_u128() % 1_000_000).unwrap())
}

pub async fn start(database: &str, port: u16) -> Server {
    let database = database.to_owned();
    let starting = tokio::task::spawn_blocking(move || {
        let mut program = command();
        program.args(["--demo", "--database-url", &database]).env("FINGERPRINT_KEY", FINGERPRINT_KEY);
        Server::start_at(&mut program, &format!("127.0.0.1:{port}"))
    });
    starting.await.unwrap()
}

/// What the server says of itself.
pub async fn health(url: &str, what: &str) -> u16 {
    http().get(format!("{url}/health/{what}")).send().await.unwrap().status().as_u16()
}

/// Waits for a request that was sent after a time to be acknowledged.
pub async fn back(journal: &Journal, since: Instant) -> Duration {
    let waiting = journal.acknowledged_after(since);
    tokio::time::timeout(BACK_WITHIN, waiting).await.expect("a request is acknowledged again");
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_or_its_database_is_killed() {
    let Some(_) = server() else { return };
    let options = std::env::var("FAULTS_POSTGRES").unwrap_or_default();
    let Some(postgres) = Postgres::start_new(&options) else { return };
    let ((kills, stops), asked) = counts();
    let seed = seed();
    println!("FAULTS={kills},{stops} FAULTS_SEED={seed}");
    let postgres = Arc::new(postgres);
    let port = free_port();
    let mut running = start(&postgres.url(), port).await;
    let url = running.url.clone();
    let journal = Arc::new(Journal::new());
    let callers = Callers::start(&url, &journal, seed);
    let mut random = Random::new(seed);
    let (mut of_server, mut of_database) = (Recoveries::default(), Recoveries::default());
    // In a random order, every one at a random moment.
    let (mut kills_left, mut stops_left) = (kills, stops);
    while kills_left + stops_left > 0 {
        let more = BETWEEN.0 + random.below(BETWEEN.1 - BETWEEN.0);
        journal.acknowledged_more(usize::try_from(more).unwrap()).await;
        tokio::time::sleep(Duration::from_micros(random.below(20_000))).await;
        if usize::try_from(random.below((kills_left + stops_left) as u64)).unwrap() < kills_left {
            kills_left -= 1;
            running.kill();
            let began = Instant::now();
            running = start(&postgres.url(), port).await;
            of_server.0.push(back(&journal, began).await);
        } else {
            stops_left -= 1;
            let stopping = Arc::clone(&postgres);
            tokio::task::spawn_blocking(move || stopping.stop("immediate")).await.unwrap();
            assert_eq!((health(&url, "ready").await, health(&url, "live").await), (503, 200));
            let began = Instant::now();
            let starting = Arc::clone(&postgres);
            tokio::task::spawn_blocking(move || starting.start()).await.unwrap();
            of_database.0.push(back(&journal, began).await);
        }
    }
    callers.stop().await;
    let found = check(&postgres.url(), &url, &journal, asked).await;
    let told = journal.told();
    println!(
        "faults: {kills} of the server, {stops} of PostgreSQL; {}; back after a kill of the server {}, after a stop of \
         PostgreSQL {}",
        Counts(&told, &found),
        of_server.told(),
        of_database.told(),
    );
    found.expect_nothing();
    assert!(told.sessions.len() > 10 && told.payments.len() > 10 && told.refunds.len() > 5);
}
