//! The console's page about accounts and key pairs.

use axum::Extension;
use chrono::TimeDelta;
use yuno_sessions::api::caller::PeerAddress;
use yuno_sessions::demo;
use yuno_sessions::types::Networks;

use super::browser::{Browser, text};
use crate::support::{Answer, Keys, TestApp};

/// The pair in a downloaded file: public and secret.
fn downloaded(answer: &Answer) -> [String; 2] {
    let file = text(answer);
    assert_eq!((answer.status.as_u16(), file.lines().count()), (200, 2), "{file}");
    ["PUBLIC_API_KEY=", "PRIVATE_SECRET_KEY="]
        .map(|name| file.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned())
}

#[tokio::test]
async fn a_key_pair_is_downloaded_and_ends_at_once_when_it_is_revoked() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let made = browser.send("/console/accounts/keys", &[("expires", "90d"), ("networks", "")]).await;
    for (header, expected) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"yuno-sessions.env\""),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(made.headers[header], expected);
    }
    let [public, secret] = downloaded(&made);
    let client = app.client(Keys { public: Some(public.clone()), secret: Some(secret.clone()) });
    client.get("/v1/connections").await.expect(200);
    let page = browser.page("/console/accounts").await;
    assert!(page.contains(&public) && !page.contains(&secret));
    assert!(page.contains("2026-04-15 12:00:00"), "it expires");

    // Whoever revokes the pair that it is signed in with is told, and is signed out.
    let own = Browser::of(&app, &client).await;
    assert!(own.page("/console/accounts").await.contains("You are signed in with this key pair"));
    Browser::done(&own.send("/console/accounts/keys/revoke", &[("public_api_key", &public)]).await);
    client.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    assert_eq!(own.get("/console/accounts").await.status, 303);
    assert!(!browser.page("/console/accounts").await.contains(&public));
    assert_eq!(browser.send("/console/accounts/keys/revoke", &[("public_api_key", &public)]).await.status, 404);

    // Both at the same time of a clock that stands still.
    let log: Vec<(String, String)> =
        sqlx::query_as("select action, actor from audit_log where subject = $1 order by action")
            .bind(&public)
            .fetch_all(app.pool())
            .await
            .unwrap();
    let expected = [("KEY_CREATED", demo::PUBLIC_API_KEY), ("KEY_REVOKED", public.as_str())];
    assert_eq!(log, expected.map(|(action, actor)| (action.to_owned(), actor.to_owned())));
}

#[tokio::test]
async fn a_key_pair_has_an_end_and_networks_as_on_the_command_line() {
    let app = TestApp::new().await;
    let browser = Browser::of(&app, &app.merchant()).await;
    let path = "/console/accounts/keys";
    for (fields, field) in [
        ([("expires", "90"), ("expires_at", ""), ("networks", "")], "expires: "),
        ([("expires", ""), ("expires_at", "2026-01-15T12:00:00Z"), ("networks", "")], "expires_at: "),
        ([("expires", "1d"), ("expires_at", "2027-01-15T12:00:00Z"), ("networks", "")], "expires_at: "),
        ([("expires", ""), ("expires_at", "soon"), ("networks", "")], "expires_at: "),
        ([("expires", ""), ("expires_at", ""), ("networks", "192.0.2.1/8")], "networks: "),
    ] {
        let wrong = browser.send(path, &fields).await;
        assert_eq!(wrong.status, 400, "{fields:?}");
        assert!(text(&wrong).contains(&format!("<li>{field}")), "{fields:?}");
    }
    let made = browser.send(path, &[("networks", "192.0.2.0/24, 198.51.100.7")]).await;
    assert_eq!(made.status, 200);
    let page = browser.page("/console/accounts").await;
    assert!(page.contains("192.0.2.0/24, 198.51.100.7/32") && page.matches("<time").count() == 2, "{page}");
    let demo = browser.send("/console/accounts/keys/revoke", &[("public_api_key", demo::PUBLIC_API_KEY)]).await;
    assert_eq!(demo.status, 400, "the demo's keys come with the demo");
}

/// How a key pair is limited, by its public key.
async fn limits(app: &TestApp, public: &str) -> (Option<String>, Vec<String>) {
    sqlx::query_as("select to_char(expires_at, 'YYYY-MM-DD'), allowed_networks from api_keys where public_api_key = $1")
        .bind(public)
        .fetch_one(app.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pair_with_limits_makes_none_that_opens_more() {
    let app = TestApp::new().await;
    let (path, end) = ("/console/accounts/keys", app.clock.machine_time().plus(TimeDelta::days(10)));
    let limited = app
        .with_another_key(|key| {
            key.expires_at = Some(end);
            key.allowed_networks = Networks::parse(["192.0.2.0/24"]).unwrap();
        })
        .await;
    let here = app.anybody().on(app.router.clone().layer(Extension(PeerAddress("192.0.2.9".parse().unwrap()))));
    let browser = Browser::at(&here, &limited).await;
    for (fields, wrong) in [
        ([("expires", "11d"), ("expires_at", ""), ("networks", "")], "expires: must not be after the end"),
        ([("expires", ""), ("expires_at", "2026-01-25T12:00:01Z"), ("networks", "")], "expires_at: must not be after"),
        ([("expires", ""), ("expires_at", ""), ("networks", "192.0.2.0/23")], "networks: must be within the networks"),
        ([("expires", ""), ("expires_at", ""), ("networks", "192.0.2.1 0.0.0.0/0")], "networks: must be within"),
    ] {
        let refused = browser.send(path, &fields).await;
        assert_eq!(refused.status, 400, "{fields:?}");
        assert!(text(&refused).contains(&format!("<li>{wrong}")), "{fields:?}");
    }
    let [narrower, _] = downloaded(&browser.send(path, &[("expires", "10d"), ("networks", "192.0.2.7")]).await);
    assert_eq!(limits(&app, &narrower).await, (Some("2026-01-25".to_owned()), vec!["192.0.2.7/32".to_owned()]));
    let [same, _] = downloaded(&browser.send(path, &[]).await);
    assert_eq!(limits(&app, &same).await, (Some("2026-01-25".to_owned()), vec!["192.0.2.0/24".to_owned()]));

    // It locks nobody out, itself apart.
    let unlimited = app.with_another_key(|_| {}).await.keys.public.unwrap();
    let revoke = "/console/accounts/keys/revoke";
    for other in [&unlimited, &same] {
        assert_eq!(browser.send(revoke, &[("public_api_key", other)]).await.status, 400);
        limits(&app, other).await;
    }
    let page = browser.page("/console/accounts").await;
    assert_eq!(page.matches("Yes, revoke").count(), 1);
    Browser::done(&browser.send(revoke, &[("public_api_key", limited.keys.public.as_deref().unwrap())]).await);
}
