//! The order in which events arrive, and receivers that keep nobody waiting.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, Reply, TestApp};

/// Takes money and gives all of it back: two events of one payment.
async fn pay_and_refund(merchant: &Client) -> String {
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    let refund = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
    merchant.post(format!("/v1/payments/{id}/transactions/{transaction}/refund"), refund).await.expect(200);
    id.to_owned()
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
