//! `GET /v1/payments/{payment_id}`

use serde_json::Value;

use crate::support::{GOOD_CARD, TestApp};

#[tokio::test]
async fn gives_all_transactions_and_a_history_when_asked() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut made = merchant.pay_direct(GOOD_CARD).await;
    let path = format!("/v1/payments/{}", made["id"].as_str().unwrap());
    let found = merchant.get(&path).await.expect(200);
    assert_eq!(found["transactions"], Value::Array(vec![made["transactions"].clone()]));
    assert!(found.get("transactions_history").is_none());
    let with_history = merchant.get(format!("{path}?transactions_history=true&raw_response=false")).await.expect(200);
    assert_eq!(with_history["transactions_history"], found["transactions"]);
    // For the rest it is what was answered when it was made.
    made["transactions"] = found["transactions"].clone();
    assert_eq!(with_history, made);
    merchant.get(format!("{path}?transactions_history=1")).await.refused_fields(&["transactions_history"]);
    merchant.get("/v1/payments/x").await.refused(400, "PAYMENT_NOT_FOUND");
}
