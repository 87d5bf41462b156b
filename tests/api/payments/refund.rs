//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/refund`

use serde_json::{Value, json};

use super::{on, on_transaction, state};
use crate::support::{GOOD_CARD, TestApp};

fn refund(value: Option<&str>) -> Value {
    let mut body = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
    if let Some(value) = value {
        body["amount"] = json!({"currency": "BRL", "value": value});
    }
    body
}

#[tokio::test]
async fn gives_back_parts_until_nothing_is_left() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let path = on(&payment, "refund");
    let refunded = merchant.post(&path, refund(Some("30.25"))).await.expect(200);
    assert_eq!(state(&refunded), ("SUCCEEDED", "PARTIALLY_REFUNDED"));
    assert_eq!(
        (&refunded["transactions"]["type"], refunded["transactions"]["amount"].to_string()),
        (&json!("REFUND"), "30.25".into())
    );
    assert_eq!(refunded["amount"]["captured"], 0, "nothing was captured: it was taken at once");
    let messages = merchant.post(&path, refund(Some("69.7501"))).await.refused(400, "INVALID_AMOUNT");
    assert_eq!(messages, ["Invalid amount. 69.75 are left."]);
    let refunded = merchant.post(&path, refund(None)).await.expect(200);
    assert_eq!(state(&refunded), ("REFUNDED", "REFUNDED"));
    assert_eq!(
        (refunded["amount"]["refunded"].to_string(), refunded["transactions"]["amount"].to_string()),
        ("100".into(), "69.75".into())
    );
    merchant.post(&path, refund(Some("1"))).await.refused(400, "INVALID_STATUS");
}

#[tokio::test]
async fn an_amount_may_lack_either_half() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let body = |amount: Value| json!({"merchant_reference": "ref-1", "amount": amount});
    let path = on(&payment, "refund");
    let refunded = merchant.post(&path, body(json!({"value": 25}))).await.expect(200);
    assert_eq!(refunded["amount"]["refunded"], 25);
    merchant.post(&path, body(json!({"currency": "USD"}))).await.refused_fields(&["amount.currency"]);
    let refunded = merchant.post(&path, body(json!({"currency": "BRL"}))).await.expect(200);
    assert_eq!(refunded["amount"]["refunded"], 100);
}

#[tokio::test]
async fn a_payment_has_a_most_of_transactions() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let path = on(&payment, "refund");
    for _ in 1..100 {
        merchant.post(&path, refund(Some("0.0001"))).await.expect(200);
    }
    let messages = merchant.post(&path, refund(Some("0.0001"))).await.refused(400, "INVALID_STATUS");
    assert_eq!(messages, ["Invalid transaction status. The payment has 100 transactions."]);
}

#[tokio::test]
async fn gives_back_of_each_capture_what_it_took() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    let mut captures = Vec::new();
    for value in [30, 50] {
        let body = json!({
            "merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED", "amount": {"currency": "BRL", "value": value},
        });
        captures.push(merchant.post(on(&payment, "capture"), body).await.expect(200));
    }
    merchant.post(on(&payment, "refund"), refund(None)).await.refused(400, "INVALID_TRANSACTION_TYPE");
    let first = on_transaction(&payment, &captures[0], "refund");
    merchant.post(&first, refund(Some("31"))).await.refused(400, "INVALID_AMOUNT");
    let refunded = merchant.post(&first, refund(None)).await.expect(200);
    assert_eq!((refunded["amount"]["refunded"].to_string(), state(&refunded).1), ("30".into(), "PARTIALLY_REFUNDED"));
    merchant.post(&first, refund(Some("1"))).await.refused(400, "INVALID_AMOUNT");
    let refunded = merchant.post(on_transaction(&payment, &captures[1], "refund"), refund(None)).await.expect(200);
    assert_eq!(state(&refunded), ("REFUNDED", "REFUNDED"), "all that was taken, though less than was held");
}

#[tokio::test]
async fn ends_a_payment_that_was_captured_in_part() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let method = json!({"token": token, "detail": {"card": {"capture": false}}});
    let body = merchant.payment_body(&session, "BR", "BRL", method);
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let capture = json!({
        "merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED", "amount": {"currency": "BRL", "value": 60},
    });
    let captured = merchant.post(on(&payment, "capture"), capture.clone()).await.expect(200);
    let status = async || {
        let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status().await, "ACTIVE", "more can be captured");
    merchant.post(on_transaction(&payment, &captured, "refund"), refund(Some("25"))).await.expect(200);
    assert_eq!(status().await, "COMPLETED");
    merchant.post(on(&payment, "capture"), capture).await.refused(400, "INVALID_STATUS");
}

#[tokio::test]
async fn takes_ids_in_either_case() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let upper = |value: &Value| value.as_str().unwrap().to_uppercase();
    let path =
        format!("/v1/payments/{}/transactions/{}/refund", upper(&payment["id"]), upper(&payment["transactions"]["id"]));
    merchant.post(path, refund(None)).await.expect(200);
}

#[tokio::test]
async fn refuses_when_there_is_nothing_to_give_back() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for number in ["4507990000000010", "4000000000003220"] {
        let payment = merchant.pay_direct(number).await;
        let main = payment["transactions_history"].as_array().unwrap().iter().find(|one| one["type"] == "PURCHASE");
        let path = on_transaction(&payment, main.unwrap(), "refund");
        merchant.post(path, refund(None)).await.refused(400, "INVALID_STATUS");
    }
}
