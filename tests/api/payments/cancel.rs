//! `POST /v1/payments/{payment_id}/transactions/{transaction_id}/cancel`

use serde_json::{Value, json};

use super::{on, state};
use crate::support::{GOOD_CARD, TestApp};

fn cancel() -> Value {
    json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"})
}

#[tokio::test]
async fn lets_held_money_go() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    let canceled = merchant.post(on(&payment, "cancel"), cancel()).await.expect(200);
    assert_eq!(canceled["type"], "CANCEL");
    assert_eq!(state(&canceled["payment"]), ("CANCELED", "CANCELED"));
    merchant.post(on(&payment, "cancel"), cancel()).await.refused(400, "INVALID_STATUS");
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    merchant.post(on(&payment, "capture"), capture).await.refused(400, "INVALID_STATUS");
}

#[tokio::test]
async fn gives_up_a_payment_that_the_customer_has_not_made() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    merchant.post(on(&payment, "cancel"), cancel()).await.expect(200);
    let payment = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(state(&payment), ("CANCELED", "CANCELED"));
    let statuses: Vec<_> = payment["transactions"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["CANCELED", "SUCCEEDED"]);
    assert_eq!(payment["transactions"][0]["response_code"], "CANCELED");
    let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!(found["status"], "COMPLETED");
    let page = payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
    app.decide(page, "decision=approve").await;
    let payment = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(payment["status"], "CANCELED", "the customer comes too late");
}

#[tokio::test]
async fn refuses_while_the_cardholder_authenticates_and_once_money_was_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for number in ["4000000000003220", GOOD_CARD, "4507990000000010"] {
        let payment = merchant.pay_direct(number).await;
        let main = payment["transactions_history"].as_array().unwrap().iter().find(|one| one["type"] == "PURCHASE");
        let path = super::on_transaction(&payment, main.unwrap(), "cancel");
        merchant.post(path, cancel()).await.refused(400, "INVALID_STATUS");
    }
}
