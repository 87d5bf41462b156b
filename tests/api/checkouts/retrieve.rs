//! `GET /v1/checkouts/{checkout_code}`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn tells_every_type_of_the_account_in_the_order_in_which_they_are_shown() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let checkout = merchant.get(format!("/v1/checkouts/{default}")).await.expect(200);
    let keys: Vec<_> = checkout.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["id", "name", "description", "status", "is_default", "created_at", "updated_at", "config", "styling"];
    assert_eq!(keys, expected);
    let methods = checkout["config"]["payment_methods"].as_array().unwrap();
    let card = json!({
        "payment_method_type": "CARD",
        "name": "Card",
        "description": "Card",
        "icon": "https://sessions.example.com/icons/card.svg",
        "category": "CARD",
        "short_name": "Card",
        "hint": "",
        "order_to_show": 1,
        "is_active": true,
        "type": "PAYMENT_METHOD",
        "has_enrollment": true,
        "conditions_quantity": 0,
        "active_enrollment_type": "BOTH",
        "conditions_to_override": [],
        "required_fields_to_override": null,
    });
    assert_eq!(methods[0].to_string(), card.to_string());
    assert_eq!(methods.len(), 19, "those of all four connections");
    let places: Vec<_> = methods.iter().map(|method| method["order_to_show"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=19).collect::<Vec<_>>());
    let pix = methods.iter().find(|method| method["payment_method_type"] == "PIX").unwrap();
    assert_eq!(pix["active_enrollment_type"], "NONE");
    assert_eq!(checkout["config"]["general_settings"], json!({"country_documents": []}));
    assert_eq!(checkout["config"]["feature_flags"], json!({"custom_required_fields": true, "custom_logo_icon": true}));
    let parts: Vec<_> = checkout["styling"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(parts, ["styles", "settings", "external_fonts", "payment_link_styles"]);
}

#[tokio::test]
async fn types_of_paused_connections_are_there_and_new_ones_come_last() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let types = |checkout: &Value| -> Vec<String> {
        let methods = checkout["config"]["payment_methods"].as_array().unwrap();
        methods.iter().map(|method| method["payment_method_type"].as_str().unwrap().to_owned()).collect()
    };
    for connection in merchant.get("/v1/connections").await.expect(200).as_array().unwrap() {
        let path = format!("/v1/connections/{}", connection["connection_id"].as_str().unwrap());
        merchant.patch(path, json!({"status": "PAUSED"})).await.expect(200);
    }
    let methods = json!([
        {"payment_method_type": "PIX", "order_to_show": 4},
        {"payment_method_type": "YAPE", "order_to_show": 2},
    ]);
    let checkout = merchant.publish_methods(&default, methods).await;
    assert_eq!(types(&checkout)[..4], ["YAPE", "PIX", "CARD", "ACH"]);
    let places: Vec<_> = checkout["config"]["payment_methods"].as_array().unwrap()[..4]
        .iter()
        .map(|method| method["order_to_show"].as_u64().unwrap())
        .collect();
    assert_eq!(places, [2, 4, 5, 6]);
}

#[tokio::test]
async fn refuses_what_is_no_checkout_of_the_account() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    for wrong in ["x", "6822f80c684e41a3862878963d3d60f7", "%7B%7D"] {
        merchant.get(format!("/v1/checkouts/{wrong}")).await.refused_fields(&["checkout_code"]);
    }
    let other = app.another_merchant().await;
    let theirs = other.default_checkout().await;
    for unknown in [Uuid::new_v4().to_string(), theirs] {
        let messages = merchant.get(format!("/v1/checkouts/{unknown}")).await.refused(404, "CHECKOUT_NOT_FOUND");
        assert_eq!(messages, [format!("No checkout found for checkout_code: {unknown}.")]);
    }
    app.anybody().get(format!("/v1/checkouts/{}", Uuid::new_v4())).await.refused(401, "NOT_AUTHENTICATED");
}
