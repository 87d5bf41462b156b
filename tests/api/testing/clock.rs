//! `/v1/testing/clock`: an organization's time, and what comes due when it is moved.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use yuno_sessions::clock::Clock;
use yuno_sessions::testing::clocks;

use crate::payments::gateway::{Held, with_held};
use crate::support::{Client, GOOD_CARD, Receiver, Reply, TestApp};

async fn time(merchant: &Client) -> String {
    merchant.get("/v1/testing/clock").await.expect(200)["now"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_expires_and_a_webhook_goes_through_all_seven_tries_in_one_call() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::answering(|_, _| Reply::Status(500)).await;
    let mut body = merchant.webhook_body(&receiver.url);
    body["checkout_session_triggers"] = json!(["EXPIRED"]);
    let webhook = merchant.post("/v1/webhooks", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    merchant.pay_direct(GOOD_CARD).await;

    let done = merchant.advance(json!({"hours": 4, "minutes": 59, "seconds": 59})).await;
    assert_eq!(done["now"], "2026-01-15T16:59:59.000000Z");
    assert_eq!(
        (&done["expiries_told"], &done["deliveries_tried"], &done["complete"]),
        (&json!(0), &json!(3), &json!(true))
    );
    let path = format!("/v1/checkout/sessions/{session}");
    assert_eq!(merchant.get(&path).await.expect(200)["status"], "ACTIVE");
    let done = merchant.advance(json!({"seconds": 2})).await;
    assert_eq!((&done["expiries_told"], &done["deliveries_tried"]), (&json!(1), &json!(1)));
    assert_eq!(merchant.get(&path).await.expect(200)["status"], "EXPIRED");

    let done = merchant.advance(json!({"days": 5})).await;
    assert_eq!((&done["deliveries_tried"], &done["complete"]), (&json!(4 + 6), &json!(true)));
    let deliveries = merchant.deliveries(&webhook).await;
    for (delivery, last) in deliveries.iter().zip(["2026-01-19T17:00:00.001000Z", "2026-01-19T12:00:00.000000Z"]) {
        assert_eq!((&delivery["status"], &delivery["tries"]), (&json!("FAILED"), &json!(7)));
        assert_eq!(delivery["last_tried_at"], last, "at its time, and not when the call ended");
    }
    let retries = |kind: &str| -> Vec<i64> {
        receiver.told().into_iter().filter(|(told, ..)| told == kind).map(|(_, retry, _)| retry).collect()
    };
    assert_eq!(retries("payment.purchase"), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(retries("checkout_session.expired").len(), 7);
}

#[tokio::test]
async fn a_payment_whose_gateway_was_just_asked_is_waited_for() {
    let gateway = Held::new(0);
    let app = with_held(&gateway, Duration::from_secs(600)).await;
    let merchant = app.test_merchant().await;
    let paying = tokio::spawn({
        let merchant = merchant.clone();
        async move { merchant.pay_direct(GOOD_CARD).await }
    });
    gateway.asked().await;
    let advancing = tokio::spawn({
        let merchant = merchant.clone();
        async move { merchant.advance(json!({"hours": 1})).await }
    });
    // Long enough for an advance that does not wait.
    for _ in 0..50 {
        merchant.get("/v1/connections").await.expect(200);
    }
    assert!(!advancing.is_finished());
    gateway.let_go();
    assert_eq!(paying.await.unwrap()["status"], "SUCCEEDED");
    assert_eq!(advancing.await.unwrap()["payments_ended"], 0);
}

#[tokio::test]
async fn what_is_due_now_is_done_by_an_advance_of_nothing() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    let done = merchant.advance(json!({"seconds": 0})).await;
    assert_eq!((&done["deliveries_tried"], &done["ahead_seconds"]), (&json!(1), &json!(0.0)));
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test]
async fn a_payment_runs_out_at_its_time_and_is_told_of() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(payment["status"], "PENDING");
    let done = merchant.advance(json!({"days": 4})).await;
    assert_eq!((&done["payments_ended"], &done["deliveries_tried"]), (&json!(1), &json!(2)));
    let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
    let ended = merchant.get(path).await.expect(200);
    assert_eq!((&ended["status"], &ended["updated_at"]), (&json!("EXPIRED"), &json!("2026-01-15T13:00:00.000000Z")));
}

#[tokio::test]
async fn keys_age_with_their_organization_and_nobody_elses() {
    let app = TestApp::new().await;
    let now = app.clock.machine_time();
    let expiring = app.with_another_key(|key| key.expires_at = Some(now.plus(TimeDelta::days(1)))).await;
    let other = app.test_merchant().await;
    other.advance(json!({"days": 2})).await;
    expiring.get("/v1/connections").await.expect(200);
    expiring.advance(json!({"hours": 24})).await;
    expiring.get("/v1/connections").await.refused(401, "EXPIRED_CREDENTIALS");
    other.get("/v1/connections").await.expect(200);
}

#[tokio::test]
async fn one_organization_is_moved_alone() {
    let app = TestApp::new().await;
    let (moved, other) = (app.test_merchant().await, app.test_merchant().await);
    let sessions = [moved.make_checkout_session("BR", "BRL").await, other.make_checkout_session("BR", "BRL").await];
    moved.advance(json!({"hours": 6})).await;
    assert_eq!(
        (time(&moved).await, time(&other).await),
        ("2026-01-15T18:00:00.000000Z".into(), "2026-01-15T12:00:00.000000Z".into())
    );
    for (client, session, status) in [(&moved, &sessions[0], "EXPIRED"), (&other, &sessions[1], "ACTIVE")] {
        let session = client.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
        assert_eq!(session["status"], status);
    }
    let session = moved.post("/v1/checkout/sessions", moved.session_body("BR", "BRL")).await.expect(200);
    assert_eq!(session["created_at"], "2026-01-15T18:00:00.000000Z");
    // The time runs on for everybody.
    app.wait(TimeDelta::hours(5));
    let path = format!("/v1/checkout/sessions/{}", session["checkout_session"].as_str().unwrap());
    assert_eq!(moved.get(path).await.expect(200)["status"], "EXPIRED");
    let path = format!("/v1/checkout/sessions/{}", sessions[1]);
    assert_eq!(other.get(path).await.expect(200)["status"], "EXPIRED");
}

/// Idempotency keys are forgotten after a day of their organization's.
#[tokio::test]
async fn an_idempotency_key_is_forgotten_by_the_moved_time() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let pay = || async {
        let client = merchant.with("x-idempotency-key", "key-1");
        client.post("/v1/payments", client.direct_body(GOOD_CARD)).await.expect(201)["id"].clone()
    };
    let first = pay().await;
    merchant.advance(json!({"hours": 23})).await;
    assert_eq!(pay().await, first);
    merchant.advance(json!({"hours": 1})).await;
    assert_ne!(pay().await, first);
}

