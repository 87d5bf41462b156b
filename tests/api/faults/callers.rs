//! Callers: each makes sessions, changes, pays and gives back, one after the other, whatever the server is just doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use yuno_sessions::demo;

use super::journal::{Journal, Keyed, Payment, Refund, Session};
use crate::support::{Client, GOOD_CARD, http};

/// How many call at the same time.
const CALLERS: usize = 8;

/// How long somebody who was not answered waits before the next call.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a request under a key is sent again at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a key is answered whose first request was refused, when nobody was told so.
const USED_UP: &str = "IDEMPOTENCY_DUPLICATED";

/// Numbers that look random and follow from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of so many numbers.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What became of a request.
pub enum Outcome {
    /// It was done, and this was told.
    Acknowledged(Value),
    /// It was refused.
    Refused(Value),
    /// Nobody knows.
    Unknown,
}

/// All callers, until they are told to stop.
pub struct Callers {
    stop: Arc<AtomicBool>,
    running: JoinSet<()>,
}

impl Callers {
    pub fn start(url: &str, journal: &Arc<Journal>, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        for number in 0..CALLERS {
            let mut caller = Caller::new(url, journal, seed ^ (number as u64 + 1), number);
            let stop = Arc::clone(&stop);
            running.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    caller.order().await;
                }
            });
        }
        Self { stop, running }
    }

    /// Ends when each has come to the end of what it was doing.
    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
    }
}

/// Somebody who calls.
pub struct Caller {
    http: reqwest::Client,
    url: String,
    journal: Arc<Journal>,
    random: Random,
    number: usize,
    orders: usize,
}

impl Caller {
    pub fn new(url: &str, journal: &Arc<Journal>, seed: u64, number: usize) -> Self {
        let journal = Arc::clone(journal);
        Self { http: http(), url: url.to_owned(), journal, random: Random::new(seed), number, orders: 0 }
    }

    /// A session, changed, paid and given back, or as much of that as comes about.
    async fn order(&mut self) {
        self.orders += 1;
        let order = format!("order-{}-{}", self.number, self.orders);
        let direct = self.random.percent(20);
        let paid = match direct {
            true => self.pay(&order, None).await,
            false => {
                let Some(session) = self.create(&order).await else { return };
                for change in 0..self.random.below(3) {
                    self.change(&session, format!("{order}-{change}")).await;
                }
                if self.random.percent(20) {
                    return;
                }
                self.pay(&order, Some(&session)).await
            }
        };
        let Some((payment, transaction)) = paid else { return };
        for part in 0..self.random.below(3) {
            self.refund(&order, part, &payment, &transaction).await;
        }
    }

