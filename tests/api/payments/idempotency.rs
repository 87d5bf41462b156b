//! `X-Idempotency-Key` on what a gateway is asked about: the four outcomes.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::gateway::{Held, with_held};
use super::on;
use crate::support::{Client, GOOD_CARD, TestApp};

const KEY: &str = "ce2e5f80-13ba-4f61-b2a1-f8dbf0e31b1d";

/// Operations with a body that works and one that is refused, and the status of the answer.
async fn operations(merchant: &Client) -> Vec<(String, Value, Value, u16)> {
    let mut refused = merchant.direct_body(GOOD_CARD);
    refused["customer_payer"] = json!({"id": "00000000-0000-4000-8000-00000000ffff"});
    let mut operations = vec![("/v1/payments".to_owned(), merchant.direct_body(GOOD_CARD), refused, 201)];
    let too_much = |mut body: Value| {
        body["amount"] = json!({"currency": "BRL", "value": 100.01});
        body
    };
    let words = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
    let of = |payment: &Value| format!("/v1/payments/{}/cancel-or-refund", payment["id"].as_str().unwrap());
    let held = merchant.authorize().await;
    operations.push((on(&held, "capture"), words.clone(), too_much(words.clone()), 200));
    let paid = merchant.pay_direct(GOOD_CARD).await;
    operations.push((on(&paid, "refund"), words.clone(), too_much(words.clone()), 200));
    let paid = merchant.pay_direct(GOOD_CARD).await;
    operations.push((on(&paid, "cancel-or-refund"), words.clone(), too_much(words.clone()), 201));
    let paid = merchant.pay_direct(GOOD_CARD).await;
    operations.push((of(&paid), words.clone(), too_much(words.clone()), 201));
    let customer = merchant.make_customer().await;
    let enroll = |r#type: &str| json!({"account_id": merchant.account, "country": "BR", "type": r#type, "card_data": Client::card(GOOD_CARD)});
    operations.push((format!("/v1/customers/{customer}/payment-methods"), enroll("CARD"), enroll("PIX"), 201));
    let session = merchant.make_customer_session("BR").await;
    let enroll = |r#type: &str| json!({"account_id": merchant.account, "country": "BR", "payment_method_type": r#type});
    operations.push((format!("/v1/customers/sessions/{session}/payment-methods"), enroll("CARD"), enroll("PIX"), 201));
    operations
}

#[tokio::test]
async fn a_later_request_gets_what_the_first_one_made() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", KEY);
    for (path, body, _, status) in operations(&merchant).await {
        let first = keyed.post(&path, body.clone()).await.expect(status);
        app.wait(TimeDelta::hours(4));
        // Whatever its own body says, as long as it is one.
        let mut other = body;
        other["description"] = json!("Something else");
        assert_eq!(keyed.post(&path, other).await.expect(status), first, "{path}");
        app.wait(-TimeDelta::hours(4));
    }
    let held = merchant.authorize().await;
    let cancel = json!({"merchant_reference": "ref-1"});
    let first = keyed.post(on(&held, "cancel"), cancel.clone()).await.expect(200);
    assert_eq!(keyed.post(on(&held, "cancel"), cancel).await.expect(200), first);
}

#[tokio::test]
async fn a_declined_payment_is_a_payment() {
    let app = TestApp::new().await;
    let keyed = app.merchant().with("x-idempotency-key", KEY);
    let first = keyed.pay_direct("4507990000000010").await;
    let again = keyed.pay_direct(GOOD_CARD).await;
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_key_whose_first_request_was_refused_is_used_up() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (path, body, refused, status) in operations(&merchant).await {
        let keyed = merchant.with("x-idempotency-key", KEY);
        let first = keyed.post(&path, refused).await;
        assert_eq!(first.status, 400, "{path}");
        assert_ne!(first.json()["code"], "IDEMPOTENCY_DUPLICATED", "{path}");
        for _ in 0..2 {
            keyed.post(&path, body.clone()).await.refused(400, "IDEMPOTENCY_DUPLICATED");
        }
        merchant.with("x-idempotency-key", "another").post(&path, body).await.expect(status);
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_does_not_use_its_key_up() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", KEY);
    for (path, body, _, status) in operations(&merchant).await {
        keyed.post(&path, json!({"amount": {"value": "much"}, "account_id": 7})).await;
        keyed.post(&path, body).await.expect(status);
    }
}

#[tokio::test]
async fn while_the_first_request_runs_a_second_one_is_told_to_come_back() {
    let gateway = Held::new(0);
    let app = with_held(&gateway, Duration::from_secs(60)).await;
    let keyed = app.merchant().with("x-idempotency-key", KEY);
    let body = keyed.direct_body(GOOD_CARD);
    let first = {
        let (keyed, body) = (keyed.clone(), body.clone());
        tokio::spawn(async move { keyed.post("/v1/payments", body).await.expect(201) })
    };
    gateway.asked().await;
    keyed.post("/v1/payments", body.clone()).await.refused(400, "REQUEST_IN_PROCESS");
    gateway.let_go();
    let first = first.await.unwrap();
    assert_eq!(keyed.post("/v1/payments", body).await.expect(201), first);
}

#[tokio::test]
async fn a_hundred_equal_requests_at_once_make_one_payment() {
    let app = TestApp::new().await;
    let keyed = app.merchant().with("x-idempotency-key", KEY);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let keyed = keyed.clone();
            tokio::spawn(async move {
                let body = keyed.direct_body(GOOD_CARD);
                keyed.post("/v1/payments", body).await
            })
        })
        .collect();
    let mut made = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status.as_u16() {
            201 => made.push(answer.json()["id"].clone()),
            _ => {
                answer.refused(400, "REQUEST_IN_PROCESS");
            }
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1);
    let kept: i64 = sqlx::query_scalar("select count(*) from payments").fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn keys_are_forgotten_after_24_hours_and_cleaned_up_in_bounded_steps() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for n in 0..3 {
        merchant.with("x-idempotency-key", format!("k-{n}")).pay_direct(GOOD_CARD).await;
    }
    sqlx::query(
        "insert into idempotency_keys (organization_id, operation, idempotency_key, body_sha256, created_at)
         select '00000000-0000-4000-8000-000000000000', 'x', n::text, '', '2026-01-15T12:00:00Z'
         from generate_series(1, 600) n",
    )
    .execute(app.pool())
    .await
    .unwrap();
    let kept = async || -> i64 {
        sqlx::query_scalar("select count(*) from idempotency_keys").fetch_one(app.pool()).await.unwrap()
    };
    app.wait(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    app.do_what_is_due().await;
    assert_eq!(kept().await, 603);
    app.wait(TimeDelta::microseconds(1));
    let again = merchant.with("x-idempotency-key", "k-0").pay_direct(GOOD_CARD).await;
    app.do_what_is_due().await;
    assert_eq!(kept().await, 103, "one round takes 500");
    app.do_what_is_due().await;
    assert_eq!(kept().await, 1, "the one that is used anew");
    assert_eq!(merchant.with("x-idempotency-key", "k-0").pay_direct(GOOD_CARD).await, again);
}