#[tokio::test]
async fn it_is_set_forwards_and_not_backwards_or_too_far() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let set = |now: &str| merchant.put("/v1/testing/clock", json!({"now": now}));
    assert_eq!(set("2027-01-01T00:00:00Z").await.expect(200)["now"], "2027-01-01T00:00:00.000000Z");
    set("2027-01-01T00:00:00Z").await.expect(200);
    set("2026-12-31T23:59:59.999999Z").await.refused_fields(&["now"]);
    set("2126-01-17T00:00:00Z").await.refused_fields(&["now"]);
    set("9999-12-31T23:59:59Z").await.refused_fields(&["now"]);
    assert_eq!(time(&merchant).await, "2027-01-01T00:00:00.000000Z");
    let advance = |span: Value| merchant.post("/v1/testing/clock/advance", span);
    advance(json!({"days": 36_525})).await.refused_fields(&["seconds"]);
    for wrong in [json!({"days": 36_526}), json!({"days": -1}), json!({"days": 1.5}), json!({"days": "1"})] {
        advance(wrong).await.refused_fields(&["days"]);
    }
    advance(json!({})).await.refused(400, "MISSING_PARAMETERS");
    advance(json!({"hour": 1})).await.refused(400, "MISSING_PARAMETERS");
    set("2126-01-01T00:00:00Z").await.expect(200);
    merchant.without_secret().get("/v1/testing/clock").await.refused(401, "INVALID_CREDENTIALS");
}

