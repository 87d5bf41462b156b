//! What is sent, when it counts as delivered, and when it is tried again.

use chrono::TimeDelta;
use serde_json::{Value, json};
use yuno_sessions::webhooks::signature;

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

#[tokio::test]
async fn a_payment_reaches_the_receiver_with_the_secrets_of_its_webhook() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let mut body = merchant.webhook_body(&receiver.url);
    for (field, text) in [("api_key", "key-1"), ("secret", "secret-1"), ("hmac_client_secret", "hmac-ç")] {
        body[field] = json!(text);
    }
    let webhook = merchant.post("/v1/webhooks", body).await.expect(201);
    let payment = merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;

    let [call] = &receiver.calls()[..] else { panic!("{} calls", receiver.calls().len()) };
    assert_eq!(call.uri.path(), "/hook");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!((call.header("x-api-key"), call.header("x-secret")), ("key-1", "secret-1"));
    assert_eq!(call.header("x-hmac-signature"), signature("hmac-ç", &call.bytes));
    let sent = call.json();
    assert_eq!((&sent["type"], &sent["type_event"]), (&json!("payment"), &json!("payment.purchase")));
    assert_eq!((&sent["retry"], &sent["version"]), (&json!(0), &json!(2)));
    assert_eq!(sent["account_id"], json!(merchant.account));
    assert_eq!(
        (&sent["data"]["payment"]["id"], &sent["data"]["payment"]["status"]),
        (&payment["id"], &json!("SUCCEEDED"))
    );

    let deliveries = merchant.deliveries(webhook["id"].as_str().unwrap()).await;
    assert_eq!(deliveries.len(), 1);
    let delivery = &deliveries[0];
    assert_eq!((&delivery["status"], &delivery["tries"]), (&json!("DELIVERED"), &json!(1)));
    assert_eq!((&delivery["answer_status"], &delivery["next_try_at"]), (&json!(200), &Value::Null));
}

#[tokio::test]
async fn a_webhook_without_secrets_sends_none() {
    let app = TestApp::new().await;
    let receiver = Receiver::new().await;
    app.merchant().make_webhook(&receiver.url).await;
    app.merchant().pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let call = &receiver.calls()[0];
    for header in ["x-api-key", "x-secret", "x-hmac-signature", "authorization"] {
        assert!(!call.headers.contains_key(header), "{header}");
    }
}

/// Seven tries, at the published times and no others, the same event each time.
#[tokio::test]
async fn what_is_not_delivered_is_tried_seven_times_over_96_hours() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, _| Reply::Body(500, "out of\0order".to_owned())).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1);
    let minutes = [5, 50, 6 * 60, 24 * 60, 48 * 60, 96 * 60];
    let mut waited = TimeDelta::zero();
    for (tries, at) in minutes.into_iter().enumerate() {
        let at = TimeDelta::minutes(at);
        let delivery = &merchant.deliveries(&webhook).await[0];
        assert_eq!((&delivery["status"], &delivery["tries"]), (&json!("PENDING"), &json!(tries + 1)));
        assert_eq!(
            (&delivery["answer_status"], &delivery["answer_body"]),
            (&json!(500), &json!("out of\u{fffd}order"))
        );
        app.wait(at - waited - TimeDelta::microseconds(1));
        app.do_what_is_due().await;
        assert_eq!(receiver.calls().len(), tries + 1, "a microsecond before {at}");
        app.wait(TimeDelta::microseconds(1));
        app.do_what_is_due().await;
        assert_eq!(receiver.calls().len(), tries + 2, "at {at}");
        waited = at;
    }
    app.wait(TimeDelta::hours(500));
    app.do_what_is_due().await;
    let told = receiver.told();
    assert_eq!(told.iter().map(|(_, retry, _)| *retry).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    assert!(told.iter().all(|(kind, _, key)| kind == "payment.purchase" && *key == told[0].2));
    let failed = merchant.get(format!("/v1/webhooks/{webhook}/deliveries?status=FAILED")).await.expect(200);
    assert_eq!((&failed[0]["tries"], &failed[0]["next_try_at"]), (&json!(7), &Value::Null));
}

#[tokio::test]
async fn only_200_counts_and_nothing_is_followed() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let elsewhere = Receiver::new().await;
    let url = elsewhere.url.clone();
    let receiver = Receiver::answering(move |_, before| match before {
        0 => Reply::Status(201),
        1 => Reply::Status(204),
        2 => Reply::Redirect(url.clone()),
        3 => Reply::Status(404),
        _ => Reply::Status(200),
    })
    .await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    for status in [201, 204, 302, 404] {
        app.deliver().await;
        let delivery = &merchant.deliveries(&webhook).await[0];
        assert_eq!((&delivery["status"], &delivery["answer_status"]), (&json!("PENDING"), &json!(status)));
        app.wait(TimeDelta::hours(24));
    }
    app.deliver().await;
    assert_eq!(merchant.deliveries(&webhook).await[0]["status"], "DELIVERED");
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_tried_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    // A port that was free a moment ago.
    let url = Receiver::new().await.url.clone();
    let webhook = merchant.make_webhook(&url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let delivery = &merchant.deliveries(&webhook).await[0];
    assert_eq!((&delivery["status"], &delivery["answer_status"]), (&json!("PENDING"), &Value::Null));
    assert!(delivery["problem"].as_str().unwrap().starts_with("cannot connect"), "{delivery}");
}

#[tokio::test]
async fn long_answers_are_cut() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, _| Reply::Body(500, "é".repeat(100_000))).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let kept = merchant.deliveries(&webhook).await[0]["answer_body"].as_str().unwrap().to_owned();
    assert_eq!(kept.len(), 2_048);
}

#[tokio::test]
async fn what_nobody_asked_for_goes_nowhere() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let mut body = merchant.webhook_body(&receiver.url);
    body["payment_triggers"] = json!(["REFUND"]);
    body["enrollment_triggers"] = json!([]);
    merchant.post("/v1/webhooks", body).await.expect(201);
    let payment = merchant.pay_direct(GOOD_CARD).await;
    merchant.refund(&payment).await;
    app.another_merchant().await.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let kinds: Vec<_> = receiver.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["payment.refund"]);
}
