//! Dropping what is old: sessions and payments, in bounded steps, and nothing that is not over.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::Row as _;
use yuno_sessions::config::Retention;
use yuno_sessions::lifecycle::State;
use yuno_sessions::retention::{Left, Sweeper};
use yuno_sessions::types::{PaymentStatus, PaymentSubStatus};

use crate::support::{Client, GOOD_CARD, Receiver, TestApp, server};

fn sessions_of(days: i64) -> Sweeper {
    Sweeper::new(Retention { sessions: Some(TimeDelta::days(days)), payments: None })
}

fn everything_of(days: i64) -> Sweeper {
    Sweeper::new(Retention { sessions: Some(TimeDelta::days(days)), payments: Some(TimeDelta::days(days)) })
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(count).fetch_one(app.pool()).await.unwrap()
}

async fn pay(merchant: &Client) -> (String, Value) {
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let payment = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    (session, merchant.post("/v1/payments", payment).await.expect(201))
}

async fn found(merchant: &Client, path: &str, id: &str) -> bool {
    let answer = merchant.get(format!("{path}/{id}")).await;
    assert!([200, 400].contains(&answer.status.as_u16()), "{path}/{id}: {}", answer.status);
    answer.status == 200
}

#[tokio::test]
async fn sessions_go_once_they_are_older_and_not_before() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let of_each = async |client: &Client| {
        let customer = client.make_customer_session("BR").await;
        (client.make_checkout_session("BR", "BRL").await, customer)
    };
    let (first, others) = (of_each(&merchant).await, of_each(&other).await);
    app.wait(TimeDelta::days(1));
    let second = of_each(&merchant).await;
    app.wait(TimeDelta::days(89));
    let mut sweeper = sessions_of(90);
    assert_eq!(app.sweep(&mut sweeper).await, 0, "none is older than 90 days");
    app.wait(TimeDelta::milliseconds(1));
    assert_eq!(app.sweep(&mut sweeper).await, 4, "two of each organization are");
    for (client, (checkout, customer), kept) in
        [(&merchant, &first, false), (&other, &others, false), (&merchant, &second, true)]
    {
        assert_eq!(found(client, "/v1/checkout/sessions", checkout).await, kept);
        assert_eq!(found(client, "/v1/customers/sessions", customer).await, kept);
    }
    // What the one before did not see is found by the next walk.
    app.wait(TimeDelta::days(1));
    assert_eq!(app.sweep(&mut sweeper).await, 2);
}

#[tokio::test]
async fn a_session_with_a_payment_is_kept_as_long_as_its_payment() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (session, payment) = pay(&merchant).await;
    merchant.make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::days(400));
    app.do_what_is_due().await;
    assert_eq!(app.sweep(&mut sessions_of(1)).await, 1, "payments are kept for ever unless it is asked for");
    let id = payment["id"].as_str().unwrap();
    assert!(found(&merchant, "/v1/checkout/sessions", &session).await);
    assert!(found(&merchant, "/v1/payments", id).await);
    // It takes over the lease when the other has not renewed it.
    app.wait(TimeDelta::minutes(10));
    assert_eq!(app.sweep(&mut everything_of(90)).await, 2, "first the payment, then its session, in one walk");
    let text = app.metrics().await;
    for (kind, rows) in [("payments", 1), ("checkout_sessions", 2), ("customer_sessions", 0)] {
        let sample = format!("yuno_sessions_due_work_total{{kind=\"{kind}_dropped\"}} {rows}\n");
        assert!(text.contains(&sample), "no {sample} in {text}");
    }
    assert!(!found(&merchant, "/v1/checkout/sessions", &session).await);
    assert!(!found(&merchant, "/v1/payments", id).await);
    assert_eq!(count(&app, "transactions").await, 0);
}

