//! The order in which events arrive, and receivers that keep nobody waiting.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use yuno_sessions::metrics::Metrics;
use yuno_sessions::webhooks::{Schedule, Webhooks};

use crate::support::{Client, GOOD_CARD, Receiver, Reply, TestApp};

/// Takes money and gives all of it back: two events of one payment.
async fn pay_and_refund(merchant: &Client) {
    let payment = merchant.pay_direct(GOOD_CARD).await;
    merchant.refund(&payment).await;
}

#[tokio::test]
async fn a_later_event_of_a_payment_waits_for_the_one_before() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&open);
    let receiver =
        Receiver::answering(move |_, _| Reply::Status(if opened.load(Ordering::Relaxed) { 200 } else { 500 })).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    pay_and_refund(&merchant).await;
    app.deliver().await;
    let [refund, purchase] = &merchant.deliveries(&webhook).await[..] else { panic!("not two deliveries") };
    assert_eq!((&purchase["tries"], &refund["tries"]), (&json!(1), &json!(0)));
    assert_eq!((&refund["status"], &refund["next_try_at"]), (&json!("PENDING"), &Value::Null));
    // Also when it is dispatched while the first one waits.
    pay_and_refund(&merchant).await;
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 2, "the other payment's first event is tried");
    open.store(true, Ordering::Relaxed);
    app.wait(TimeDelta::minutes(5));
    app.deliver().await;
    let kinds: Vec<_> = receiver.told()[2..].iter().map(|(kind, retry, _)| (kind.clone(), *retry)).collect();
    let (purchase, refund) = (("payment.purchase".to_owned(), 1), ("payment.refund".to_owned(), 0));
    assert_eq!(kinds.iter().filter(|told| **told == purchase).count(), 2);
    assert_eq!(kinds.iter().filter(|told| **told == refund).count(), 2);
    let mut seen: HashMap<Value, usize> = HashMap::new();
    for call in &receiver.calls()[2..] {
        let body = call.json();
        let before = seen.entry(body["data"]["payment"]["id"].clone()).or_default();
        assert_eq!(body["type_event"], ["payment.purchase", "payment.refund"][*before]);
        *before += 1;
    }
}

#[tokio::test]
async fn after_the_last_try_the_next_event_has_its_turn() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|call, _| {
        Reply::Status(if call.json()["type_event"] == "payment.purchase" { 500 } else { 200 })
    })
    .await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    pay_and_refund(&merchant).await;
    for hours in [0, 1, 6, 24, 24, 48] {
        app.wait(TimeDelta::hours(hours));
        app.deliver().await;
    }
    assert_eq!(receiver.calls().len(), 6);
    app.wait(TimeDelta::hours(48));
    app.deliver().await;
    let statuses: Vec<_> =
        merchant.deliveries(&webhook).await.iter().map(|delivery| delivery["status"].clone()).collect();
    assert_eq!(statuses, ["DELIVERED", "FAILED"]);
}

/// The receiver of one webhook hangs, that of another, of the same account, gets everything.
#[tokio::test]
async fn a_receiver_that_hangs_keeps_no_other_waiting() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let hangs = Receiver::answering(|_, _| Reply::Hang).await;
    let answers = Receiver::new().await;
    merchant.make_webhook(&hangs.url).await;
    merchant.make_webhook(&answers.url).await;
    let webhooks = app.webhooks().clone();
    let delivering = tokio::spawn(async move { webhooks.run().await });
    for _ in 0..20 {
        merchant.pay_direct(GOOD_CARD).await;
    }
    hangs.called().await;
    for _ in 0..20 {
        answers.called().await;
    }
    assert_eq!(hangs.calls().len(), 1, "a receiver that has not answered yet is called once at a time");
    delivering.abort();
}

