//! `GET /v1/checkout/sessions/{checkout_session}`

use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn gives_the_session_under_both_names_of_its_id() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let created = merchant.post("/v1/checkout/sessions", merchant.session_body("BR", "BRL")).await.expect(200);
    let id = created["checkout_session"].as_str().unwrap();
    let session = merchant.get(format!("/v1/checkout/sessions/{id}")).await.expect(200);
    assert_eq!(
        (&session["id"], &session["checkout_session"]),
        (&created["checkout_session"], &created["checkout_session"])
    );
    assert_eq!(session["used"], false);
    for (key, value) in created.as_object().unwrap().iter().filter(|(key, _)| *key != "payment_methods") {
        assert_eq!(&session[key], value, "{key}");
    }
}

#[tokio::test]
async fn expires_five_hours_after_its_creation_by_the_clock() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{id}");
    app.wait(TimeDelta::hours(5) - TimeDelta::microseconds(1));
    assert_eq!(merchant.get(&path).await.expect(200)["status"], "ACTIVE");
    app.wait(TimeDelta::microseconds(1));
    assert_eq!(merchant.get(&path).await.expect(200)["status"], "EXPIRED");
}

#[tokio::test]
async fn a_malformed_id_is_answered_like_an_unknown_one() {
    let app = TestApp::new().await;
    for id in [Uuid::new_v4().to_string(), "x".into(), "%00".into()] {
        let messages =
            app.merchant().get(format!("/v1/checkout/sessions/{id}")).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
        assert_eq!(messages, ["Checkout session not found or inactive."]);
    }
}
