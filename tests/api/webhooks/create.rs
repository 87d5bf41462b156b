//! `POST /v1/webhooks`

use serde_json::{Value, json};

use crate::support::TestApp;

const URL: &str = "https://example.com/hook";

#[tokio::test]
async fn answers_with_everything_and_no_secret() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({
        "account_id": merchant.account, "name": "Production payments", "url": URL, "api_key": "key", "secret": "s",
        "hmac_client_secret": "hmac", "enrollment_triggers": ["ENROLL", "UNENROLL"],
        "payment_triggers": ["AUTHORIZE", "CAPTURE", "REFUND", "CAPTURE"],
        "subscription_triggers": ["CREATE", "CLOSE_TO_RENEWAL"], "renewal_days": 5,
    });
    let webhook = merchant.post("/v1/webhooks", body).await.expect(201);
    let id = webhook["id"].as_str().unwrap();
    assert!(id.bytes().all(|digit| digit.is_ascii_digit()), "{id}");
    let expected = json!({
        "id": id,
        "account_id": merchant.account,
        "name": "Production payments",
        "state": "ACTIVE",
        "url": URL,
        "api_key": "***",
        "secret": "***",
        "hmac_client_secret": "***",
        "oauth2_authentication_url": null,
        "oauth2_client_secret": null,
        "oauth2_client_id": null,
        "oauth2_grant_type": null,
        "oauth2_scope": null,
        "oauth2_authorization_name": null,
        "oauth2_include_client_id": false,
        "enrollment_triggers": ["ENROLL", "UNENROLL"],
        "payment_triggers": ["AUTHORIZE", "CAPTURE", "REFUND"],
        "report_triggers": [],
        "subscription_triggers": ["CREATE", "CLOSE_TO_RENEWAL"],
        "onboarding_triggers": null,
        "renewal_days": 5,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "checkout_session_triggers": [],
    });
    assert_eq!(webhook.to_string(), expected.to_string(), "with its keys in the published order");
}

