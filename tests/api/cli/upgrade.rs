//! The release before this one and this one, side by side on one database, as in a rolling restart: run where there is
//! a PostgreSQL server, and `PREVIOUS_RELEASE` names the program that scripts/previous-release builds.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use yuno_sessions::demo;

use crate::support::{FINGERPRINT_KEY, OnServer, Receiver, Server, command, command_of, server};

/// How long the next event may take.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// The program of the release before. In CI it must be there.
fn previous_release() -> Option<String> {
    let program = std::env::var("PREVIOUS_RELEASE").ok();
    assert!(program.is_some() || std::env::var_os("CI").is_none(), "PREVIOUS_RELEASE is not set");
    program
}

/// The answer, when it is a good one.
async fn good(call: RequestBuilder) -> Value {
    let answer = call.send().await.unwrap();
    let status = answer.status();
    let told = answer.text().await.unwrap();
    assert!(status.is_success(), "{status} {told}");
    serde_json::from_str(&told).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What is listed, without the addresses of icons, which are those of each server.
fn types(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|method| text(&method["type"]).to_owned()).collect()
}

fn session_body(customer: &str) -> Value {
    json!({
        "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": "order-1", "payment_description": "Running shoes",
        "country": "BR", "amount": {"currency": "BRL", "value": 100}, "customer_id": customer,
    })
}

/// A purchase that one server begins and another ends, each step seen by both.
async fn buy(begins: &Server, ends: &Server, key: &str) {
    let customer = good(begins.call("POST", "/v1/customers").json(&json!({"merchant_customer_id": key}))).await;
    let customer = text(&customer["id"]);
    let make = |server: &Server| {
        server.call("POST", "/v1/checkout/sessions").header("x-idempotency-key", key).json(&session_body(customer))
    };
    let session = good(make(begins)).await;
    assert_eq!(good(make(ends)).await["checkout_session"], session["checkout_session"], "one key, one session");
    let session = text(&session["checkout_session"]);
    let path = format!("/v1/checkout/sessions/{session}");
    let [listed, by_the_other] = [
        good(ends.call("GET", &format!("{path}/payment-methods"))).await,
        good(begins.call("GET", &format!("{path}/payment-methods"))).await,
    ]
    .map(|listed| types(&listed));
    assert_eq!((listed.len(), &listed), (4, &by_the_other));
    good(ends.call("PATCH", &path).json(&json!({"amount": {"value": 80}}))).await;

    let card = json!({"number": "4507990000000002", "expiration_month": 11, "expiration_year": 28,
        "security_code": "123", "holder_name": "Ana Souza"});
    let token = json!({"payment_method": {"type": "CARD", "card": card, "vault_on_success": true}});
    let token = good(begins.call("POST", &format!("{path}/token")).json(&token)).await;
    let pay = |server: &Server| {
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": "order-1", "description": "Running shoes",
            "country": "BR", "amount": {"currency": "BRL", "value": 80}, "checkout": {"session": session},
            "payment_method": {"token": token["token"], "vault_on_success": true},
            "customer_payer": {"id": customer},
        });
        server.call("POST", "/v1/payments").header("x-idempotency-key", key).json(&body)
    };
    let payment = good(pay(ends)).await;
    assert_eq!(payment["status"], "SUCCEEDED", "{payment}");
    assert_eq!(good(pay(begins)).await["id"], payment["id"], "one key, one payment");
    let (id, transaction) = (text(&payment["id"]), text(&payment["transactions"]["id"]));
    let refund = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER",
        "amount": {"currency": "BRL", "value": 30}});
    good(begins.call("POST", &format!("/v1/payments/{id}/transactions/{transaction}/refund")).json(&refund)).await;
    for server in [begins, ends] {
        let seen = good(server.call("GET", &format!("/v1/payments/{id}"))).await;
        assert_eq!((&seen["amount"]["refunded"], &seen["status"]), (&json!(30), &json!("SUCCEEDED")), "{seen}");
        assert_eq!(good(server.call("GET", &path)).await["status"], "COMPLETED");
        let enrolled = good(server.call("GET", &format!("/v1/customers/{customer}/payment-methods"))).await;
        assert_eq!(enrolled["payment_methods"].as_array().map(Vec::len), Some(1), "{enrolled}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_release_before_and_this_one_serve_side_by_side() {
    let Some(postgres) = server() else { return };
    let Some(program) = previous_release() else { return };
    let database = OnServer::empty(postgres).await;
    let arguments = ["--demo".to_owned(), "--database-url".to_owned(), database.url()];
    let with_key = [("FINGERPRINT_KEY", FINGERPRINT_KEY)];
    let before = Server::start(command_of(&program).args(&arguments).envs(with_key));
    let receiver = Receiver::new().await;
    let webhook = json!({
        "account_id": demo::ACCOUNT.to_string(), "name": "all", "url": receiver.url,
        "payment_triggers": ["PURCHASE", "REFUND"], "enrollment_triggers": ["ENROLL"],
    });
    good(before.call("POST", "/v1/webhooks").json(&webhook)).await;

    // The release before goes on while the schema changes under it.
    let mut after = tokio::task::spawn_blocking(move || Server::start(command().args(&arguments).envs(with_key)));
    let mut bought = 0;
    let after = loop {
        buy(&before, &before, &format!("before-{bought}")).await;
        bought += 1;
        if after.is_finished() {
            break (&mut after).await.unwrap();
        }
    };

    for (round, (begins, ends)) in [(&before, &after), (&after, &before), (&after, &after)].into_iter().enumerate() {
        buy(begins, ends, &format!("both-{round}")).await;
        bought += 1;
    }
    let (told, _) = before.stop("-TERM");
    assert!(told.success());
    buy(&after, &after, "after").await;
    bought += 1;

    // Whoever delivers them, everything is told: the purchase, the enrollment and the refund of each.
    let mut told = BTreeSet::new();
    while told.len() < 3 * bought {
        let called = tokio::time::timeout(TOLD_WITHIN, receiver.called()).await;
        called.unwrap_or_else(|_| panic!("{} of {} events were told: {told:?}", told.len(), 3 * bought));
        told = receiver.told().into_iter().map(|(.., key)| key).collect();
    }
}
