//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/capture`

use serde_json::{Value, json};

use super::{on, state};
use crate::support::{GOOD_CARD, TestApp};

fn capture(value: Value) -> Value {
    let mut body = json!({
        "merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED", "amount": {"currency": "BRL"},
    });
    body["amount"]["value"] = value;
    body
}

#[tokio::test]
async fn takes_parts_until_nothing_is_left() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    assert_eq!((state(&payment), &payment["transactions"]["type"]), (("PENDING", "AUTHORIZED"), &json!("AUTHORIZE")));
    let path = on(&payment, "capture");
    let captured = merchant.post(&path, capture(json!("60.5"))).await.expect(200);
    assert_eq!((&captured["type"], &captured["merchant_reference"]), (&json!("CAPTURE"), &json!("ref-1")));
    assert_eq!(state(&captured["payment"]), ("SUCCEEDED", "PARTIALLY_CAPTURED"));
    assert_eq!(captured["payment"]["amount"]["captured"].to_string(), "60.5");
    let messages = merchant.post(&path, capture(json!(39.5001))).await.refused(400, "INVALID_AMOUNT");
    assert_eq!(messages, ["Invalid amount. 39.5 are left."]);
    let rest = json!({"merchant_reference": "ref-2", "reason": "REQUESTED_BY_CUSTOMER"});
    let captured = merchant.post(&path, rest.clone()).await.expect(200);
    assert_eq!(captured["amount"]["value"].to_string(), "39.5");
    assert_eq!(state(&captured["payment"]), ("SUCCEEDED", "CAPTURED"));
    merchant.post(&path, rest).await.refused(400, "INVALID_STATUS");
}

#[tokio::test]
async fn refuses_what_was_not_held_and_what_does_not_fit() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let paid = merchant.pay_direct(GOOD_CARD).await;
    merchant.post(on(&paid, "capture"), capture(json!(1))).await.refused(400, "INVALID_TRANSACTION_TYPE");
    let held = merchant.authorize().await;
    merchant.post(on(&held, "capture"), capture(json!(0))).await.refused(400, "INVALID_AMOUNT");
    let mut dollars = capture(json!(1));
    dollars["amount"]["currency"] = json!("USD");
    merchant.post(on(&held, "capture"), dollars).await.refused_fields(&["amount.currency"]);
    let messages = merchant.post(on(&held, "capture"), json!({})).await.refused(400, "MISSING_PARAMETERS");
    assert_eq!(messages, ["merchant_reference: is required", "reason: is required"]);
    let declined = merchant.pay_direct("4507990000000010").await;
    let path = on(&declined, "capture");
    merchant.post(path, capture(json!(1))).await.refused(400, "INVALID_TRANSACTION_TYPE");
    let of_another = format!(
        "/v1/payments/{}/transactions/{}/capture",
        held["id"].as_str().unwrap(),
        paid["transactions"]["id"].as_str().unwrap()
    );
    merchant.post(of_another, capture(json!(1))).await.refused(400, "TRANSACTION_NOT_FOUND");
    merchant.post("/v1/payments/x/transactions/y/capture", capture(json!(1))).await.refused(400, "PAYMENT_NOT_FOUND");
}

#[tokio::test]
async fn completes_the_session_when_all_is_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let method = json!({"token": token, "detail": {"card": {"capture": false}}});
    let body = merchant.payment_body(&session, "BR", "BRL", method);
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    for (value, status) in [(40, "ACTIVE"), (60, "COMPLETED")] {
        merchant.post(on(&payment, "capture"), capture(json!(value))).await.expect(200);
        let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
        assert_eq!(found["status"], status);
    }
}
