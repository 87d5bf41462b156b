//! Receivers that want a token.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Call, Client, GOOD_CARD, Receiver, Reply, TestApp};

/// Who gives tokens: `token-1`, `token-2` and so on, for so many seconds each.
async fn token_server(life: i64) -> Receiver {
    Receiver::answering(move |_, before| {
        Reply::Body(200, json!({"access_token": format!("token-{}", before + 1), "expires_in": life}).to_string())
    })
    .await
}

async fn make_webhook(merchant: &Client, url: &str, tokens: &str, more: Value) -> String {
    let mut body = merchant.webhook_body(url);
    for (field, value) in [
        ("oauth2_authentication_url", tokens),
        ("oauth2_client_id", "client-1"),
        ("oauth2_client_secret", "secret & more"),
        ("oauth2_grant_type", "client_credentials"),
    ] {
        body[field] = json!(value);
    }
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    merchant.post("/v1/webhooks", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn form(call: &Call) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&call.bytes).into_owned().collect()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_it_expires() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (tokens, receiver) = (token_server(60).await, Receiver::new().await);
    make_webhook(&merchant, &receiver.url, &tokens.url, json!({})).await;
    for wait in [0, 29, 2] {
        app.wait(TimeDelta::seconds(wait));
        merchant.pay_direct(GOOD_CARD).await;
        app.deliver().await;
    }
    let sent: Vec<_> = receiver.calls().iter().map(|call| call.header("authorization").to_owned()).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    let asked = &tokens.calls()[0];
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    assert!(!asked.headers.contains_key("client_id"));
    let expected =
        [("grant_type", "client_credentials"), ("client_id", "client-1"), ("client_secret", "secret & more")];
    assert_eq!(form(asked), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Seconds as a text, none, and more than a day: used for so long, less half a minute.
#[tokio::test]
async fn a_life_is_told_in_several_ways_or_not_at_all() {
    for (told, seconds) in [(json!("60"), 30), (Value::Null, 270), (json!(1_000_000), 86_370)] {
        let app = TestApp::new().await;
        let merchant = app.merchant();
        let tokens = Receiver::answering(move |_, _| {
            Reply::Body(200, json!({"access_token": "t", "expires_in": told}).to_string())
        })
        .await;
        let receiver = Receiver::new().await;
        make_webhook(&merchant, &receiver.url, &tokens.url, json!({})).await;
        for (wait, fetched) in [(0, 1), (seconds - 1, 1), (1, 2)] {
            app.wait(TimeDelta::seconds(wait));
            merchant.pay_direct(GOOD_CARD).await;
            app.deliver().await;
            assert_eq!(tokens.calls().len(), fetched, "{seconds}");
        }
    }
}

#[tokio::test]
async fn the_header_the_scope_and_the_client_id_are_as_the_webhook_says() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (tokens, receiver) = (token_server(60).await, Receiver::new().await);
    let more = json!({"oauth2_authorization_name": "X-Token", "oauth2_include_client_id": true});
    let webhook = make_webhook(&merchant, &receiver.url, &tokens.url, more).await;
    merchant.change_webhook(&webhook, json!({"oauth2_scope": "webhooks:write"})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let call = &receiver.calls()[0];
    assert_eq!((call.header("x-token"), call.header("authorization")), ("Bearer token-1", ""));
    let asked = &tokens.calls()[0];
    assert_eq!(asked.header("client_id"), "client-1");
    assert!(form(asked).contains(&("scope".to_owned(), "webhooks:write".to_owned())));
}

#[tokio::test]
async fn a_token_that_is_not_taken_or_was_of_other_settings_is_not_used_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let tokens = token_server(3_600).await;
    let receiver = Receiver::answering(|call, _| {
        Reply::Status(if call.header("authorization") == "Bearer token-1" { 401 } else { 200 })
    })
    .await;
    let webhook = make_webhook(&merchant, &receiver.url, &tokens.url, json!({})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    app.wait(TimeDelta::minutes(5));
    app.deliver().await;
    assert_eq!(merchant.deliveries(&webhook).await[0]["status"], "DELIVERED");
    merchant.change_webhook(&webhook, json!({"name": "Another"})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let sent: Vec<_> = receiver.calls().iter().map(|call| call.header("authorization").to_owned()).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
}

#[tokio::test]
async fn without_a_token_the_receiver_is_not_called_and_the_try_counts() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let before = Arc::new(AtomicUsize::new(0));
    let answers = Mutex::new(vec![
        Reply::Body(200, json!({"access_token": "a\nb"}).to_string()),
        Reply::Body(200, "no token".to_owned()),
        Reply::Status(403),
    ]);
    let counted = Arc::clone(&before);
    let tokens = Receiver::answering(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        answers.lock().unwrap().pop().unwrap()
    })
    .await;
    let receiver = Receiver::new().await;
    let webhook = make_webhook(&merchant, &receiver.url, &tokens.url, json!({})).await;
    merchant.pay_direct(GOOD_CARD).await;
    for problem in
        ["no token: it answered 403", "no token: it answered without a token", "no token: the token is no text"]
    {
        app.deliver().await;
        let delivery = &merchant.deliveries(&webhook).await[0];
        assert_eq!((&delivery["problem"], &delivery["status"]), (&json!(problem), &json!("PENDING")));
        app.wait(TimeDelta::hours(1));
    }
    assert_eq!((before.load(Ordering::Relaxed), receiver.calls().len()), (3, 0));
}
