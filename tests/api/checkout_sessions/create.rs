//! `POST /v1/checkout/sessions`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn answers_200_with_the_keys_of_the_reference_and_ours() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.post("/v1/checkout/sessions", merchant.session_body("BR", "BRL")).await.expect(200);
    let id = session["checkout_session"].clone();
    assert_eq!(id.as_str().unwrap().len(), 36);
    let types = |types: &[(&str, &str, &str)]| -> Value {
        types.iter().map(|(t, category, name)| json!({"type": t, "category": category, "name": name})).collect()
    };
    let expected = json!({
        "merchant_order_id": "order-1",
        "checkout_session": id,
        "country": "BR",
        "payment_description": "Running shoes",
        "customer_id": null,
        "callback_url": null,
        "amount": {"currency": "BRL", "value": 100},
        "created_at": "2026-01-15T12:00:00.000000Z",
        "metadata": null,
        "workflow": "SDK_CHECKOUT",
        "installments": {"plan_id": null, "plan": null},
        "checkout_id": null,
        "return_url": null,
        "status": "ACTIVE",
        "expires_at": "2026-01-15T17:00:00.000000Z",
        "payment_methods": types(&[
            ("CARD", "CARD", "Card"),
            ("BOLETO", "TICKET", "Boleto Bancário"),
            ("GOOGLE_PAY", "WALLET", "Google Pay"),
            ("PIX", "BANK_TRANSFER", "Pix"),
        ]),
    });
    assert_eq!(session.to_string(), expected.to_string(), "the order of the keys counts");
}

#[tokio::test]
async fn takes_every_field_of_the_contract() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let mut body = merchant.whole_session_body(&customer);
    body["something_of_tomorrow"] = json!({"a": [1]});
    let checkout = merchant.make_checkout("Promo").await;
    body["checkout_id"] = json!(checkout);
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    assert_eq!(session["customer_id"], json!(customer));
    assert_eq!(session["callback_url"], "https://www.example.com");
    assert_eq!(session["return_url"], "myshop://done");
    assert_eq!(session["amount"].to_string(), r#"{"currency":"COP","value":8000.5}"#);
    assert_eq!(session["metadata"], json!([{"key": "ID", "value": "123456"}]));
    assert_eq!(session["workflow"], "SDK_SEAMLESS");
    assert_eq!(session["installments"].to_string(), r#"{"plan_id":null,"plan":[{"installment":3,"rate":1.2}]}"#);
    assert_eq!(session["checkout_id"], json!(checkout));
    for hidden in ["alternative_amount", "recurring_payment", "additional_data", "customer_payer", "payment_method"] {
        assert!(session.get(hidden).is_none(), "{hidden} is kept, not answered");
    }
    let kept: (Value, Value, Value, Value, Value) = sqlx::query_as(
        "select alternative_amount, recurring_payment, additional_data, customer_payer, payment_method
         from checkout_sessions",
    )
    .fetch_one(app.pool())
    .await
    .unwrap();
    assert_eq!(kept.0, json!({"currency": "USD", "value": 2}));
    assert_eq!(kept.1["regular_billing"]["interval_unit"], "month");
    assert_eq!(kept.2["order"]["items"][0]["name"], "Shoes");
    assert_eq!(kept.3["gender"], "MALE");
    assert_eq!(kept.4["detail"]["card"]["capture"], false);
}

#[tokio::test]
async fn card_numbers_in_a_session_are_not_kept() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.session_body("BR", "BRL");
    body["payment_method"] =
        json!({"type": "CARD", "detail": {"card": {"number": "4507990000000002", "capture": true}}});
    merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let rows: String = sqlx::query_scalar("select string_agg(t::text, ' ') from checkout_sessions t")
        .fetch_one(app.pool())
        .await
        .unwrap();
    assert!(!rows.contains("4507990000000002"), "{rows}");
}

#[tokio::test]
async fn amounts_are_exact() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (sent, answered) in [
        ("0.1", "0.1"),
        ("100.50", "100.5"),
        ("\"12.3456\"", "12.3456"),
        ("0", "0"),
        ("999999999999999.9999", "999999999999999.9999"),
        ("123456789012345.6789", "123456789012345.6789"),
        ("1e3", "1000"),
    ] {
        let mut body = merchant.session_body("BR", "BRL");
        body["amount"]["value"] = serde_json::from_str(sent).unwrap();
        let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
        assert_eq!(session["amount"]["value"].to_string(), answered);
        let path = format!("/v1/checkout/sessions/{}", session["checkout_session"].as_str().unwrap());
        assert_eq!(merchant.get(path).await.expect(200)["amount"]["value"].to_string(), answered);
    }
}

#[tokio::test]
async fn any_country_and_currency_make_a_session_if_not_many_methods() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (country, currency, offered) in [
        ("BR", "USD", vec!["CARD", "GOOGLE_PAY"]),
        ("AQ", "XCG", vec!["CARD", "GOOGLE_PAY"]),
        ("MX", "MXN", vec!["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]),
    ] {
        let session = merchant.make_checkout_session(country, currency).await;
        assert_eq!(merchant.offered(&session).await, offered, "{country} {currency}");
    }
}

#[tokio::test]
async fn names_every_wrong_field_in_the_order_of_the_contract() {
    let app = TestApp::new().await;
    let body = json!({
        "customer_id": "me", "merchant_order_id": "no", "callback_url": "javascript:alert(1)", "country": "UK",
        "amount": {"currency": "brl", "value": -1}, "alternative_amount": {"value": true},
        "metadata": "none", "workflow": "SDK", "installments": {"plan": [{"installment": 0, "rate": "x"}]},
        "recurring_payment": {"regular_billing": {"label": "L", "amount": 1, "interval_unit": "week", "interval_count": 1}},
        "checkout_id": 7, "additional_data": [], "payment_method": "CARD",
    });
    app.merchant().post("/v1/checkout/sessions", body).await.refused_fields(&[
        "customer_id",
        "merchant_order_id",
        "payment_description",
        "callback_url",
        "country",
        "account_id",
        "amount.currency",
        "amount.value",
        "alternative_amount.currency",
        "alternative_amount.value",
        "metadata",
        "workflow",
        "installments.plan[0].installment",
        "installments.plan[0].rate",
        "recurring_payment.regular_billing.interval_unit",
        "checkout_id",
        "additional_data",
        "payment_method",
    ]);
    let missing = app.merchant().post("/v1/checkout/sessions", json!({"country": null})).await;
    assert_eq!(
        missing.refused(400, "MISSING_PARAMETERS"),
        ["merchant_order_id", "payment_description", "country", "account_id", "amount"]
            .map(|field| format!("{field}: is required"))
    );
}

#[tokio::test]
async fn an_unknown_or_deleted_customer_is_refused_and_nothing_is_kept() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let deleted = merchant.make_customer().await;
    merchant.delete(format!("/v1/customers/{deleted}")).await.expect(202);
    for customer in [Uuid::new_v4().to_string(), deleted] {
        let mut body = merchant.session_body("BR", "BRL");
        body["customer_id"] = json!(customer);
        merchant.post("/v1/checkout/sessions", body).await.refused(400, "CUSTOMER_NOT_FOUND");
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from checkout_sessions").fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 0);
}
