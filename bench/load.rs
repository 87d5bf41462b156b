//! Sends payments at given rates, one after the other without a pause, whether or not answers come, as clients who do
//! not know of each other do; tells what came of them, second by second: `bench-load URL RATE,RATE… SECONDS`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use yuno_sessions::demo;
use yuno_sessions::webhooks::client_tls;

/// How often requests are sent: all that are due by then.
const TICK: Duration = Duration::from_millis(1);

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests that may be on their way at a time, so that the generator itself stays within its memory.
const MOST: usize = 10_000;

/// What came of a request.
struct Came {
    /// In which second it was due.
    second: usize,
    /// Its status; none when there was no answer.
    status: Option<StatusCode>,
    /// From when it was due to its answer.
    took: Duration,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, rates, seconds] = arguments.as_slice() else { bail!("usage: bench-load URL RATE,RATE… SECONDS") };
    let rates: Vec<usize> = rates.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let seconds: usize = seconds.parse()?;
    let client = Client::builder().tls_backend_preconfigured(client_tls()?).pool_max_idle_per_host(usize::MAX);
    let client = client.no_proxy().build()?;
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let url: Arc<str> = format!("{url}/v1/payments").into();
    let body: Arc<str> = payment().into();
    let on_the_way = Arc::new(AtomicUsize::new(0));

    let began = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for (step, rate) in rates.iter().copied().enumerate() {
        let began = began + Duration::from_secs((step * seconds) as u64);
        let mut sent = 0;
        while sent < rate * seconds {
            ticks.tick().await;
            let due = ((began.elapsed().as_secs_f64() * rate as f64) as usize).min(rate * seconds);
            while sent < due {
                let at = began + Duration::from_secs_f64(sent as f64 / rate as f64);
                let second = step * seconds + sent / rate;
                sent += 1;
                if on_the_way.fetch_add(1, Ordering::Relaxed) >= MOST {
                    on_the_way.fetch_sub(1, Ordering::Relaxed);
                    sender.send(Came { second, status: None, took: PATIENCE })?;
                    continue;
                }
                let (client, url, body) = (client.clone(), Arc::clone(&url), Arc::clone(&body));
                let (sender, on_the_way) = (sender.clone(), Arc::clone(&on_the_way));
                tokio::spawn(async move {
                    let status = tokio::time::timeout(PATIENCE, send(&client, &url, &body)).await.ok().flatten();
                    on_the_way.fetch_sub(1, Ordering::Relaxed);
                    // Nobody listens any more when the run is over.
                    let _ = sender.send(Came { second, status, took: at.elapsed() });
                });
            }
        }
    }
    drop(sender);
    let mut came = Vec::new();
    while let Some(one) = receiver.recv().await {
        came.push(one);
    }
    for second in 0..rates.len() * seconds {
        println!("{}", told(second, &came));
    }
    Ok(())
}

/// The body of a payment that succeeds at once.
fn payment() -> String {
    let card =
        json!({"number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123"});
    let body = json!({
        "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": "order-1", "description": "Running shoes",
        "country": "BR", "amount": {"currency": "BRL", "value": 100}, "workflow": "DIRECT",
        "payment_method": {"type": "CARD", "detail": {"card": {"card_data": card}}},
    });
    body.to_string()
}

async fn send(client: &Client, url: &str, body: &Arc<str>) -> Option<StatusCode> {
    let answer = client
        .post(url)
        .header("public-api-key", demo::PUBLIC_API_KEY)
        .header("private-secret-key", demo::PRIVATE_SECRET_KEY)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .ok()?;
    let status = answer.status();
    answer.bytes().await.ok().map(|_| status)
}

/// One second's figures, as JSON: milliseconds from when a request was due.
fn told(second: usize, came: &[Came]) -> serde_json::Value {
    let of = |wanted: &dyn Fn(Option<StatusCode>) -> bool| {
        let mut took: Vec<f64> = came
            .iter()
            .filter(|one| one.second == second && wanted(one.status))
            .map(|one| one.took.as_secs_f64() * 1000.0)
            .collect();
        took.sort_by(f64::total_cmp);
        let at =
            |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1))).copied();
        json!({"count": took.len(), "p50": at(0.5), "p99": at(0.99), "max": took.last()})
    };
    let shed = StatusCode::SERVICE_UNAVAILABLE;
    json!({
        "second": second,
        "accepted": of(&|status| status.is_some_and(|status| status.is_success())),
        "shed": of(&|status| status == Some(shed)),
        "failed": of(&|status| status.is_some_and(|status| !status.is_success() && status != shed)),
        "unanswered": of(&|status| status.is_none()),
    })
}
