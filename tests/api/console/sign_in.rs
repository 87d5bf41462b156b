//! `/console/sign-in`: who gets in, for how long, and what a form must have.

use chrono::TimeDelta;
use yuno_sessions::config::Access;
use yuno_sessions::key_limit::Rate;

use super::browser::{cookie, field, post, sign_in, text};
use crate::support::TestApp;

#[tokio::test]
async fn who_has_both_keys_gets_a_cookie_that_no_script_and_no_other_site_can_use() {
    let app = TestApp::new().await;
    let (merchant, anybody) = (app.merchant(), app.anybody());
    let answer = sign_in(&anybody, &merchant, "/console/payments?search=x").await;
    assert_eq!(
        (answer.status.as_u16(), answer.headers["location"].to_str().unwrap()),
        (303, "/console/payments?search=x")
    );
    let set = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["; Path=/console", "; Max-Age=28800", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    assert!(!set.contains(merchant.keys.secret.as_deref().unwrap()), "{set}");
    for elsewhere in ["https://evil.example/console", "//evil.example", "/", "/console\r\nset-cookie: a=b"] {
        let answer = sign_in(&anybody, &merchant, elsewhere).await;
        assert_eq!(answer.headers["location"], "/console", "{elsewhere}");
    }
    let mut wrong = merchant.clone();
    wrong.keys.secret = Some("sandbox_wrong".to_owned());
    let mut none = merchant.clone();
    none.keys.public = Some("\0".to_owned());
    for keys in [wrong, none] {
        let answer = sign_in(&anybody, &keys, "").await;
        assert_eq!(answer.status, 401);
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn only_this_servers_own_page_signs_somebody_in() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let page = app.anybody().get("/console/sign-in").await;
    // With `no-referrer` a browser says that the form comes from `null`.
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    let from = |site: &str, origin: &str| {
        let client = app.anybody().with("origin", origin).with("host", "yuno:7070");
        if site.is_empty() { client } else { client.with("sec-fetch-site", site) }
    };
    for (site, origin, status) in [
        ("same-origin", "null", 303),
        ("", "https://sessions.example.com", 303),
        ("", "http://yuno:7070", 303),
        ("cross-site", "https://evil.example", 403),
        ("", "https://evil.example", 403),
        ("", "null", 403),
    ] {
        let answer = sign_in(&from(site, origin), &merchant, "").await;
        assert_eq!(answer.status, status, "{site} {origin}");
    }
}

#[tokio::test]
async fn a_cookie_that_was_made_by_somebody_else_or_has_ended_opens_nothing() {
    let app = TestApp::new().await;
    let (merchant, anybody) = (app.merchant(), app.anybody());
    let whole = cookie(&sign_in(&anybody, &merchant, "").await);
    let show = |cookie: String| {
        let client = anybody.with("cookie", cookie);
        async move { client.get("/console").await.status.as_u16() }
    };
    assert_eq!(show(whole.clone()).await, 200);
    let elsewhere = app.on_another_instance(&anybody.with("cookie", whole.clone())).get("/console").await;
    assert_eq!(elsewhere.status, 200, "every server with the same secret knows it");
    let value = whole.strip_prefix("yuno_console=").unwrap();
    let [expires, key, signature] = value.split('.').collect::<Vec<_>>()[..] else { panic!("{value}") };
    let later = expires.parse::<u64>().unwrap() + 1;
    let other = cookie(&sign_in(&anybody, &app.another_merchant().await, "").await);
    let other_key = other.split('.').nth(1).unwrap();
    for wrong in [
        format!("{later}.{key}.{signature}"),
        format!("{expires}.{other_key}.{signature}"),
        format!("{expires}.{key}.{}", signature.replace(|c: char| c.is_ascii_digit(), "0")),
        format!("{expires}.{key}."),
        format!("{expires}.{key}"),
        format!("{value}.more"),
        String::new(),
        "...".to_owned(),
        // A key with a zero byte, of which PostgreSQL can say nothing.
        format!("{expires}.AA.{signature}"),
        "\u{e9}.x.y".to_owned(),
    ] {
        assert_eq!(show(format!("yuno_console={wrong}")).await, 303, "{wrong}");
    }
    app.wait(TimeDelta::hours(8));
    assert_eq!(show(whole).await, 303);
}

#[tokio::test]
async fn a_form_needs_the_proof_of_who_sends_it() {
    let app = TestApp::new().await;
    let (merchant, other, anybody) = (app.merchant(), app.another_merchant().await, app.anybody());
    let operator = anybody.with("cookie", cookie(&sign_in(&anybody, &merchant, "").await));
    let stranger = anybody.with("cookie", cookie(&sign_in(&anybody, &other, "").await));
    let own = field(&operator.get("/console").await, "csrf_token");
    let theirs = field(&stranger.get("/console").await, "csrf_token");
    for wrong in [theirs.as_str(), "", "0"] {
        let answer = post(&operator, "/console/sign-out", &[("csrf_token", wrong)]).await;
        assert_eq!(answer.status, 403, "{wrong}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let answer = post(&operator, "/console/sign-out", &[("csrf_token", &own)]).await;
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("yuno_console=; "));
    // Without a cookie it is not even looked at.
    assert_eq!(
        post(&anybody, "/console/sign-out", &[("csrf_token", &own)]).await.headers["location"],
        "/console/sign-in?next=%2Fconsole"
    );
}

#[tokio::test]
async fn only_accounts_of_the_key_are_looked_at() {
    let app = TestApp::new().await;
    let (merchant, other, anybody) = (app.merchant(), app.another_merchant().await, app.anybody());
    let signed_in = cookie(&sign_in(&anybody, &merchant, "").await);
    let theirs = other.make_checkout_session("BR", "BRL").await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let operator = anybody.with("cookie", format!("{signed_in}; yuno_console_account={}", other.account));
    let page = operator.get("/console/sessions").await;
    let html = text(&page);
    assert!(html.contains(&session) && !html.contains(&theirs), "{html}");
    let fields = [("csrf_token", field(&page, "csrf_token")), ("account_id", other.account.clone())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = post(&operator, "/console/account", &fields).await;
    assert!(refused.status == 400 && text(&refused).contains("INVALID_ACCOUNT_ID"), "{}", text(&refused));
}

#[tokio::test]
async fn a_form_is_about_the_account_that_its_page_was_drawn_for() {
    let app = TestApp::new().await;
    let (merchant, anybody) = (app.merchant(), app.anybody());
    let second = app.another_account().await;
    let signed_in = cookie(&sign_in(&anybody, &merchant, "").await);
    let looking_at = |account: &str| anybody.with("cookie", format!("{signed_in}; yuno_console_account={account}"));
    let page = looking_at(&merchant.account).get("/console/checkouts").await;
    assert!(text(&page).contains(&format!("data-account=\"{}\"", merchant.account)), "the script must see which it is");
    let proof = field(&page, "csrf_token");
    let fields = [("csrf_token", proof.as_str()), ("name", "Mine")];
    // Another tab has chosen another account since.
    assert_eq!(post(&looking_at(&second), "/console/checkouts", &fields).await.status, 403);
    assert_eq!(post(&looking_at(&merchant.account), "/console/checkouts", &fields).await.status, 303);
}

/// What answers before a page is drawn, too: a fault, an unknown address, a form's address that is opened by hand.
#[tokio::test]
async fn who_looks_at_pages_reads_no_json() {
    let app = TestApp::new().await;
    let anybody = app.anybody();
    let large = "x".repeat(300 * 1024);
    for (answer, status, code) in [
        (anybody.get("/console/").await, 404, "NOT_FOUND"),
        (anybody.get("/console/webhook").await, 404, "NOT_FOUND"),
        (anybody.get("/console/payments/x/refund").await, 405, "UNSUPPORTED_METHOD"),
        (post(&anybody, "/checkout/x", &[]).await, 405, "UNSUPPORTED_METHOD"),
        (post(&anybody, "/console/sign-in", &[("public_api_key", &large)]).await, 413, "PAYLOAD_TOO_LARGE"),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("style-src 'self'"));
        assert!(text(&answer).contains(code), "{}", text(&answer));
    }
    let operator = anybody.with("cookie", cookie(&sign_in(&anybody, &app.merchant(), "").await));
    app.pool().close().await;
    let away = operator.get("/console/payments").await;
    assert_eq!(away.status, 503);
    assert_eq!(away.headers["retry-after"], "1");
    assert!(text(&away).starts_with("<!DOCTYPE html>"), "{}", text(&away));
}

#[tokio::test]
async fn signing_in_and_every_page_count_as_calls_with_the_key() {
    let access = Access { key_rate: Some(Rate { per_second: 1, burst: 4 }), ..Access::default() };
    let app = TestApp::with_access(access).await;
    let (merchant, anybody) = (app.merchant(), app.anybody());
    let operator = anybody.with("cookie", cookie(&sign_in(&anybody, &merchant, "").await));
    for _ in 0..3 {
        assert_eq!(operator.get("/console/accounts").await.status, 200);
    }
    assert_eq!(operator.get("/console/accounts").await.status, 429);
    assert_eq!(sign_in(&anybody, &merchant, "").await.status, 429);
    app.wait(TimeDelta::seconds(1));
    assert_eq!(operator.get("/console/accounts").await.status, 200);
}