    async fn create(&mut self, order: &str) -> Option<String> {
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": order, "payment_description": "Running shoes",
            "country": "BR", "amount": {"currency": "BRL", "value": 100},
        });
        let (outcome, keyed) = self.post("/v1/checkout/sessions", body, order).await;
        let answer = self.expect(outcome)?;
        let id = answer["checkout_session"].as_str().unwrap().to_owned();
        self.journal.told().sessions.push(Session { id: id.clone(), answer, keyed, patches: Vec::new() });
        Some(id)
    }

    async fn change(&mut self, session: &str, value: String) {
        let body = json!({"metadata": [{"key": "change", "value": value}]});
        let outcome = self.send(Method::PATCH, &format!("/v1/checkout/sessions/{session}"), &body, None).await;
        let acknowledged = self.expect(outcome).is_some();
        let mut told = self.journal.told();
        let noted = told.sessions.iter_mut().rev().find(|noted| noted.id == session).unwrap();
        noted.patches.push((value, acknowledged));
    }

    /// Pays, and gives the payment with its transaction. Whoever was told nothing tries once more, as another request.
    async fn pay(&mut self, order: &str, session: Option<&str>) -> Option<(String, String)> {
        for attempt in 0..2 {
            let mut body = json!({
                "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": format!("{order}-{attempt}"),
                "description": "Running shoes", "country": "BR", "amount": {"currency": "BRL", "value": 100},
            });
            match session {
                Some(session) => {
                    body["checkout"] = json!({"session": session});
                    body["payment_method"] = json!({"token": self.token(session).await?});
                }
                None => {
                    body["workflow"] = json!("DIRECT");
                    let card = json!({"card": {"card_data": Client::card(GOOD_CARD)}});
                    body["payment_method"] = json!({"type": "CARD", "detail": card});
                }
            }
            let (outcome, keyed) = self.post("/v1/payments", body, &format!("{order}-{attempt}")).await;
            match outcome {
                Outcome::Acknowledged(answer) => {
                    let text = |value: &Value| value.as_str().unwrap().to_owned();
                    let (id, transaction) = (text(&answer["id"]), text(&answer["transactions"]["id"]));
                    assert_eq!(answer["status"], "SUCCEEDED", "{answer}");
                    self.journal.told().payments.push(Payment { id: id.clone(), answer, keyed });
                    return Some((id, transaction));
                }
                // The first was done, and whoever made it does not know.
                Outcome::Refused(answer) if attempt == 1 => {
                    let code = answer["code"].as_str().unwrap();
                    assert!(["CHECKOUT_SESSION_NOT_FOUND", USED_UP].contains(&code), "{answer}");
                    return None;
                }
                Outcome::Refused(answer) => panic!("a payment of a new session was refused: {answer}"),
                Outcome::Unknown if keyed.is_some() => return None,
                Outcome::Unknown => {}
            }
        }
        None
    }

    async fn token(&mut self, session: &str) -> Option<String> {
        let body = json!({"payment_method": {"type": "CARD", "card": Client::card(GOOD_CARD)}});
        let path = format!("/v1/checkout/sessions/{session}/token");
        match self.send(Method::POST, &path, &body, None).await {
            Outcome::Acknowledged(answer) => Some(answer["token"].as_str().unwrap().to_owned()),
            // A payment that nobody was told of has used the session.
            Outcome::Refused(answer) if answer["code"] == "CHECKOUT_SESSION_NOT_FOUND" => None,
            Outcome::Refused(answer) => panic!("a token was refused: {answer}"),
            Outcome::Unknown => None,
        }
    }

    async fn refund(&mut self, order: &str, part: u64, payment: &str, transaction: &str) {
        let amount = 1 + i64::try_from(self.random.below(40)).unwrap();
        let reference = format!("refund-{order}-{part}");
        let body = json!({
            "merchant_reference": reference, "reason": "REQUESTED_BY_CUSTOMER",
            "amount": {"currency": "BRL", "value": amount},
        });
        let path = format!("/v1/payments/{payment}/transactions/{transaction}/refund");
        let (outcome, keyed) = self.post(&path, body, &reference).await;
        match outcome {
            Outcome::Acknowledged(answer) => {
                let transaction = answer["transactions"]["id"].as_str().unwrap().to_owned();
                let refund = Refund { payment: payment.to_owned(), transaction, amount, keyed };
                self.journal.told().refunds.push(refund);
            }
            // The one before is still in flight: whoever made it does not know.
            Outcome::Refused(answer) => {
                assert!(["INVALID_STATUS", USED_UP].contains(&answer["code"].as_str().unwrap()), "{answer}");
            }
            Outcome::Unknown => {}
        }
    }

    /// Posts, with a key or without. Under a key it is sent until there is an answer, and then now and then once more.
    async fn post(&mut self, path: &str, body: Value, reference: &str) -> (Outcome, Option<Keyed>) {
        if self.random.percent(40) {
            return (self.send(Method::POST, path, &body, None).await, None);
        }
        let keyed = Keyed { path: path.to_owned(), key: reference.to_owned(), body };
        let first = self.send_keyed(&keyed).await;
        if self.random.percent(30)
            && let Outcome::Acknowledged(first) = &first
            && let Outcome::Acknowledged(second) = self.send_keyed(&keyed).await
            && !same_answer(first, &second)
        {
            self.journal.told().different.push(format!("{}: {first} and then {second}", keyed.key));
        }
        (first, Some(keyed))
    }

    /// Sends a request under its key until it is answered.
    pub async fn send_keyed(&self, keyed: &Keyed) -> Outcome {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.send(Method::POST, &keyed.path, &keyed.body, Some(&keyed.key)).await {
                Outcome::Unknown => assert!(Instant::now() < until, "{} was never answered", keyed.key),
                // Its first try died half way: the clock ends it.
                Outcome::Refused(answer) if answer["code"] == "REQUEST_IN_PROCESS" => {
                    self.journal.told().undecided.push(keyed.clone());
                    return Outcome::Unknown;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends a request once.
    async fn send(&self, method: Method, path: &str, body: &Value, key: Option<&str>) -> Outcome {
        let mut call = self.http.request(method, format!("{}{path}", self.url)).json(body);
        call = call.header("public-api-key", demo::PUBLIC_API_KEY);
        if !path.ends_with("/token") {
            call = call.header("private-secret-key", demo::PRIVATE_SECRET_KEY);
        }
        if let Some(key) = key {
            call = call.header("x-idempotency-key", key);
        }
        let sent = Instant::now();
        let outcome = match call.send().await {
            Ok(answer) => {
                let (status, retry_after) = (answer.status(), answer.headers().contains_key("retry-after"));
                match answer.json::<Value>().await {
                    Ok(body) => self.read(status, retry_after, body, sent),
                    Err(_) => Outcome::Unknown,
                }
            }
            Err(_) => Outcome::Unknown,
        };
        if matches!(outcome, Outcome::Unknown) {
            self.journal.told().unknown += 1;
            tokio::time::sleep(PAUSE).await;
        }
        outcome
    }

    fn read(&self, status: StatusCode, retry_after: bool, body: Value, sent: Instant) -> Outcome {
        match status {
            StatusCode::OK | StatusCode::CREATED => {
                self.journal.acknowledge(sent);
                Outcome::Acknowledged(body)
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(body["code"] == "SERVICE_UNAVAILABLE" && retry_after, "{body}");
                self.journal.told().unavailable += 1;
                Outcome::Unknown
            }
            StatusCode::GATEWAY_TIMEOUT => Outcome::Unknown,
            status => {
                assert!(status.is_client_error(), "{status} {body}");
                Outcome::Refused(body)
            }
        }
    }

    fn expect(&self, outcome: Outcome) -> Option<Value> {
        match outcome {
            Outcome::Acknowledged(answer) => Some(answer),
            Outcome::Refused(answer) => panic!("it was refused: {answer}"),
            Outcome::Unknown => None,
        }
    }
}

/// Whether two answers under one key are the same: of a payment that has moved on it is the same payment, and the same
/// transaction of it with its amount.
pub fn same_answer(first: &Value, second: &Value) -> bool {
    match first.get("checkout_session") {
        Some(_) => first == second,
        None => {
            let same = |field: &str| first["transactions"][field] == second["transactions"][field];
            first["id"] == second["id"] && ["id", "type", "amount"].into_iter().all(same)
        }
    }
}