#[tokio::test]
async fn a_key_is_for_one_payment_and_one_method() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", KEY);
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    let (one, other) = (merchant.authorize().await, merchant.authorize().await);
    keyed.post(on(&one, "capture"), capture.clone()).await.expect(200);
    keyed.post(on(&other, "capture"), capture).await.refused(400, "IDEMPOTENCY_DUPLICATED");

    let customers = [merchant.make_customer().await, merchant.make_customer().await];
    let enroll = json!({
        "account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": Client::card(GOOD_CARD),
    });
    let path = |customer: &str| format!("/v1/customers/{customer}/payment-methods");
    keyed.post(path(&customers[0]), enroll.clone()).await.expect(201);
    keyed.post(path(&customers[1]), enroll).await.refused(400, "IDEMPOTENCY_DUPLICATED");

    let methods = [merchant.enroll(&customers[0], GOOD_CARD).await, merchant.enroll(&customers[0], GOOD_CARD).await];
    let path = |method: &Value| format!("/v1/customers/payment-methods/{}/unenroll", method["id"].as_str().unwrap());
    let gone = keyed.post_nothing(path(&methods[0])).await.expect(200);
    assert_eq!(keyed.post_nothing(path(&methods[0])).await.expect(200), gone);
    keyed.post_nothing(path(&methods[1])).await.refused(400, "IDEMPOTENCY_DUPLICATED");

    let enroll = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
    let path = |session: String| format!("/v1/customers/sessions/{session}/payment-methods");
    keyed.post(path(merchant.make_customer_session("BR").await), enroll.clone()).await.expect(201);
    let another = path(merchant.make_customer_session("BR").await);
    keyed.post(another, enroll).await.refused(400, "IDEMPOTENCY_DUPLICATED");
}

#[tokio::test]
async fn a_request_that_lacks_something_or_disagrees_keeps_its_key() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let keyed = merchant.with("x-idempotency-key", KEY);
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let right = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let mut lacking = right.clone();
    lacking["checkout"] = Value::Null;
    keyed.post("/v1/payments", lacking).await.refused(400, "MISSING_PARAMETERS");
    let mut disagreeing = right.clone();
    disagreeing["amount"]["value"] = json!(1);
    keyed.post("/v1/payments", disagreeing).await.refused(400, "INVALID_PARAMETERS");
    keyed.post("/v1/payments", right).await.expect(201);
    let session = merchant.make_customer_session("BR").await;
    let path = format!("/v1/customers/sessions/{session}/payment-methods");
    let mut enroll = json!({"account_id": merchant.account, "country": "MX", "payment_method_type": "CARD"});
    keyed.post(&path, enroll.clone()).await.refused(400, "INVALID_PARAMETERS");
    enroll["country"] = json!("BR");
    keyed.post(&path, enroll).await.expect(201);
}

#[tokio::test]
async fn no_digest_of_a_body_with_a_card_is_kept() {
    let app = TestApp::new().await;
    let keyed = app.merchant().with("x-idempotency-key", KEY);
    keyed.pay_direct(GOOD_CARD).await;
    let mut refused = keyed.direct_body(GOOD_CARD);
    refused["amount"]["value"] = json!(0);
    app.merchant().with("x-idempotency-key", "k").post("/v1/payments", refused).await.refused(400, "INVALID_AMOUNT");
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("select body_sha256 from idempotency_keys").fetch_all(app.pool()).await.unwrap();
    assert_eq!(kept, [Vec::<u8>::new(), Vec::new()]);
}
