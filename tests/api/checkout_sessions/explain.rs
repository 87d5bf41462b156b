//! `GET /v1/checkout/sessions/{checkout_session}/payment-methods/explain`

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn explain(client: &Client, session: &str) -> Value {
    client.get(format!("/v1/checkout/sessions/{session}/payment-methods/explain")).await.expect(200)
}

fn codes(explanation: &Value) -> Vec<(&str, &str)> {
    let methods = explanation["payment_methods"].as_array().unwrap();
    methods.iter().map(|method| (method["type"].as_str().unwrap(), method["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn tells_the_rule_that_decided_each_method() {
    let app = TestApp::new().await;
    let merchant = app.another_merchant().await;
    let connect = |name: &str, methods: Value, more: Value| {
        let mut body = json!({
            "account_id": merchant.account, "merchant_connection_id": name, "provider_id": "DLOCAL",
            "flow_type": "PAYIN", "payment_methods": methods, "params": [],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let merchant = merchant.clone();
        async move { merchant.post("/v1/connections", body).await.expect(201) }
    };
    connect("pix", json!(["PIX"]), json!({})).await;
    connect("oxxo", json!(["OXXO"]), json!({})).await;
    connect("country", json!(["SMART_PIX"]), json!({"countries": ["MX"]})).await;
    connect("currency", json!(["NUPAY"]), json!({"currencies": ["MXN"]})).await;
    let paused = connect("paused", json!(["BOLETO"]), json!({})).await;
    let path = format!("/v1/connections/{}", paused["connection_id"].as_str().unwrap());
    merchant.patch(path, json!({"status": "PAUSED"})).await.expect(200);

    let id = merchant.make_checkout_session("BR", "BRL").await;
    let explanation = explain(&merchant, &id).await;
    assert_eq!((&explanation["country"], &explanation["currency"]), (&json!("BR"), &json!("BRL")));
    assert_eq!(
        codes(&explanation),
        [
            ("CARD", "OFFERED"),
            ("BOLETO", "CONNECTION_PAUSED"),
            ("NUPAY", "CONNECTION_CURRENCY"),
            ("OXXO", "COUNTRY"),
            ("PIX", "OFFERED"),
            ("SMART_PIX", "CONNECTION_COUNTRY"),
        ]
    );
    let id = merchant.make_checkout_session("BR", "USD").await;
    assert!(codes(&explain(&merchant, &id).await).contains(&("PIX", "CURRENCY")));
    for method in explanation["payment_methods"].as_array().unwrap() {
        assert!(method["reason"].as_str().unwrap().ends_with('.'));
        assert_eq!(method["connections"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_list_is_exactly_what_is_explained_as_offered() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (country, currency) in
        [("BR", "BRL"), ("MX", "MXN"), ("CO", "USD"), ("US", "USD"), ("NL", "EUR"), ("JP", "JPY")]
    {
        let id = merchant.make_checkout_session(country, currency).await;
        let explanation = explain(&merchant, &id).await;
        let offered: Vec<_> = explanation["payment_methods"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|method| method["offered"] == true)
            .map(|method| method["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(merchant.offered(&id).await, offered, "{country} {currency}");
    }
}
