//! Many at once, on a real PostgreSQL where there is one: one payment a session, one use a token, no more money out
//! than came in.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::on;
use crate::support::{Answer, Client, GOOD_CARD, TestApp, server};

/// The embedded database has one connection: little can happen at once there.
fn rounds() -> usize {
    if server().is_some() { 200 } else { 5 }
}

/// The same call, so many times at once; how often each code was answered, with the number for a success.
async fn at_once(client: &Client, times: usize, path: &str, body: impl Fn(usize) -> Value) -> HashMap<String, usize> {
    let calls: Vec<_> = (0..times)
        .map(|n| {
            let (client, path, body) = (client.clone(), path.to_owned(), body(n));
            tokio::spawn(async move { client.post(path, body).await })
        })
        .collect();
    let mut codes = HashMap::new();
    for call in calls {
        let answer: Answer = call.await.unwrap();
        let code = match answer.status.is_success() {
            true => "done".to_owned(),
            false => answer.json()["code"].as_str().unwrap().to_owned(),
        };
        *codes.entry(code).or_default() += 1;
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_payments_on_one_session_one_is_made() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..rounds() {
        let session = merchant.make_checkout_session("BR", "BRL").await;
        let codes = at_once(&merchant, 50, "/v1/payments", |_| {
            merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}))
        });
        let expected = HashMap::from([("done".to_owned(), 1), ("CHECKOUT_SESSION_NOT_FOUND".to_owned(), 49)]);
        assert_eq!(codes.await, expected);
    }
    let count = "select count(*) from payments";
    let made: i64 = sqlx::query_scalar(count).fetch_one(app.pool()).await.unwrap();
    assert_eq!(made, i64::try_from(rounds()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_used_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..rounds() {
        let body = json!({"account_id": merchant.account, "card_data": Client::card(GOOD_CARD)});
        let token = merchant.post("/v1/tokens", body).await.expect(201)["token"].clone();
        let codes = at_once(&merchant, 10, "/v1/payments", |_| {
            let mut body = merchant.direct_body(GOOD_CARD);
            body["payment_method"] = json!({"token": token});
            body
        })
        .await;
        assert_eq!(codes["done"], 1, "{codes:?}");
        let refused = ["INVALID_TOKEN", "TOKEN_IN_USE"].map(|code| codes.get(code).copied().unwrap_or_default());
        assert_eq!(refused.iter().sum::<usize>(), 9, "{codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_money_goes_out_than_came_in() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..rounds() {
        let payment = merchant.pay_direct(GOOD_CARD).await;
        let codes = at_once(
            &merchant,
            10,
            &on(&payment, "refund"),
            |_| json!({"merchant_reference": "ref-1", "amount": {"currency": "BRL", "value": 30}}),
        )
        .await;
        let done = codes["done"];
        assert!((1..=3).contains(&done), "{codes:?}");
        let found = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(found["amount"]["refunded"], json!(30 * done));
        let refunds = found["transactions"].as_array().unwrap().iter().filter(|one| one["type"] == "REFUND");
        assert_eq!(refunds.count(), done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_taken_or_let_go_and_never_both() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..rounds() {
        let payment = merchant.authorize().await;
        let words = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
        let (capture, cancel) = (on(&payment, "capture"), on(&payment, "cancel"));
        let (captured, canceled) = tokio::join!(
            at_once(&merchant, 5, &capture, |_| words.clone()),
            at_once(&merchant, 5, &cancel, |_| words.clone())
        );
        let done = |codes: &HashMap<String, usize>| codes.get("done").copied().unwrap_or_default();
        assert_eq!(done(&captured) + done(&canceled), 1, "{captured:?} {canceled:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_answered_twice_at_once_is_answered_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..rounds() {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["payment_method"] = json!({"type": "PIX"});
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        let page =
            payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
        tokio::join!(app.decide(page, "decision=approve"), app.decide(page, "decision=decline"));
        let found = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
        let (status, transaction) = (&found["status"], &found["transactions"][0]["status"]);
        assert_eq!(status, transaction, "the payment and its transaction say the same");
    }
}