/// Whoever still asks for it is told that it is not there, and nothing fails.
#[tokio::test]
async fn what_refers_to_a_dropped_payment_still_answers() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    let customer = merchant.make_customer().await;
    let mut body =
        json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": Client::card(GOOD_CARD)});
    body["verify"] = json!({"vault_on_success": true, "currency": "BRL"});
    let enrolled = merchant.post(format!("/v1/customers/{customer}/payment-methods"), body).await.expect(201);
    let keyed = merchant.with("x-idempotency-key", "key-1");
    let body = merchant.direct_body(GOOD_CARD);
    let payment = keyed.post("/v1/payments", body.clone()).await.expect(201);
    let (session, _) = pay(&merchant).await;
    app.do_what_is_due().await;
    app.wait(TimeDelta::days(1) + TimeDelta::milliseconds(1));
    // The events are still there, and are told again.
    let only_payments = Retention { sessions: None, payments: Some(TimeDelta::days(1)) };
    assert_eq!(app.sweep(&mut Sweeper::new(only_payments)).await, 2, "all but the one that verified");
    let id = payment["id"].as_str().unwrap();
    merchant.get(format!("/v1/payments/{id}")).await.refused(400, "PAYMENT_NOT_FOUND");
    merchant.get(format!("/v1/checkout/sessions/{session}/payment")).await.refused(400, "PAYMENT_NOT_FOUND");
    assert_eq!(merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200)["status"], "COMPLETED");
    let method = enrolled["id"].as_str().unwrap();
    let path = format!("/v1/customers/{customer}/payment-methods/{method}");
    let method = merchant.get(path).await.expect(200);
    assert_eq!((&method["status"], &method["verify"]), (&json!("ENROLLED"), &enrolled["verify"]));
    assert!(method["verify"]["payment"].is_object(), "{method}");
    assert_eq!(merchant.get("/v1/events").await.expect(200)["events"].as_array().unwrap().len(), 4);
    // Its key is forgotten too by then, so that it makes a new one.
    let again = keyed.post("/v1/payments", body).await.expect(201);
    assert_ne!(again["id"], payment["id"]);
    merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
}

/// Every state that a row can have, against the rule of the lifecycle.
#[tokio::test]
async fn a_payment_that_is_not_over_is_never_dropped() {
    let app = TestApp::new().await;
    app.merchant().pay_direct(GOOD_CARD).await;
    let copy = r#"
        insert into payments
        select copied.*
        from payments, (
            select row_number() over () as number, status, sub_status
            from unnest($1::text[]) as status, unnest($2::text[]) as sub_status
        ) as state,
            jsonb_populate_record(payments, jsonb_build_object('status', state.status, 'sub_status', state.sub_status, 'page_id', null,
                'payment_id', left(payment_id::text, 24) || lpad(to_hex(number), 12, '0'))) as copied
    "#;
    sqlx::query(copy).bind(PaymentStatus::NAMES).bind(PaymentSubStatus::NAMES).execute(app.pool()).await.unwrap();
    app.wait(TimeDelta::days(36_500));
    app.sweep(&mut everything_of(1)).await;
    let left = sqlx::query("select status, sub_status from payments").fetch_all(app.pool()).await.unwrap();
    let left: Vec<(String, String)> = left.iter().map(|row| (row.get(0), row.get(1))).collect();
    for status in PaymentStatus::NAMES {
        for sub_status in PaymentSubStatus::NAMES {
            let state = State::new(PaymentStatus::parse(status).unwrap(), PaymentSubStatus::parse(sub_status).unwrap());
            let kept = left.contains(&((*status).to_owned(), (*sub_status).to_owned()));
            assert_eq!(kept, !state.is_terminal(), "{status} {sub_status}");
        }
    }
}

#[tokio::test]
async fn what_is_in_flight_or_due_or_held_is_not_over() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (mut ids, held) = (Vec::new(), merchant.authorize().await);
    for change in ["in_flight = payment_id", "due_at = created_at", "updated_at = updated_at"] {
        let id = merchant.pay_direct(GOOD_CARD).await["id"].as_str().unwrap().to_owned();
        let change = format!("update payments set {change} where payment_id = $1::text::uuid");
        sqlx::query(sqlx::AssertSqlSafe(change)).bind(&id).execute(app.pool()).await.unwrap();
        ids.push(id);
    }
    ids.push(held["id"].as_str().unwrap().to_owned());
    app.wait(TimeDelta::days(2));
    assert_eq!(app.sweep(&mut everything_of(1)).await, 1);
    let mut left = Vec::new();
    for id in &ids {
        left.push(found(&merchant, "/v1/payments", id).await);
    }
    assert_eq!(left, [true, true, false, true]);
}

/// A key that was used for a refund yesterday still finds its payment, however old that is.
#[tokio::test]
async fn the_age_of_a_payment_counts_from_when_it_last_moved() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    app.wait(TimeDelta::days(60));
    merchant.refund(&payment).await;
    app.wait(TimeDelta::days(90));
    let mut sweeper = everything_of(90);
    assert_eq!(app.sweep(&mut sweeper).await, 0);
    app.wait(TimeDelta::microseconds(1));
    assert_eq!(app.sweep(&mut sweeper).await, 1);
}

