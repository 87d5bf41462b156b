//! `/v1/testing/payments/{payment_id}/dispute`: what a cardholder's bank does, at every published code of it.

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, TestApp};

fn path(payment: &Value) -> String {
    format!("/v1/testing/payments/{}/dispute", payment["id"].as_str().unwrap())
}

fn state(payment: &Value) -> (&str, &str) {
    (payment["status"].as_str().unwrap(), payment["sub_status"].as_str().unwrap())
}

fn brl(value: f64) -> Value {
    json!({"currency": "BRL", "value": value})
}

/// Gives some of a payment back.
async fn refund(merchant: &Client, payment: &Value, amount: i64) -> crate::support::Answer {
    let id = payment["id"].as_str().unwrap();
    let whole = merchant.get(format!("/v1/payments/{id}")).await.expect(200);
    let paid = whole["transactions"].as_array().unwrap().iter().find(|row| row["type"] == "PURCHASE").unwrap();
    let path = format!("/v1/payments/{id}/transactions/{}/refund", paid["id"].as_str().unwrap());
    let amount = json!({"currency": "BRL", "value": amount});
    merchant.post(path, json!({"merchant_reference": "refund-1", "amount": amount})).await
}

/// The pairs of a status and a code that disputes have.
fn pairs() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("../../../catalog/dispute_response_codes.csv").lines().skip(1);
    rows.map(|row| row.split_once(',').map(|(status, rest)| (status, rest.split(',').next().unwrap())).unwrap())
        .collect()
}

#[tokio::test]
async fn every_response_code_of_a_dispute_can_be_forced_and_moves_the_payment() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let pairs = pairs();
    assert_eq!(pairs.len(), 9);
    for (status, code) in pairs {
        let payment = merchant.pay_direct(GOOD_CARD).await;
        let moved = merchant.post(path(&payment), json!({"response_code": code})).await.expect(200);
        let transaction = &moved["transactions"];
        assert_eq!(
            (&transaction["type"], &transaction["status"], &transaction["response_code"]),
            (&json!("CHARGEBACK"), &json!(status), &json!(code))
        );
        let expected = match status {
            "CREATED" => ("IN_DISPUTE", "RECEIVED"),
            "PENDING" => ("IN_DISPUTE", "PENDING_REVIEW"),
            "WON" => ("SUCCEEDED", "APPROVED"),
            _ => ("CHARGEBACK", "LOST"),
        };
        assert_eq!(state(&moved), expected, "{code}");
        let gone = if expected.0 == "CHARGEBACK" { 100.0 } else { 0.0 };
        assert_eq!(moved["amount"]["refunded"], gone, "{code}");
        let again = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(state(&again), expected);
        assert_eq!(again["transactions"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn one_that_is_open_goes_on_keeps_the_money_where_it_is_and_is_told() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::new().await;
    let mut webhook = merchant.webhook_body(&receiver.url);
    webhook["payment_triggers"] = json!(["CHARGEBACK"]);
    merchant.post("/v1/webhooks", webhook).await.expect(201);
    let payment = merchant.pay_direct(GOOD_CARD).await;

    let opened = merchant.post(path(&payment), json!({})).await.expect(200);
    assert_eq!(opened["transactions"]["response_message"].as_str().unwrap().split(' ').next(), Some("Chargeback"));
    refund(&merchant, &payment, 10).await.refused(400, "CHARGEBACK_IN_PROCESS");
    let wrong = merchant.post(path(&payment), json!({"amount": brl(10.0)})).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(wrong, ["amount: goes with a dispute that is opened"]);
    let moved = merchant.post(path(&payment), json!({"response_code": "IN_REVIEW"})).await.expect(200);
    assert_eq!(moved["transactions"]["id"], opened["transactions"]["id"], "the same dispute");
    let won = merchant.post(path(&payment), json!({"response_code": "REVIEW_WON"})).await.expect(200);
    assert_eq!(state(&won), ("SUCCEEDED", "APPROVED"));
    assert_eq!(refund(&merchant, &payment, 100).await.expect(200)["status"], "REFUNDED");
    merchant.post(path(&payment), json!({})).await.refused(400, "INVALID_STATUS");

    merchant.advance(json!({"seconds": 0})).await;
    let told = receiver.calls();
    let told: Vec<_> = told.iter().map(|call| call.json()["data"]["payment"]["sub_status"].clone()).collect();
    assert_eq!(told, ["RECEIVED", "PENDING_REVIEW", "APPROVED"]);
    assert!(receiver.told().iter().all(|(kind, ..)| kind == "payment.chargeback"));
}

#[tokio::test]
async fn a_part_that_is_lost_leaves_the_rest() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let payment = merchant.pay_direct(GOOD_CARD).await;
    refund(&merchant, &payment, 10).await.expect(200);
    let left = merchant.post(path(&payment), json!({"amount": brl(90.5)})).await.refused(400, "INVALID_AMOUNT");
    assert_eq!(left, ["Invalid amount. 90 are left."]);
    merchant.post(path(&payment), json!({"amount": brl(0.0)})).await.refused(400, "INVALID_AMOUNT");
    let dollars = json!({"amount": {"currency": "USD", "value": 1}});
    let wrong = merchant.post(path(&payment), dollars).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(wrong, ["amount.currency: must be BRL, as the payment has it"]);
    let lost = json!({"response_code": "PARTIALLY_CHARGEBACKED", "amount": brl(40.0)});
    let lost = merchant.post(path(&payment), lost).await.expect(200);
    assert_eq!(state(&lost), ("SUCCEEDED", "PARTIALLY_CHARGEBACKED"));
    assert_eq!(lost["amount"]["refunded"], 50.0);
    refund(&merchant, &payment, 51).await.refused(400, "INVALID_AMOUNT");
    assert_eq!(refund(&merchant, &payment, 20).await.expect(200)["sub_status"], "PARTIALLY_REFUNDED");
    // What is won then is what it was.
    merchant.post(path(&payment), json!({"amount": brl(30.0)})).await.expect(200);
    let won = merchant.post(path(&payment), json!({"response_code": "REVIEW_WON"})).await.expect(200);
    assert_eq!(state(&won), ("SUCCEEDED", "PARTIALLY_REFUNDED"));
}

#[tokio::test]
async fn what_is_won_leaves_what_was_lost_before_and_an_enrolled_card_as_it_was() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let customer = merchant.make_customer().await;
    let vaulted = merchant.enroll(&customer, GOOD_CARD).await["vaulted_token"].clone();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "CARD", "vaulted_token": vaulted});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let used_at = async || {
        let session = merchant.make_session_of(&customer).await;
        let methods = merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
        methods[0]["last_successfully_used_at"].clone()
    };
    let before = used_at().await;
    assert!(before.is_string(), "{before}");
    let lost = json!({"response_code": "PARTIALLY_CHARGEBACKED", "amount": brl(40.0)});
    merchant.post(path(&payment), lost).await.expect(200);
    merchant.advance(json!({"days": 1})).await;
    merchant.post(path(&payment), json!({})).await.expect(200);
    let won = merchant.post(path(&payment), json!({"response_code": "REVIEW_WON"})).await.expect(200);
    assert_eq!(state(&won), ("SUCCEEDED", "PARTIALLY_CHARGEBACKED"), "nothing was refunded");
    assert_eq!(used_at().await, before, "it was not used");
}