#[tokio::test]
async fn every_rule_has_its_code() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let with = |changes: Value| {
        let mut body = merchant.webhook_body(URL);
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    let missing = merchant.post("/v1/webhooks", json!({})).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(missing, ["account_id: is required", "name: is required", "url: is required"]);
    let oauth2 = json!({
        "oauth2_authentication_url": "https://example.com/token", "oauth2_client_id": "id",
        "oauth2_client_secret": "s", "oauth2_grant_type": "client_credentials",
    });
    let oauth2_with = |field: &str, value: Value| {
        let mut settings = oauth2.clone();
        settings[field] = value;
        settings
    };
    let cases = [
        (with(json!({"payment_triggers": [], "enrollment_triggers": []})), "WEBHOOK_INVALID_REQUEST"),
        (with(json!({"url": "ftp://example.com"})), "WEBHOOK_INVALID_REQUEST"),
        (with(json!({"name": ""})), "WEBHOOK_INVALID_REQUEST"),
        (with(json!({"secret": "a\nb"})), "WEBHOOK_INVALID_REQUEST"),
        (with(json!({"payment_triggers": ["ENROLL"]})), "WEBHOOK_INVALID_TRIGGER"),
        (with(json!({"enrollment_triggers": ["PURCHASE"], "report_triggers": "UPDATE"})), "WEBHOOK_INVALID_TRIGGER"),
        (with(json!({"payment_triggers": ["ENROLL"], "name": 7})), "WEBHOOK_INVALID_REQUEST"),
        (with(json!({"oauth2_client_id": "id"})), "WEBHOOK_INVALID_OAUTH2"),
        (with(json!({"oauth2_include_client_id": true})), "WEBHOOK_INVALID_OAUTH2"),
        (with(oauth2_with("oauth2_grant_type", json!("password"))), "WEBHOOK_INVALID_OAUTH2"),
        (with(oauth2_with("oauth2_authentication_url", json!("nowhere"))), "WEBHOOK_INVALID_OAUTH2"),
        (with(oauth2_with("oauth2_authorization_name", json!("Content-Length"))), "WEBHOOK_INVALID_OAUTH2"),
        (with(json!({"renewal_days": 5})), "WEBHOOK_INVALID_RENEWAL_DAYS"),
        (
            with(json!({"renewal_days": 0, "subscription_triggers": ["CLOSE_TO_RENEWAL"]})),
            "WEBHOOK_INVALID_RENEWAL_DAYS",
        ),
        (with(json!({"account_id": "00000000-0000-4000-8000-000000000009"})), "INVALID_ACCOUNT_ID"),
        (with(json!({"account_id": "abc"})), "INVALID_ACCOUNT_ID"),
        (with(json!({"account_id": "abc", "name": 7})), "WEBHOOK_INVALID_REQUEST"),
    ];
    for (body, code) in cases {
        merchant.post("/v1/webhooks", body.clone()).await.refused(400, code);
    }
    let all = with(json!({"name": 1, "url": "x", "payment_triggers": ["A", "PURCHASE", "B"]}));
    let messages = merchant.post("/v1/webhooks", all).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    let places: Vec<_> = messages.iter().map(|message| message.split(':').next().unwrap()).collect();
    assert_eq!(places, ["name", "url", "payment_triggers[0]", "payment_triggers[2]"]);
    merchant.post("/v1/webhooks", with(oauth2.clone())).await.expect(201);
    app.anybody().post("/v1/webhooks", with(json!({}))).await.refused(401, "NOT_AUTHENTICATED");
    app.sdk().post("/v1/webhooks", with(json!({}))).await.refused(401, "NOT_AUTHENTICATED");
    let mut wrong = app.merchant();
    wrong.keys.secret = Some("wrong".to_owned());
    wrong.post("/v1/webhooks", with(json!({}))).await.refused(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_url_once_for_a_trigger() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = |name: &str, url: &str, triggers: Value| {
        json!({
            "account_id": merchant.account, "name": name, "url": url, "payment_triggers": triggers,
        })
    };
    merchant.post("/v1/webhooks", body("one", URL, json!(["PURCHASE", "REFUND"]))).await.expect(201);
    let other = "https://example.com/other";
    for taken in [
        body("one", other, json!(["PURCHASE"])),
        body("two", URL, json!(["REFUND", "CAPTURE"])),
        body("two", "https://EXAMPLE.com:443/hook", json!(["REFUND"])),
    ] {
        merchant.post("/v1/webhooks", taken).await.refused(409, "WEBHOOK_ALREADY_EXISTS");
    }
    merchant.post("/v1/webhooks", body("two", URL, json!(["CAPTURE"]))).await.expect(201);
    merchant.post("/v1/webhooks", body("three", other, json!(["PURCHASE"]))).await.expect(201);
    // A trigger of another list has the same name and is another; within each list one is one.
    let lists = [
        ("subscription_triggers", "CANCEL"),
        ("enrollment_triggers", "ENROLL"),
        ("report_triggers", "UPDATE"),
        ("onboarding_triggers", "CREATED"),
        ("checkout_session_triggers", "EXPIRED"),
    ];
    for (list, trigger) in lists {
        let mut first = json!({"account_id": merchant.account, "name": list, "url": URL});
        first[list] = json!([trigger]);
        let made = merchant.post("/v1/webhooks", first.clone()).await.expect(201);
        assert_eq!(made[list], json!([trigger]));
        // One that gets nothing counts too.
        merchant.change_webhook(made["id"].as_str().unwrap(), json!({"state": "INACTIVE"})).await;
        first["name"] = json!(format!("{list} again"));
        merchant.post("/v1/webhooks", first).await.refused(409, "WEBHOOK_ALREADY_EXISTS");
    }
    let stranger = app.another_merchant().await;
    let mut theirs = body("one", URL, json!(["PURCHASE"]));
    theirs["account_id"] = json!(stranger.account);
    stranger.post("/v1/webhooks", theirs).await.expect(201);
}

#[tokio::test]
async fn an_account_has_fifty_at_most() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for n in 0..50 {
        merchant.make_webhook(&format!("https://example.com/{n}")).await;
    }
    merchant.post("/v1/webhooks", merchant.webhook_body(URL)).await.refused(400, "WEBHOOK_INVALID_REQUEST");
}
