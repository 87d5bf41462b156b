//! `GET /v1/catalog/payment-methods`

use serde_json::{Value, json};

use crate::support::TestApp;

fn types(methods: &Value) -> Vec<&str> {
    methods.as_array().unwrap().iter().map(|method| method["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_every_type_and_filters_them() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let path = "/v1/catalog/payment-methods";
    let all = merchant.get(path).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 221);
    let pix = all.as_array().unwrap().iter().find(|method| method["type"] == "PIX").unwrap();
    assert_eq!((&pix["countries"], &pix["currencies"]), (&json!(["BR"]), &json!(["BRL"])));
    assert_eq!(
        (&pix["flow"], &pix["enrollable"], &pix["reach_is_stated"]),
        (&json!("QR"), &json!(false), &json!(true))
    );
    assert!(pix["providers"].as_array().unwrap().contains(&json!("DLOCAL")));

    let mexico = merchant.get(format!("{path}?country=MX&currency=MXN&provider_id=DLOCAL")).await.expect(200);
    assert!(types(&mexico).contains(&"OXXO") && !types(&mexico).contains(&"PIX"));
    let cards = merchant.get(format!("{path}?provider_id=YUNO_TEST_PAYMENT_GW")).await.expect(200);
    assert_eq!(types(&cards), ["CARD"]);
    assert!(cards[0]["countries"].is_null(), "everywhere");
    let wallets = merchant.get(format!("{path}?category=WALLET&country=CO")).await.expect(200);
    assert!(wallets.as_array().unwrap().iter().all(|method| method["category"] == "WALLET"));
    assert!(types(&wallets).contains(&"NEQUI"));
    assert_eq!(merchant.get(format!("{path}?provider_id=NOBODY")).await.expect(200), json!([]));
    let wrong = format!("{path}?country=br&currency=XXX&category=cards");
    merchant.get(wrong).await.refused_fields(&["country", "currency", "category"]);
}

#[tokio::test]
async fn says_so_where_nobody_states_the_reach() {
    let app = TestApp::new().await;
    let all = app.merchant().get("/v1/catalog/payment-methods").await.expect(200);
    let transfer = all.as_array().unwrap().iter().find(|method| method["type"] == "BANK_TRANSFER").unwrap();
    assert_eq!((&transfer["reach_is_stated"], &transfer["ground"]), (&json!(false), &Value::Null));
    assert!(transfer["countries"].is_null() && transfer["currencies"].is_null());
}
