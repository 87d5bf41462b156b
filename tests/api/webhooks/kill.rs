//! Events over the death of the server, again and again: run where there is a PostgreSQL that outlives it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinSet;
use yuno_sessions::demo;

use crate::support::{FINGERPRINT_KEY, OnServer, Receiver, Reply, Server, command, direct_body, http, server};

/// How often the server is killed; `KILLS` asks for more.
const KILLS: usize = 3;

/// How many payments are made for each of these; one in five is given back.
const PAYMENTS_PER_LIFE: usize = 80;

/// After how many calls of the receiver: every few seconds.
const LIFE: usize = 120;

/// Divides the waits between tries: the second comes after 50 ms and the last after a minute.
const HASTE: &str = "6000";

fn start(database: &OnServer, address: &str) -> Server {
    let mut program = command();
    program.args(["--demo", "--database-url", &database.url(), "--webhooks-haste", HASTE]);
    Server::start_at(program.env("FINGERPRINT_KEY", FINGERPRINT_KEY), address)
}

/// Calls until there is an answer: the server may be dead. `None` when the call's first try died half way, and is not
/// decided yet.
async fn call(url: &str, key: &str, body: &Value) -> Option<Value> {
    loop {
        let call = http()
            .post(url)
            .header("public-api-key", demo::PUBLIC_API_KEY)
            .header("private-secret-key", demo::PRIVATE_SECRET_KEY)
            .header("x-idempotency-key", key)
            .json(body);
        let Ok(answer) = call.send().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let status = answer.status();
        let Ok(told) = answer.json::<Value>().await else { continue };
        match status {
            StatusCode::OK | StatusCode::CREATED => return Some(told),
            StatusCode::SERVICE_UNAVAILABLE => {}
            _ if told["code"] == "REQUEST_IN_PROCESS" => return None,
            _ => panic!("{status} {told}"),
        }
    }
}

/// Makes a payment, gives one in five back, and gives its id if it was acknowledged.
async fn pay(url: String, number: usize) -> Option<String> {
    let mut body = direct_body();
    body["merchant_order_id"] = json!(format!("order-{number}"));
    let payment = call(&format!("{url}/v1/payments"), &format!("pay-{number}"), &body).await?;
    let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    if number.is_multiple_of(5) {
        let refund = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
        let path = format!("{url}/v1/payments/{id}/transactions/{transaction}/refund");
        call(&path, &format!("refund-{number}"), &refund).await;
    }
    Some(id.to_owned())
}

/// Waits until nothing is left to dispatch or to deliver.
async fn all_is_over(pool: &PgPool) {
    let left = "select (select count(*) from events where position is null)
        + (select count(*) from deliveries where status = 'PENDING')";
    let mut look = tokio::time::interval(Duration::from_millis(200));
    while sqlx::query_scalar::<_, i64>(left).fetch_one(pool).await.unwrap() > 0 {
        look.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_and_none_overtakes_another() {
    let Some(postgres) = server() else { return };
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let payments = kills * PAYMENTS_PER_LIFE;
    let database = OnServer::empty(postgres).await;
    let received = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&received);
    let receiver = Receiver::answering(move |call, before| {
        let body = call.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let payment = &body["data"]["payment"];
        noted.lock().unwrap().push((text(&payment["id"]), text(&payment["idempotency_key"])));
        match before {
            before if before % 20 == 19 => Reply::Hang,
            before if before % 3 == 2 => Reply::Status(500),
            _ => Reply::Status(200),
        }
    })
    .await;
    let running = start(&database, "127.0.0.1:0");
    let url = running.url.clone();
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let webhook = json!({
        "account_id": demo::ACCOUNT.to_string(), "name": "all", "url": receiver.url,
        "payment_triggers": ["PURCHASE", "REFUND"],
    });
    let made = running.call("POST", "/v1/webhooks").json(&webhook).send().await.unwrap();
    assert_eq!(made.status(), 201);

    let killing = async {
        let mut running = running;
        for _ in 0..kills {
            for _ in 0..LIFE {
                receiver.called().await;
            }
            running.kill();
            running = start(&database, &address);
        }
        running
    };
    let paying = async {
        let (mut paying, mut acknowledged) = (JoinSet::new(), Vec::new());
        for number in 0..payments {
            if paying.len() == 8 {
                acknowledged.extend(paying.join_next().await.unwrap().unwrap());
            }
            paying.spawn(pay(url.clone(), number));
        }
        while let Some(paid) = paying.join_next().await {
            acknowledged.extend(paid.unwrap());
        }
        acknowledged
    };
    let (running, acknowledged) = tokio::join!(killing, paying);
    let pool = PgPool::connect_with(database.options.clone()).await.unwrap();
    all_is_over(&pool).await;
    drop(running);

    let events: Vec<(String, String, i64)> =
        sqlx::query_as("select event_id::text, subject_id::text, position from events").fetch_all(&pool).await.unwrap();
    pool.close().await;
    let received = received.lock().unwrap().clone();
    let keys: BTreeSet<_> = received.iter().map(|(_, key)| key.as_str()).collect();
    let lost: Vec<_> = events.iter().filter(|(event, ..)| !keys.contains(event.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} events were never received: {lost:?}", lost.len(), events.len());
    assert_eq!(keys.len(), events.len(), "every duplicate has the key of its event");
    let told: BTreeSet<_> = events.iter().map(|(_, payment, _)| payment).collect();
    assert!(acknowledged.iter().all(|payment| told.contains(payment)), "a payment without an event");

    let positions: BTreeMap<_, _> = events.iter().map(|(event, _, position)| (event.as_str(), *position)).collect();
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for (payment, key) in &received {
        let before = last.insert(payment, positions[key.as_str()]);
        assert!(before <= Some(positions[key.as_str()]), "an event of {payment} came after a later one");
    }
    println!(
        "{kills} kills, {} payments acknowledged, {} events, {} calls",
        acknowledged.len(),
        events.len(),
        received.len()
    );
    assert!(acknowledged.len() > payments * 9 / 10 && received.len() > events.len());
}
