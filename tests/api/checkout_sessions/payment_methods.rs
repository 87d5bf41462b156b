//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods`

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn gives_a_bare_array_of_what_the_contract_shows() {
    let app = TestApp::new().await;
    let id = app.merchant().make_checkout_session("BR", "BRL").await;
    let methods = app.sdk().get(format!("/v1/checkout/sessions/{id}/payment-methods")).await.expect(200);
    let expected = json!({
        "name": "Card",
        "vaulted_token": null,
        "description": "Card",
        "type": "CARD",
        "category": "CARD",
        "icon": "https://sessions.example.com/icons/card.svg",
        "last_successfully_used": null,
        "last_successfully_used_at": null,
        "checkout": {"session": id, "sdk_required_action": true, "conditions": {"enabled": true, "rules": null}},
        "preferred": false,
    });
    assert_eq!(methods[0].to_string(), expected.to_string());
}

#[tokio::test]
async fn countries_and_currencies_decide() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (country, currency, expected) in [
        ("BR", "BRL", vec!["CARD", "BOLETO", "GOOGLE_PAY", "PIX"]),
        ("BR", "USD", vec!["CARD", "GOOGLE_PAY"]),
        ("MX", "MXN", vec!["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]),
        ("CO", "COP", vec!["CARD", "EFECTY", "GOOGLE_PAY", "NEQUI", "PSE"]),
        ("AR", "ARS", vec!["CARD", "GOOGLE_PAY", "PAGO_FACIL", "RAPIPAGO"]),
        ("CL", "CLP", vec!["CARD", "GOOGLE_PAY", "KHIPU", "SERVIPAG", "WEBPAY"]),
        ("PE", "PEN", vec!["CARD", "GOOGLE_PAY", "PAGO_EFECTIVO", "YAPE"]),
        ("US", "USD", vec!["CARD", "ACH", "GOOGLE_PAY", "KLARNA"]),
    ] {
        let id = merchant.make_checkout_session(country, currency).await;
        assert_eq!(merchant.offered(&id).await, expected, "{country} {currency}");
    }
}

#[tokio::test]
async fn a_category_filters() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{id}/payment-methods");
    let wallets = merchant.get(format!("{path}?category=WALLET")).await.expect(200);
    assert_eq!(wallets.as_array().unwrap().len(), 1);
    assert_eq!(wallets[0]["type"], "GOOGLE_PAY");
    assert_eq!(merchant.get(format!("{path}?category=BNPL")).await.expect(200), json!([]));
    merchant.get(format!("{path}?category=wallet")).await.refused_fields(&["category"]);
}

#[tokio::test]
async fn pausing_or_deleting_the_last_connection_removes_its_methods_at_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_checkout_session("MX", "MXN").await;
    let connections = merchant.get("/v1/connections").await.expect(200);
    let dlocal = connections.as_array().unwrap().iter().find(|one| one["provider_id"] == "DLOCAL").unwrap();
    let path = format!("/v1/connections/{}", dlocal["connection_id"].as_str().unwrap());
    merchant.patch(&path, json!({"status": "PAUSED"})).await.expect(200);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY"]);
    merchant.patch(&path, json!({"status": "ACTIVE"})).await.expect(200);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]);
    merchant.patch(&path, json!({"countries": ["BR"]})).await.expect(200);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY"]);
    merchant.patch(&path, json!({"countries": [], "payment_methods": ["OXXO"]})).await.expect(200);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY", "OXXO"]);
    merchant.delete(&path).await.expect(204);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY"]);
}

#[tokio::test]
async fn only_connections_of_the_sessions_account_count() {
    let app = TestApp::new().await;
    let other = app.another_merchant().await;
    let id = other.make_checkout_session("BR", "BRL").await;
    assert_eq!(other.offered(&id).await, ["CARD"]);
}

#[tokio::test]
async fn an_unknown_or_expired_session_offers_nothing() {
    let app = TestApp::new().await;
    let id = app.merchant().make_checkout_session("BR", "BRL").await;
    app.wait(TimeDelta::hours(5));
    for id in [id, Uuid::new_v4().to_string(), "x".into()] {
        let path = format!("/v1/checkout/sessions/{id}/payment-methods");
        app.sdk().get(&path).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
        app.merchant().get(format!("{path}/explain")).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    }
}
