//! `PATCH /v1/webhooks/{webhook_id}`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{GOOD_CARD, Receiver, Reply, TestApp};

#[tokio::test]
async fn changes_what_is_sent_and_nothing_else() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let mut body = merchant.webhook_body(&receiver.url);
    body["api_key"] = json!("key");
    body["secret"] = json!("old");
    let before = merchant.post("/v1/webhooks", body).await.expect(201);
    let id = before["id"].as_str().unwrap();
    app.wait(TimeDelta::seconds(1));
    let change = json!({"secret": "***", "api_key": "", "payment_triggers": ["PURCHASE"]});
    let after = merchant.change_webhook(id, change).await;
    let mut expected = before.clone();
    expected["payment_triggers"] = json!(["PURCHASE"]);
    expected["api_key"] = Value::Null;
    expected["updated_at"] = json!("2026-01-15T12:00:01.000000Z");
    assert_eq!(after, expected);
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let call = &receiver.calls()[0];
    assert_eq!((call.header("x-secret"), call.header("x-api-key")), ("***", ""), "what is sent is kept literally");
}

#[tokio::test]
async fn the_rules_hold_for_what_it_becomes() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_webhook("https://example.com/one").await;
    let path = format!("/v1/webhooks/{id}");
    let with = |mut change: Value| {
        change["account_id"] = json!(merchant.account);
        change
    };
    let missing = merchant.patch(&path, json!({"state": "INACTIVE"})).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(missing, ["account_id: is required"]);
    for (change, code) in [
        (json!({"state": "PAUSED"}), "WEBHOOK_INVALID_REQUEST"),
        (json!({"renewal_days": 5, "clear_renewal_days": true}), "WEBHOOK_INVALID_REQUEST"),
        (json!({"renewal_days": 5}), "WEBHOOK_INVALID_RENEWAL_DAYS"),
        (json!({"payment_triggers": ["X"]}), "WEBHOOK_INVALID_TRIGGER"),
        (json!({"oauth2_client_id": "id"}), "WEBHOOK_INVALID_OAUTH2"),
        (json!({"oauth2_scope": "s"}), "WEBHOOK_INVALID_OAUTH2"),
    ] {
        merchant.patch(&path, with(change)).await.refused(400, code);
    }
    let renewals = json!({"renewal_days": 5, "subscription_triggers": ["CLOSE_TO_RENEWAL"]});
    assert_eq!(merchant.change_webhook(&id, renewals).await["renewal_days"], 5);
    merchant
        .patch(&path, with(json!({"subscription_triggers": []})))
        .await
        .refused(400, "WEBHOOK_INVALID_RENEWAL_DAYS");
    assert_eq!(merchant.change_webhook(&id, json!({"clear_renewal_days": true})).await["renewal_days"], Value::Null);

    let oauth2 = json!({
        "oauth2_authentication_url": "https://example.com/token", "oauth2_client_id": "id",
        "oauth2_client_secret": "s", "oauth2_grant_type": "client_credentials", "oauth2_scope": "webhooks:write",
    });
    let changed = merchant.change_webhook(&id, oauth2).await;
    assert_eq!((&changed["oauth2_client_secret"], &changed["oauth2_scope"]), (&json!("***"), &json!("webhooks:write")));
    merchant.patch(&path, with(json!({"oauth2_client_secret": "t"}))).await.refused(400, "WEBHOOK_INVALID_OAUTH2");
    let nothing = json!({
        "oauth2_authentication_url": "", "oauth2_client_id": "", "oauth2_client_secret": "", "oauth2_grant_type": "",
    });
    let changed = merchant.change_webhook(&id, nothing).await;
    assert_eq!((&changed["oauth2_authentication_url"], &changed["oauth2_scope"]), (&Value::Null, &Value::Null));

    let other = merchant.post("/v1/webhooks", merchant.webhook_body("https://example.com/two")).await.expect(201);
    let name = other["name"].clone();
    for taken in [json!({"name": name}), json!({"url": "https://example.com/two"})] {
        merchant.patch(&path, with(taken)).await.refused(409, "WEBHOOK_ALREADY_EXISTS");
    }
    merchant.patch("/v1/webhooks/123456789012345", with(json!({}))).await.refused(404, "WEBHOOK_NOT_FOUND");
}

/// What was not delivered waits; what happens meanwhile is never sent.
#[tokio::test]
async fn an_inactive_webhook_gets_nothing_until_it_is_active_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
    let id = merchant.make_webhook(&receiver.url).await;
    let paid = merchant.authorize().await;
    let cancel = format!(
        "/v1/payments/{}/transactions/{}/cancel",
        paid["id"].as_str().unwrap(),
        paid["transactions"]["id"].as_str().unwrap()
    );
    merchant.post(cancel, json!({"merchant_reference": "ref-1"})).await.expect(200);
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1, "the cancellation waits for the authorization");
    merchant.change_webhook(&id, json!({"state": "INACTIVE"})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.wait(TimeDelta::hours(1));
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1);
    merchant.change_webhook(&id, json!({"state": "ACTIVE"})).await;
    app.wait(TimeDelta::minutes(1));
    app.deliver().await;
    let told: Vec<_> = receiver.told().into_iter().map(|(kind, retry, _)| (kind, retry)).collect();
    let told: Vec<_> = told.iter().map(|(kind, retry)| (kind.as_str(), *retry)).collect();
    assert_eq!(told, [("payment.authorize", 0), ("payment.authorize", 1), ("payment.cancel", 0)]);
}

/// What is committed before a change goes by what the webhook was then, whether or not anybody had dispatched it.
#[tokio::test]
async fn a_change_is_for_what_happens_after_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    merchant.pay_direct(GOOD_CARD).await;
    let id = merchant.make_webhook(&receiver.url).await;
    app.deliver().await;
    assert!(receiver.calls().is_empty(), "it did not exist then");
    merchant.pay_direct(GOOD_CARD).await;
    merchant.change_webhook(&id, json!({"state": "INACTIVE"})).await;
    app.deliver().await;
    assert!(receiver.calls().is_empty());
    merchant.change_webhook(&id, json!({"state": "ACTIVE"})).await;
    app.wait(TimeDelta::minutes(1));
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 1, "it waited");
}
