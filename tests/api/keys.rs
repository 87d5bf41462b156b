//! Key pairs come and go, expire, are narrowed to networks, and have limits.

use axum::Extension;
use chrono::TimeDelta;
use yuno_sessions::api::caller::PeerAddress;
use yuno_sessions::config::Access;
use yuno_sessions::db::audit_log::CLI;
use yuno_sessions::key_limit::Rate;
use yuno_sessions::keys;
use yuno_sessions::types::Networks;

use crate::support::{Client, TestApp};

/// The client, calling from an address.
fn calling_from(app: &TestApp, client: &Client, address: &str) -> Client {
    client.on(app.router.clone().layer(Extension(PeerAddress(address.parse().unwrap()))))
}

fn networks(texts: &[&str]) -> Networks {
    Networks::parse(texts.iter().copied()).unwrap()
}

/// What an SDK client may call, on a session of the organization.
async fn sdk_call(app: &TestApp) -> String {
    format!("/v1/checkout/sessions/{}/payment-methods", app.merchant().make_checkout_session("BR", "BRL").await)
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_every_instance_within_a_second() {
    let app = TestApp::new().await;
    let here = app.with_another_key(|_| {}).await;
    let there = app.on_another_instance(&here);
    here.get("/v1/connections").await.expect(200);
    there.get("/v1/connections").await.expect(200);

    let mut transaction = app.pool().begin().await.unwrap();
    let public = here.keys.public.clone().unwrap();
    assert!(keys::revoke(&mut transaction, CLI, &public, app.clock.machine_time()).await.unwrap());
    assert!(!keys::revoke(&mut transaction, CLI, &public, app.clock.machine_time()).await.unwrap(), "it is gone");
    transaction.commit().await.unwrap();
    app.wait(TimeDelta::seconds(1));
    for client in [&here, &there, &here.without_secret()] {
        client.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    }
    // The other key pair goes on.
    app.merchant().get("/v1/connections").await.expect(200);
}

#[tokio::test]
async fn a_key_that_was_asked_for_before_it_was_made_is_known_within_a_second() {
    let app = TestApp::new().await;
    let pair = keys::KeyPair::random().unwrap();
    let mut client = app.merchant();
    client.keys.public = Some(pair.public.clone());
    client.keys.secret = Some(pair.secret.expose().to_owned());
    let there = app.on_another_instance(&client);
    for client in [&client, &there] {
        client.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    }
    app.with_another_key(|key| {
        key.public_api_key = Box::leak(pair.public.clone().into_boxed_str());
        key.secret_sha256 = keys::sha256(pair.secret.expose());
    })
    .await;
    app.wait(TimeDelta::seconds(1));
    for client in [&client, &there] {
        client.get("/v1/connections").await.expect(200);
    }
}

#[tokio::test]
async fn an_expired_key_says_so_to_those_who_know_its_secret() {
    let app = TestApp::new().await;
    let expires_at = app.clock.machine_time().plus(TimeDelta::days(90));
    let merchant = app.with_another_key(|key| key.expires_at = Some(expires_at)).await;
    let path = sdk_call(&app).await;
    app.wait(TimeDelta::days(90) - TimeDelta::microseconds(1));
    merchant.get("/v1/connections").await.expect(200);
    app.wait(TimeDelta::microseconds(1));
    let told = merchant.get("/v1/connections").await.refused(401, "EXPIRED_CREDENTIALS");
    assert_eq!(told, ["Expired Credentials."]);
    merchant.post("/v1/customers", serde_json::json!({})).await.refused(401, "EXPIRED_CREDENTIALS");
    // Where the public key is all that is asked for, whoever knows it is told.
    merchant.without_secret().get(&path).await.refused(401, "EXPIRED_CREDENTIALS");
    let mut wrong = merchant.clone();
    wrong.keys.secret = Some("wrong".into());
    wrong.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    wrong.get(&path).await.refused(401, "INVALID_CREDENTIALS");
    merchant.without_secret().get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    app.merchant().get("/v1/connections").await.expect(200);
}

#[tokio::test]
async fn a_key_with_networks_is_taken_from_nowhere_else() {
    let app = TestApp::new().await;
    let allowed = ["192.0.2.0/24", "2001:db8::/32"];
    let merchant = app.with_another_key(|key| key.allowed_networks = networks(&allowed)).await;
    let path = sdk_call(&app).await;
    for (address, fits) in [
        ("192.0.2.9", true),
        ("::ffff:192.0.2.9", true),
        ("2001:db8::9", true),
        ("192.0.3.9", false),
        ("2001:db9::9", false),
    ] {
        let merchant = calling_from(&app, &merchant, address);
        for (client, path) in [(&merchant, "/v1/connections"), (&merchant.without_secret(), path.as_str())] {
            match fits {
                true => drop(client.get(path).await.expect(200)),
                false => {
                    let told = client.get(path).await.refused(401, "UNKNOWN_IP_ADDRESS");
                    assert_eq!(told, ["Unregistered IP address."]);
                }
            }
        }
        let mut wrong = merchant.clone();
        wrong.keys.secret = Some("wrong".into());
        wrong.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
        calling_from(&app, &app.merchant(), address).get("/v1/connections").await.expect(200);
    }
    // Where it comes from is not known.
    merchant.get("/v1/connections").await.refused(401, "UNKNOWN_IP_ADDRESS");
}

#[tokio::test]
async fn only_trusted_proxies_are_believed() {
    let access = Access { trusted_proxies: networks(&["10.0.0.0/8"]), ..Access::default() };
    let app = TestApp::with_access(access).await;
    let merchant = app.with_another_key(|key| key.allowed_networks = networks(&["192.0.2.0/24"])).await;
    let through_proxy = calling_from(&app, &merchant, "10.0.0.1");
    let through_nobody = calling_from(&app, &merchant, "198.51.100.1");
    for (client, told, fits) in [
        (&through_proxy, "192.0.2.9", true),
        (&through_proxy, "203.0.113.5, 192.0.2.9, 10.0.0.2", true),
        (&through_proxy, "192.0.2.9, 203.0.113.5", false),
        (&through_proxy, "192.0.2.9, unknown", false),
        (&through_nobody, "192.0.2.9", false),
        (&through_nobody, "192.0.2.9, 10.0.0.1", false),
    ] {
        let answer = client.with("x-forwarded-for", told).get("/v1/connections").await;
        assert_eq!(answer.status, if fits { 200 } else { 401 }, "{told}");
    }
    through_proxy.get("/v1/connections").await.refused(401, "UNKNOWN_IP_ADDRESS");
}

#[tokio::test]
async fn a_key_over_its_limit_is_told_when_to_come_back() {
    let access = Access { key_rate: Some(Rate { per_second: 2, burst: 4 }), ..Access::default() };
    let app = TestApp::with_access(access).await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let path = sdk_call(&app).await;
    for _ in 0..3 {
        merchant.get("/v1/connections").await.expect(200);
    }
    let refused = merchant.get("/v1/connections").await;
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.json()["type"], "rate_limit_error");
    refused.refused(429, "TOO_MANY_REQUESTS");
    merchant.get("/v1/events").await.refused(429, "TOO_MANY_REQUESTS");
    // Wrong keys neither count nor are told of the limit.
    let mut wrong = merchant.clone();
    wrong.keys.secret = Some("wrong".into());
    wrong.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    other.get("/v1/connections").await.expect(200);
    // What anybody can send who knows the public key takes nothing from the backend, nor the other way.
    for _ in 0..4 {
        app.sdk().get(&path).await.expect(200);
    }
    app.sdk().get(&path).await.refused(429, "TOO_MANY_REQUESTS");
    app.wait(TimeDelta::milliseconds(499));
    merchant.get("/v1/connections").await.refused(429, "TOO_MANY_REQUESTS");
    app.wait(TimeDelta::milliseconds(1));
    merchant.get("/v1/connections").await.expect(200);
    merchant.get("/v1/connections").await.refused(429, "TOO_MANY_REQUESTS");
}
