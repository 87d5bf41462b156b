//! `POST /v1/payments/{payment_id}/cancel-or-refund`, and the same of a transaction

use serde_json::{Value, json};

use super::{on, state};
use crate::support::{GOOD_CARD, TestApp};

fn body(value: Option<u32>) -> Value {
    let mut body = json!({"reason": "DUPLICATE"});
    if let Some(value) = value {
        body["amount"] = json!({"currency": "BRL", "value": value});
    }
    body
}

#[tokio::test]
async fn cancels_what_was_held_and_gives_back_what_was_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for by_transaction in [false, true] {
        let path = |payment: &Value| match by_transaction {
            true => on(payment, "cancel-or-refund"),
            false => format!("/v1/payments/{}/cancel-or-refund", payment["id"].as_str().unwrap()),
        };
        let held = merchant.authorize().await;
        merchant.post(path(&held), body(Some(40))).await.refused(400, "INVALID_AMOUNT");
        let moved = merchant.post(path(&held), body(None)).await.expect(201);
        assert_eq!((&moved["type"], &moved["status"]), (&json!("CANCEL"), &json!("SUCCEEDED")));
        assert_eq!(state(&moved["payment"]), ("CANCELED", "CANCELED"));
        assert_eq!(moved["merchant_reference"], "order-1", "that of the order, when none is sent");

        let paid = merchant.pay_direct(GOOD_CARD).await;
        let moved = merchant.post(path(&paid), body(Some(40))).await.expect(201);
        assert_eq!((&moved["type"], &moved["status"]), (&json!("REFUND"), &json!("SUCCEEDED")));
        assert_eq!(state(&moved["payment"]), ("SUCCEEDED", "PARTIALLY_REFUNDED"));
        let moved = merchant.post(path(&paid), body(None)).await.expect(201);
        assert_eq!(moved["status"], "SUCCEEDED", "it gave back the rest, and not everything");
        assert_eq!(
            (state(&moved["payment"]), &moved["payment"]["amount"]["refunded"]),
            (("REFUNDED", "REFUNDED"), &json!(100))
        );
        merchant.post(path(&paid), body(None)).await.refused(400, "INVALID_STATUS");
        let paid = merchant.pay_direct(GOOD_CARD).await;
        let moved = merchant.post(path(&paid), body(None)).await.expect(201);
        assert_eq!((&moved["status"], &moved["payment"]["status"]), (&json!("REFUNDED"), &json!("REFUNDED")));
    }
}

#[tokio::test]
async fn gives_back_over_several_captures_at_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    for value in [30, 50] {
        let capture = json!({
            "merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED", "amount": {"currency": "BRL", "value": value},
        });
        merchant.post(on(&payment, "capture"), capture).await.expect(200);
    }
    let path = format!("/v1/payments/{}/cancel-or-refund", payment["id"].as_str().unwrap());
    let moved = merchant.post(&path, body(Some(60))).await.expect(201);
    assert_eq!(moved["payment"]["amount"]["refunded"], 60);
    merchant.post(&path, body(Some(21))).await.refused(400, "INVALID_AMOUNT");
    let moved = merchant.post(on(&payment, "cancel-or-refund"), body(None)).await.expect(201);
    assert_eq!(state(&moved["payment"]), ("REFUNDED", "REFUNDED"));
}

#[tokio::test]
async fn needs_a_reason_for_a_payment_and_none_for_a_transaction() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    let path = format!("/v1/payments/{}/cancel-or-refund", payment["id"].as_str().unwrap());
    let messages = merchant.post(path, json!({})).await.refused(400, "MISSING_PARAMETERS");
    assert_eq!(messages, ["reason: is required"]);
    merchant.post(on(&payment, "cancel-or-refund"), json!({})).await.expect(201);
}