#[tokio::test]
async fn a_session_whose_expiry_is_yet_to_be_told_is_kept_until_it_is() {
    let app = TestApp::new().await;
    let (merchant, receiver) = (app.merchant(), Receiver::new().await);
    let mut body = merchant.webhook_body(&receiver.url);
    body["checkout_session_triggers"] = json!(["EXPIRED"]);
    merchant.post("/v1/webhooks", body).await.expect(201);
    merchant.make_checkout_session("BR", "BRL").await;
    let other = app.another_merchant().await;
    other.make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::days(2));
    let mut sweeper = sessions_of(1);
    assert_eq!(app.sweep(&mut sweeper).await, 1, "nobody asks for the other organization's");
    app.do_what_is_due().await;
    assert_eq!(receiver.told().len(), 1);
    assert_eq!(app.sweep(&mut sweeper).await, 1);
}

/// Sessions of an account, so many a millisecond apart, with ids as the server makes them.
async fn fill(app: &TestApp, rows: i32) {
    let fill = r#"
        insert into checkout_sessions (organization_id, checkout_session_id, account_id, merchant_order_id,
            payment_description, country, currency, amount, workflow, created_at, updated_at, expires_at)
        select organization_id, overlay(checkout_session_id::text placing lpad(to_hex(number), 12, '0') from 25)::uuid,
            account_id, merchant_order_id, payment_description, country, currency, amount, workflow, created_at,
            updated_at, expires_at
        from checkout_sessions, generate_series(1, $1) as number
    "#;
    sqlx::query(fill).bind(rows).execute(app.pool()).await.unwrap();
}

#[tokio::test]
async fn a_step_is_bounded_and_looks_at_nothing_twice() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    merchant.make_checkout_session("BR", "BRL").await;
    fill(&app, 239).await;
    // Its id comes after all of those.
    app.wait(TimeDelta::milliseconds(1));
    pay(&merchant).await;
    app.wait(TimeDelta::days(2));
    let mut sweeper = sessions_of(1);
    let (mut steps, mut before) = (Vec::new(), 0);
    while app.step(&mut sweeper).await == Left::More {
        steps.push(sweeper.dropped() - before);
        before = sweeper.dropped();
    }
    assert_eq!(steps, [0, 100, 100, 40, 0], "payments, three of checkout sessions, customer sessions");
    assert_eq!(count(&app, "checkout_sessions").await, 1);
}

#[tokio::test]
async fn what_somebody_else_has_locked_is_passed_over() {
    if server().is_none() {
        // The embedded database has one connection.
        return;
    }
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let locked = merchant.make_checkout_session("BR", "BRL").await;
    merchant.make_checkout_session("BR", "BRL").await;
    merchant.pay_direct(GOOD_CARD).await;
    app.wait(TimeDelta::days(2));
    let mut holding = app.pool().begin().await.unwrap();
    let lock = "select from checkout_sessions where checkout_session_id = $1::text::uuid for update";
    sqlx::query(lock).bind(&locked).execute(&mut *holding).await.unwrap();
    sqlx::query("select from payments for update").execute(&mut *holding).await.unwrap();
    let mut sweeper = everything_of(1);
    assert_eq!(app.sweep(&mut sweeper).await, 1);
    holding.rollback().await.unwrap();
    assert_eq!(app.sweep(&mut sweeper).await, 2);
}

#[tokio::test]
async fn one_server_at_a_time_drops_and_another_goes_on_when_it_is_gone() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    app.sweep(&mut sessions_of(1)).await;
    merchant.make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::days(2));
    let (mut one, mut another) = (sessions_of(1), sessions_of(1));
    assert_eq!(app.step(&mut one).await, Left::More);
    assert_eq!(app.step(&mut another).await, Left::Nothing, "it has the lease");
    assert_eq!(another.dropped(), 0);
    // It renews the lease before that is over.
    app.wait(TimeDelta::minutes(6));
    assert_eq!(app.step(&mut one).await, Left::More);
    app.wait(TimeDelta::minutes(6));
    assert_eq!(app.step(&mut another).await, Left::Nothing);
    app.wait(TimeDelta::minutes(4));
    assert_eq!(app.step(&mut another).await, Left::More, "nobody has renewed it");
}