/// What another server knows: nothing but what is in the database.
#[tokio::test]
async fn is_kept_when_the_server_starts_again() {
    let app = TestApp::new().await;
    let (moved, other) = (app.test_merchant().await, app.test_merchant().await);
    moved.advance(json!({"days": 3, "milliseconds": 1})).await;
    let started = Clock::still_at(app.clock.machine_time()).for_testing();
    let again = app.started_again(&started);
    clocks::load(&again).await.unwrap();
    let router = yuno_sessions::api::router(again.clone());
    assert_eq!(time(&moved.on(router.clone())).await, "2026-01-18T12:00:00.001000Z");
    assert_eq!(time(&other.on(router)).await, "2026-01-15T12:00:00.000000Z");
    // One that is gone is forgotten by who has not dropped it.
    let id: uuid::Uuid = sqlx::query_scalar("select organization_id from organizations where ahead > interval '0'")
        .fetch_one(app.pool())
        .await
        .unwrap();
    moved.delete(format!("/v1/testing/organizations/{id}")).await.expect(204);
    app.wait(TimeDelta::minutes(3));
    app.do_what_is_due().await;
    assert!(started.has_moved());
    clocks::load(&again).await.unwrap();
    assert!(!started.has_moved());
}

/// Nothing but the real time passes: what is due then is found by the moved time.
#[tokio::test]
async fn what_comes_due_later_is_found_by_the_moved_time() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::answering(|_, before| Reply::Status(if before < 2 { 500 } else { 200 })).await;
    let mut body = merchant.webhook_body(&receiver.url);
    body["checkout_session_triggers"] = json!(["EXPIRED"]);
    merchant.post("/v1/webhooks", body).await.expect(201);
    merchant.advance(json!({"days": 10})).await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    merchant.make_checkout_session("BR", "BRL").await;
    app.do_what_is_due().await;
    assert_eq!(receiver.calls().len(), 1);
    app.wait(TimeDelta::minutes(5));
    app.do_what_is_due().await;
    assert_eq!(receiver.calls().len(), 2, "tried again");
    app.wait(TimeDelta::minutes(45));
    app.do_what_is_due().await;
    assert_eq!(receiver.calls().len(), 3);
    app.wait(TimeDelta::hours(24));
    app.do_what_is_due().await;
    let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
    assert_eq!(merchant.get(path).await.expect(200)["status"], "EXPIRED");
    let kinds: Vec<_> = receiver.told().into_iter().skip(3).map(|(kind, ..)| kind).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
}

/// A lease is by the moved time: a call that is on its way must not be begun a second time.
#[tokio::test]
async fn what_is_on_its_way_is_waited_for_before_the_time_is_moved() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let go = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&go);
    let receiver = Receiver::answering(move |_, _| Reply::When(Arc::clone(&told))).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    let webhooks = app.webhooks().clone();
    let delivering = tokio::spawn(async move { webhooks.deliver_due().await.unwrap() });
    receiver.called().await;
    let moving = async { merchant.advance(json!({"hours": 1})).await };
    let answering = async {
        // Long enough for one that does not wait to have moved.
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(app.clock.moved().len(), 0, "it waits");
        go.add_permits(10);
    };
    let (done, ()) = tokio::join!(moving, answering);
    delivering.await.unwrap();
    assert_eq!((&done["deliveries_tried"], &done["complete"]), (&json!(0), &json!(true)));
    assert_eq!(receiver.calls().len(), 1);
    let deliveries = merchant.deliveries(&webhook).await;
    assert_eq!((&deliveries[0]["status"], &deliveries[0]["tries"]), (&json!("DELIVERED"), &json!(1)));
}
