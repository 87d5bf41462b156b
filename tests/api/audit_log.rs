//! Every change of keys and connections is told, with who made it, in the transaction that made it.

use serde_json::{Value, json};
use sqlx::Executor as _;
use yuno_sessions::db::audit_log::{self, Entry};
use yuno_sessions::types::OrganizationId;

use crate::support::TestApp;

const DEMO: &str = "00000000-0000-4000-8000-000000000000";

async fn entries(app: &TestApp) -> Vec<Entry> {
    let organization = OrganizationId::parse(DEMO).unwrap();
    audit_log::list(&mut app.pool().acquire().await.unwrap(), organization, None, 100).await.unwrap()
}

#[tokio::test]
async fn tells_what_became_of_connections_and_by_which_key() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.connection_body();
    body["provider_id"] = json!("DLOCAL");
    body["payment_methods"] = json!(["PIX"]);
    body["params"] = json!([{"param_id": "X_LOGIN", "value": "hunter2"}]);
    let keyed = merchant.with("x-idempotency-key", "once");
    let made = keyed.post("/v1/connections", body.clone()).await.expect(201);
    // Told once, as it is done once.
    keyed.post("/v1/connections", body.clone()).await.expect(201);
    merchant.post("/v1/connections", body).await.refused(409, "CONNECTION_MERCHANT_ID_CONFLICT");
    let path = format!("/v1/connections/{}", made["connection_id"].as_str().unwrap());
    merchant.patch(&path, json!({"countries": ["BR"]})).await.expect(200);
    merchant.patch(&path, json!({"status": "PAUSED"})).await.expect(200);
    merchant.patch(&path, json!({"status": "PAUSED"})).await.expect(200);
    merchant.patch(&path, json!({"status": "ACTIVE", "countries": []})).await.expect(200);
    merchant.patch(&path, json!({"payment_methods": ["ACH"]})).await.refused(400, "UNSUPPORTED_PAYMENT_METHOD");
    merchant.delete(&path).await.expect(204);
    merchant.delete(&path).await.refused(404, "CONNECTION_NOT_FOUND");

    let told: Vec<_> =
        entries(&app).await.into_iter().filter(|entry| made["connection_id"] == entry.subject.as_str()).collect();
    let actions: Vec<_> = told.iter().map(|entry| entry.action.as_str()).collect();
    let mut expected = [
        "CONNECTION_CREATED",
        "CONNECTION_UPDATED",
        "CONNECTION_PAUSED",
        "CONNECTION_UPDATED",
        "CONNECTION_RESUMED",
        "CONNECTION_DELETED",
    ];
    // The clock stands still, so that their order is not told.
    let mut sorted = actions.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(told.iter().all(|entry| entry.actor == "sandbox_demo_public_key"));
    let paused = told.iter().find(|entry| entry.action == "CONNECTION_PAUSED").unwrap();
    assert_eq!(paused.details["status"], "PAUSED");
    assert_eq!(paused.details["countries"], json!(["BR"]));
    let printed = serde_json::to_string(&told).unwrap();
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn tells_of_keys_and_never_their_secrets() {
    let app = TestApp::new().await;
    let expires_at = app.clock.machine_time().plus(chrono::TimeDelta::days(1));
    let made = app.with_another_key(|key| key.expires_at = Some(expires_at)).await;
    let told = entries(&app).await;
    let of = |subject: &str| told.iter().find(|entry| entry.subject == subject).unwrap();
    let entry = of(made.keys.public.as_deref().unwrap());
    assert_eq!((entry.actor.as_str(), entry.action.as_str()), ("cli", "KEY_CREATED"));
    assert_eq!(entry.details, json!({"expires_at": "2026-01-16T12:00:00.000000Z", "allowed_networks": []}));
    assert_eq!(of("sandbox_demo_public_key").actor, "demo");
    let printed = serde_json::to_string(&told).unwrap();
    assert!(!printed.contains(made.keys.secret.as_deref().unwrap()));
}

#[tokio::test]
async fn what_cannot_be_told_is_not_done() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let connections = async || merchant.get("/v1/connections").await.expect(200);
    let before = connections().await;
    app.pool()
        .execute("alter table audit_log add constraint full_up check (created_at is null) not valid")
        .await
        .unwrap();
    let path = format!("/v1/connections/{}", before[0]["connection_id"].as_str().unwrap());
    let body = merchant.connection_body();
    for (method, path, body) in [
        ("POST", "/v1/connections", Some(body)),
        ("PATCH", path.as_str(), Some(json!({"status": "PAUSED"}))),
        ("DELETE", path.as_str(), None),
    ] {
        let (status, answer) = crate::security_headers::unchecked(&merchant, method, path, body).await;
        assert_eq!(status, 500, "{method} {path}");
        assert_eq!(answer["code"], "INTERNAL_ERROR");
    }
    assert_eq!(connections().await, before);
}

#[tokio::test]
async fn the_newest_are_listed_oldest_first() {
    let app = TestApp::new().await;
    let organization = OrganizationId::parse(DEMO).unwrap();
    let mut times = Vec::new();
    for _ in 0..3 {
        app.wait(chrono::TimeDelta::seconds(1));
        times.push(app.clock.machine_time());
        app.with_another_key(|_| {}).await;
    }
    let mut connection = app.pool().acquire().await.unwrap();
    let newest = audit_log::list(&mut connection, organization, None, 2).await.unwrap();
    assert_eq!(newest.iter().map(|entry| entry.created_at).collect::<Vec<_>>(), times[1..]);
    let since = audit_log::list(&mut connection, organization, Some(times[2]), 100).await.unwrap();
    assert_eq!(since.len(), 1);
    let nobodys = audit_log::list(&mut connection, OrganizationId::fixed(9), None, 100).await.unwrap();
    assert!(nobodys.is_empty());
    let printed: Value = serde_json::to_value(&since[0]).unwrap();
    let fields: Vec<_> = printed.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["created_at", "actor", "action", "subject", "details"]);
}
