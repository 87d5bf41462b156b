//! `PATCH /v1/checkout/sessions/{checkout_session}`

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn changes_only_what_is_sent_and_merges_the_amount() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.session_body("BR", "BRL");
    body["alternative_amount"] = json!({"currency": "USD", "value": 20});
    body["metadata"] = json!({"cart": "1"});
    let created = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let path = format!("/v1/checkout/sessions/{}", created["checkout_session"].as_str().unwrap());

    let change = json!({"amount": {"currency": "ARS"}, "alternative_amount": {"value": 30}, "callback_url": null});
    let changed = merchant.patch(&path, change).await.expect(200);
    assert_eq!(changed["amount"], json!({"currency": "ARS", "value": 100}));
    assert_eq!((&changed["country"], &changed["used"]), (&json!("BR"), &json!(false)));
    let kept: Value =
        sqlx::query_scalar("select alternative_amount from checkout_sessions").fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, json!({"currency": "USD", "value": 30}));

    let customer = merchant.make_customer().await;
    let plan = merchant.make_plan(json!({})).await;
    let change = json!({
        "merchant_order_id": "007", "payment_description": "Payment test", "country": "MX", "customer_id": customer,
        "amount": {"currency": "MXN", "value": "12.5"}, "account_id": merchant.account, "workflow": "CHECKOUT",
        "metadata": [{"key": "a", "value": "b"}], "return_url": "https://example.com/r",
        "callback_url": "https://example.com/c", "installments": {"plan_id": plan},
    });
    let mut expected = created.clone();
    for (key, value) in change.as_object().unwrap().iter().filter(|(key, _)| *key != "account_id") {
        expected[key] = value.clone();
    }
    expected["amount"]["value"] = json!(12.5);
    expected["installments"] = json!({"plan_id": plan, "plan": null});
    expected["used"] = json!(false);
    expected.as_object_mut().unwrap().remove("payment_methods");
    assert_eq!(merchant.patch(&path, change).await.expect(200), expected);
    let mut read = merchant.get(&path).await.expect(200);
    read.as_object_mut().unwrap().remove("id");
    assert_eq!(read, expected);
    merchant.patch(&path, json!({})).await.expect(200);
}

#[tokio::test]
async fn another_customer_does_not_inherit_what_is_known_of_the_first() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (first, second) = (merchant.make_customer().await, merchant.make_customer().await);
    let mut body = merchant.session_body("BR", "BRL");
    body["customer_payer"] = json!({"first_name": "Ana"});
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let path = format!("/v1/checkout/sessions/{}", session["checkout_session"].as_str().unwrap());
    let select = "select customer_payer from checkout_sessions";
    for (change, known) in [
        (json!({"customer_id": first}), json!({"first_name": "Ana"})),
        (json!({"merchant_order_id": "order-2"}), json!({"first_name": "Ana"})),
        (json!({"customer_id": second}), json!(null)),
        (json!({"customer_id": first, "customer_payer": {"first_name": "Eva"}}), json!({"first_name": "Eva"})),
    ] {
        merchant.patch(&path, change).await.expect(200);
        let payer: Option<Value> = sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap();
        assert_eq!(payer.unwrap_or_default(), known);
    }
}

#[tokio::test]
async fn a_part_of_an_alternative_amount_makes_none() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let path = format!("/v1/checkout/sessions/{}", merchant.make_checkout_session("BR", "BRL").await);
    let select = "select alternative_amount from checkout_sessions";
    for (change, kept) in [
        (json!({"currency": "USD"}), json!(null)),
        (json!({}), json!(null)),
        (json!({"currency": "USD", "value": 1}), json!({"currency": "USD", "value": 1})),
        (json!({"value": 2}), json!({"currency": "USD", "value": 2})),
    ] {
        merchant.patch(&path, json!({"alternative_amount": change})).await.expect(200);
        let amount: Option<Value> = sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap();
        assert_eq!(amount.unwrap_or_default(), kept);
    }
}

#[tokio::test]
async fn what_the_session_offers_follows_its_country_and_currency() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_checkout_session("BR", "BRL").await;
    assert!(merchant.offered(&id).await.contains(&"PIX".to_owned()));
    let change = json!({"country": "MX", "amount": {"currency": "MXN"}});
    merchant.patch(format!("/v1/checkout/sessions/{id}"), change).await.expect(200);
    assert_eq!(merchant.offered(&id).await, ["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]);
}

#[tokio::test]
async fn refuses_wrong_fields_and_changes_nothing() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let id = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{id}");
    let before = merchant.get(&path).await.expect(200);
    let change = json!({"merchant_order_id": "good-one", "country": "mx", "amount": {"value": "1.23456"}});
    merchant.patch(&path, change).await.refused_fields(&["country", "amount.value"]);
    let other = app.another_merchant().await;
    for account in [other.account, Uuid::new_v4().to_string()] {
        let change = json!({"account_id": account, "merchant_order_id": "good-one"});
        merchant.patch(&path, change).await.refused(400, "INVALID_ACCOUNT_ID");
    }
    let change = json!({"customer_id": Uuid::new_v4(), "merchant_order_id": "good-one"});
    merchant.patch(&path, change).await.refused(400, "CUSTOMER_NOT_FOUND");
    assert_eq!(merchant.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn a_used_or_expired_session_cannot_be_changed() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let used = merchant.make_checkout_session("BR", "BRL").await;
    app.pool().execute("update checkout_sessions set used = true").await.unwrap();
    let expired = merchant.make_checkout_session("BR", "BRL").await;
    let change = json!({"merchant_order_id": "order-2"});
    merchant.patch(format!("/v1/checkout/sessions/{expired}"), change.clone()).await.expect(200);
    let refused = merchant.patch(format!("/v1/checkout/sessions/{used}"), change.clone()).await;
    refused.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    app.wait(TimeDelta::hours(5));
    for id in [expired, Uuid::new_v4().to_string(), "x".into()] {
        let path = format!("/v1/checkout/sessions/{id}");
        merchant.patch(path, change.clone()).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    }
}