/// Events of different payments go to a receiver side by side, but no more than a few.
#[tokio::test]
async fn a_receiver_gets_a_bounded_number_of_calls_at_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| if before < 20 { Reply::Status(200) } else { Reply::Hang }).await;
    merchant.make_webhook(&receiver.url).await;
    for _ in 0..50 {
        merchant.pay_direct(GOOD_CARD).await;
    }
    let webhooks = app.webhooks().clone();
    let delivering = tokio::spawn(async move { webhooks.run().await });
    for _ in 0..36 {
        receiver.called().await;
    }
    // Whatever else would be begun had been by the time that the database has answered twice.
    for _ in 0..2 {
        merchant.get("/v1/events").await.expect(200);
    }
    assert_eq!(receiver.calls().len(), 36, "sixteen side by side");
    delivering.abort();
}

/// What one merchant's receivers take, slow or gone, leaves room for every other's.
#[tokio::test]
async fn a_merchant_with_many_receivers_that_hang_keeps_no_other_waiting() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let called = Arc::new(Semaphore::new(0));
    let mut hanging = Vec::new();
    for _ in 0..120 {
        let calling = Arc::clone(&called);
        let hangs = Receiver::answering(move |_, _| {
            calling.add_permits(1);
            Reply::Hang
        });
        let hangs = hangs.await;
        let mut session = merchant.session_body("BR", "BRL");
        session["callback_url"] = json!(hangs.url);
        session["return_url"] = json!("https://example.com/done");
        let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
        let session = session["checkout_session"].as_str().unwrap().to_owned();
        let token = merchant.make_token(&session, GOOD_CARD).await;
        let payment = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
        merchant.post("/v1/payments", payment).await.expect(201);
        hanging.push(hangs);
    }
    let answers = Receiver::new().await;
    other.make_webhook(&answers.url).await;
    let webhooks = app.webhooks().clone();
    let delivering = tokio::spawn(async move { webhooks.run().await });
    called.acquire_many(96).await.unwrap().forget();
    other.pay_direct(GOOD_CARD).await;
    answers.called().await;
    let calls: usize = hanging.iter().map(|hangs| hangs.calls().len()).sum();
    assert_eq!(calls, 96, "so many calls one merchant may have to receivers that do not answer");
    delivering.abort();
}

/// Two servers on one database deliver everything, and nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_work() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    let second =
        Webhooks::new(app.pool().clone(), app.clock.clone(), true, Schedule::with_haste(1), Metrics::off()).unwrap();
    let delivering: Vec<_> = [app.webhooks().clone(), second]
        .map(|webhooks| tokio::spawn(async move { webhooks.run().await }))
        .into_iter()
        .collect();
    for _ in 0..50 {
        pay_and_refund(&merchant).await;
    }
    for _ in 0..100 {
        receiver.called().await;
    }
    // Whatever would come twice has come by the time that all is recorded.
    let pending = format!("/v1/webhooks/{webhook}/deliveries?status=PENDING");
    while merchant.get(&pending).await.expect(200) != json!([]) {}
    let mut seen: HashMap<Value, usize> = HashMap::new();
    for call in receiver.calls() {
        let body = call.json();
        let before = seen.entry(body["data"]["payment"]["id"].clone()).or_default();
        assert_eq!(body["type_event"], ["payment.purchase", "payment.refund"][*before]);
        *before += 1;
    }
    assert_eq!((receiver.calls().len(), seen.len()), (100, 50));
    delivering.iter().for_each(tokio::task::JoinHandle::abort);
}

/// A worker that dies after it has taken a delivery keeps it for as long as its lease lasts.
#[tokio::test]
async fn what_a_dead_worker_had_taken_comes_back() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let replies = Arc::new(Mutex::new(vec![Reply::Status(200), Reply::Hang]));
    let receiver = Receiver::answering(move |_, _| replies.lock().unwrap().pop().unwrap()).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    let webhooks = app.webhooks().clone();
    let delivering = tokio::spawn(async move { webhooks.deliver_due().await });
    receiver.called().await;
    delivering.abort();
    let _ = delivering.await;
    app.wait(TimeDelta::milliseconds(29_999));
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1, "somebody may still be trying");
    app.wait(TimeDelta::milliseconds(1));
    app.deliver().await;
    let told = receiver.told();
    assert_eq!((told.len(), &told[0]), (2, &told[1]), "the same event, as the same try");
    assert_eq!(merchant.deliveries(&webhook).await[0]["status"], "DELIVERED");
}
