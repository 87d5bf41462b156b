//! Several servers on one database: what one changes shows on the others within a second.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn types(client: &Client, session: &str) -> Vec<String> {
    let methods = client.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    methods.as_array().unwrap().iter().map(|method| method["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_connections_change_shows_at_once_here_and_within_a_second_elsewhere() {
    let app = TestApp::new().await;
    let here = app.another_merchant().await;
    let there = app.on_another_instance(&here);
    let session = here.make_checkout_session("BR", "BRL").await;
    assert_eq!(types(&here, &session).await, ["CARD"]);
    assert_eq!(types(&there, &session).await, ["CARD"]);
    // The clock of both stands still until it is moved.
    let everywhere = async |expected: &[&str]| {
        assert_eq!(types(&here, &session).await, expected, "here");
        assert_ne!(types(&there, &session).await, expected, "it is remembered there");
        app.wait(TimeDelta::seconds(1));
        assert_eq!(types(&there, &session).await, expected, "there");
        // As young as there.
        assert_eq!(types(&here, &session).await, expected, "here");
    };

    let mut body = here.connection_body();
    body["provider_id"] = json!("DLOCAL");
    body["payment_methods"] = json!(["PIX", "OXXO"]);
    let pix = here.post("/v1/connections", body).await.expect(201);
    everywhere(&["CARD", "PIX"]).await;

    let path = format!("/v1/connections/{}", pix["connection_id"].as_str().unwrap());
    here.patch(&path, json!({"status": "PAUSED"})).await.expect(200);
    everywhere(&["CARD"]).await;

    here.patch(&path, json!({"status": "ACTIVE"})).await.expect(200);
    everywhere(&["CARD", "PIX"]).await;

    here.patch(&path, json!({"countries": ["MX"]})).await.expect(200);
    everywhere(&["CARD"]).await;

    here.patch(&path, json!({"countries": []})).await.expect(200);
    everywhere(&["CARD", "PIX"]).await;

    here.delete(&path).await.expect(204);
    everywhere(&["CARD"]).await;
}

#[tokio::test]
async fn what_is_remembered_is_what_the_other_calls_see_too() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let connections = merchant.get("/v1/connections").await.expect(200);
    for connection in connections.as_array().unwrap() {
        let path = format!("/v1/connections/{}", connection["connection_id"].as_str().unwrap());
        merchant.patch(path, json!({"status": "PAUSED"})).await.expect(200);
    }
    let made = merchant.post("/v1/checkout/sessions", merchant.session_body("BR", "BRL")).await.expect(200);
    assert_eq!(made["payment_methods"], json!([]));
    assert_eq!(types(&merchant, &session).await, Vec::<String>::new());
    let token = json!({"payment_method": {"type": "PIX"}});
    let path = format!("/v1/checkout/sessions/{session}/token");
    merchant.post(path, token).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let enrolling = merchant.make_customer_session("BR").await;
    let path = format!("/v1/checkout/customers/sessions/{enrolling}/payment-methods");
    assert_eq!(merchant.get(path).await.expect(200)["payment_methods"], json!([]));
    let path = format!("/v1/checkout/sessions/{session}/payment-methods/explain");
    let explained = merchant.get(path).await.expect(200);
    let offered = |method: &Value| method["offered"] == json!(true);
    assert!(!explained["payment_methods"].as_array().unwrap().iter().any(offered));
    let payment = merchant.post("/v1/payments", merchant.direct_body(crate::support::GOOD_CARD)).await.expect(201);
    assert_eq!(payment["status"], "ERROR");
}