#[tokio::test]
async fn a_payment_has_as_many_transactions_as_it_can_have() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let payment = merchant.pay_direct(GOOD_CARD).await;
    sqlx::query(
        "insert into transactions
         select (jsonb_populate_record(transactions, jsonb_build_object(
             'transaction_id', gen_random_uuid(), 'position', position + number))).*
         from transactions, generate_series(1, 98) as number where payment_id = $1::uuid",
    )
    .bind(payment["id"].as_str().unwrap())
    .execute(app.pool())
    .await
    .unwrap();
    merchant.post(path(&payment), json!({"response_code": "REVIEW_WON"})).await.expect(200);
    let refused = merchant.post(path(&payment), json!({})).await.refused(400, "INVALID_STATUS");
    assert!(refused[0].contains("100 transactions"), "{refused:?}");
}

#[tokio::test]
async fn money_that_was_captured_is_disputed_as_such() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for (captured, sub_status) in [(100, "CAPTURED"), (30, "PARTIALLY_CAPTURED")] {
        let payment = merchant.authorize().await;
        let held = payment["transactions"]["id"].as_str().unwrap();
        let capture = format!("/v1/payments/{}/transactions/{held}/capture", payment["id"].as_str().unwrap());
        let amount = json!({"currency": "BRL", "value": captured});
        let body = json!({"merchant_reference": "c-1", "reason": "PRODUCT_CONFIRMED", "amount": amount});
        merchant.post(path(&payment), json!({})).await.refused(400, "INVALID_STATUS");
        merchant.post(&capture, body.clone()).await.expect(200);
        let opened = merchant.post(path(&payment), json!({})).await.expect(200);
        assert_eq!(opened["transactions"]["amount"], f64::from(captured));
        merchant.post(&capture, body).await.refused(400, "CHARGEBACK_IN_PROCESS");
        let won = merchant.post(path(&payment), json!({"response_code": "REVIEW_WON"})).await.expect(200);
        assert_eq!(state(&won), ("SUCCEEDED", sub_status));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let payment = merchant.pay_direct(GOOD_CARD).await;
    other.post(path(&payment), json!({})).await.refused(400, "PAYMENT_NOT_FOUND");
    let wrong = merchant.post(path(&payment), json!({"response_code": "SUCCEEDED"})).await;
    let wrong = wrong.refused(400, "INVALID_PARAMETERS");
    assert_eq!(wrong, ["response_code: must be a published code of a dispute, such as REVIEW_LOST"]);
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    let pending = merchant.post("/v1/payments", body).await.expect(201);
    let refused = merchant.post(path(&pending), json!({})).await.refused(400, "INVALID_STATUS");
    assert!(refused[0].contains("PENDING"), "{refused:?}");
    // No gateway answers so.
    let outcome = json!({"response_code": "REVIEW_LOST"});
    merchant.post("/v1/testing/outcomes", outcome).await.refused(400, "INVALID_PARAMETERS");
}
