//! `/v1/testing/outcomes`: every outcome can be forced, and is used by its own organization alone.

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, TestApp};

async fn decide(merchant: &Client, outcome: Value) -> Value {
    merchant.post("/v1/testing/outcomes", outcome).await.expect(201)
}

async fn waiting(merchant: &Client) -> usize {
    merchant.get("/v1/testing/outcomes").await.expect(200).as_array().unwrap().len()
}

fn by(merchant: &Client, method: &str) -> Value {
    let mut body = merchant.direct_body(GOOD_CARD);
    if method != "CARD" {
        body["payment_method"] = json!({"type": method});
    }
    body
}

/// What the catalog has: each status with each of its codes.
fn pairs() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("../../../catalog/response_codes.csv").lines().skip(1);
    rows.map(|row| row.split_once(',').map(|(status, rest)| (status, rest.split(',').next().unwrap())).unwrap())
        .collect()
}

#[tokio::test]
async fn every_response_code_can_be_forced_whatever_is_paid_with() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let pairs = pairs();
    assert!(pairs.len() > 80);
    for (status, code) in pairs {
        for method in ["CARD", "PIX"] {
            decide(&merchant, json!({"response_code": code, "status": status})).await;
            let payment = merchant.post("/v1/payments", by(&merchant, method)).await.expect(201);
            let transaction = &payment["transactions"];
            // A challenge is awaited by a transaction that was made; that of the cardholder stands before it.
            let (status, code) = match (code, method) {
                ("CHALLENGE_REQUIRED", "PIX") => ("CREATED", "ACTION_REQUIRED"),
                (code, _) => (status, code),
            };
            assert_eq!(
                (&transaction["status"], &transaction["response_code"]),
                (&json!(status), &json!(code)),
                "{method}"
            );
        }
    }
    assert_eq!(waiting(&merchant).await, 0);
    let payment = merchant.pay_direct(GOOD_CARD).await;
    assert_eq!(payment["status"], "SUCCEEDED", "it is over");
}

#[tokio::test]
async fn every_result_of_3_d_secure_can_be_forced_on_any_card() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let listed = include_str!("../../../catalog/test_cards_3ds.csv").lines().skip(1);
    let mut results: Vec<_> = listed.map(|row| row.rsplit(',').next().unwrap()).collect();
    results.sort_unstable();
    results.dedup();
    results.extend(["AUTHENTICATED", "NOT_AUTHENTICATED", "REJECTED", "UNAVAILABLE", "ATTEMPTED"]);
    for result in results {
        decide(&merchant, json!({"three_d_secure": result})).await;
        // Of what is no card it says nothing.
        merchant.post("/v1/payments", by(&merchant, "PIX")).await.expect(201);
        let payment = merchant.pay_direct(GOOD_CARD).await;
        let history = payment["transactions_history"].as_array().unwrap();
        let authentication = history.iter().find(|transaction| transaction["type"] == "THREE_D_SECURE");
        assert!(authentication.is_some(), "{result}: {payment}");
        assert!(authentication.unwrap().to_string().contains(result), "{result}: {authentication:?}");
    }
    assert_eq!(waiting(&merchant).await, 0);
}

#[tokio::test]
async fn a_refund_has_no_cardholder_to_authenticate() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for ends_as in [json!({"three_d_secure": "BROWSER_CHALLENGE"}), json!({"response_code": "CHALLENGE_REQUIRED"})] {
        for r#type in ["REFUND", "CAPTURE", "CANCEL"] {
            let mut outcome = ends_as.clone();
            outcome["transaction_type"] = json!(r#type);
            let refused = merchant.post("/v1/testing/outcomes", outcome).await.refused(400, "INVALID_PARAMETERS");
            assert_eq!(refused, ["transaction_type: has no cardholder to authenticate"]);
        }
    }
}

#[tokio::test]
async fn every_status_of_an_enrollment_can_be_forced() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let customer = merchant.make_customer().await;
    let path = format!("/v1/customers/{customer}/payment-methods");
    for status in ["READY_TO_ENROLL", "ENROLLED", "UNENROLLED", "DECLINED", "EXPIRED"] {
        for (country, r#type) in [("BR", "CARD"), ("CO", "NEQUI")] {
            let mut body = json!({"account_id": merchant.account, "country": country, "type": r#type});
            if r#type == "CARD" {
                body["card_data"] = Client::card(GOOD_CARD);
                body["verify"] = json!({"vault_on_success": true});
            }
            decide(&merchant, json!({"enrollment_status": status})).await;
            let method = merchant.post(&path, body).await.expect(201);
            assert_eq!(method["status"], status, "{type}");
            assert_eq!(method["vaulted_token"].is_string(), status == "ENROLLED");
        }
        // Through a session: a card when it is completed, everything else when it is begun.
        let session = merchant.make_customer_session("CO").await;
        let path = format!("/v1/customers/sessions/{session}/payment-methods");
        let begin = |r#type: &str| {
            merchant
                .post(&path, json!({"account_id": merchant.account, "country": "CO", "payment_method_type": r#type}))
        };
        decide(&merchant, json!({"enrollment_status": status})).await;
        let card = begin("CARD").await.expect(201);
        assert_eq!((&card["status"], waiting(&merchant).await), (&json!("READY_TO_ENROLL"), 1));
        let complete = format!("{path}/{}/complete", card["id"].as_str().unwrap());
        let card = merchant.post(complete, json!({"card_data": Client::card(GOOD_CARD)})).await.expect(200);
        assert_eq!(card["status"], status);
        decide(&merchant, json!({"enrollment_status": status})).await;
        assert_eq!(begin("NEQUI").await.expect(201)["status"], status);
    }
    assert_eq!(waiting(&merchant).await, 0);
}

#[tokio::test]
async fn it_stands_for_so_many_of_an_account_or_an_order_in_turn() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let pay = async |order: &str| {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["merchant_order_id"] = json!(order);
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        payment["transactions"]["response_code"].as_str().unwrap().to_owned()
    };
    decide(&merchant, json!({"merchant_order_id": "order-b", "response_code": "EXPIRED_CARD"})).await;
    let two = json!({"account_id": merchant.account, "response_code": "INSUFFICIENT_FUNDS", "times": 2});
    assert_eq!(decide(&merchant, two).await["times"], 2);
    assert_eq!(pay("order-a").await, "INSUFFICIENT_FUNDS");
    assert_eq!(merchant.get("/v1/testing/outcomes").await.expect(200)[1]["times"], 1);
    assert_eq!(pay("order-b").await, "EXPIRED_CARD");
    assert_eq!(pay("order-b").await, "INSUFFICIENT_FUNDS");
    assert_eq!(pay("order-b").await, "SUCCEEDED");
}

#[tokio::test]
async fn a_refund_can_be_refused() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let outcome = json!({"transaction_type": "REFUND", "response_code": "DECLINED_BY_BANK"});
    decide(&merchant, outcome).await;
    let payment = merchant.pay_direct(GOOD_CARD).await;
    assert_eq!(payment["status"], "SUCCEEDED", "it is no refund");
    let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    let path = format!("/v1/payments/{id}/transactions/{transaction}/refund");
    let body = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER", "description": "Given back"});
    let refund = merchant.post(&path, body.clone()).await.expect(200);
    assert_eq!(refund["transactions"]["response_code"], "DECLINED_BY_BANK", "{refund}");
    assert_eq!(merchant.post(&path, body).await.expect(200)["status"], "REFUNDED");
}

#[tokio::test]
async fn one_organizations_outcomes_are_nothing_to_another_and_go_with_it() {
    let app = TestApp::new().await;
    let (one, other) = (app.test_merchant().await, app.test_merchant().await);
    let outcome = decide(&one, json!({"response_code": "INSUFFICIENT_FUNDS"})).await;
    assert_eq!(other.pay_direct(GOOD_CARD).await["status"], "SUCCEEDED");
    assert_eq!(waiting(&other).await, 0);
    let path = format!("/v1/testing/outcomes/{}", outcome["id"].as_str().unwrap());
    other.delete(&path).await.refused(404, "NOT_FOUND");
    other.delete("/v1/testing/outcomes/x").await.refused(404, "NOT_FOUND");
    let foreign = json!({"response_code": "SUCCEEDED", "account_id": one.account});
    other.post("/v1/testing/outcomes", foreign).await.refused(400, "INVALID_ACCOUNT_ID");
    one.delete(&path).await.expect(204);
    assert_eq!(one.pay_direct(GOOD_CARD).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn what_was_decided_is_told_by_webhooks_and_a_retry_uses_nothing_up() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    decide(&merchant, json!({"response_code": "INSUFFICIENT_FUNDS"})).await;
    decide(&merchant, json!({"response_code": "EXPIRED_CARD"})).await;
    let client = merchant.with("x-idempotency-key", "key-1");
    for _ in 0..2 {
        let payment = client.post("/v1/payments", client.direct_body(GOOD_CARD)).await.expect(201);
        assert_eq!(payment["transactions"]["response_code"], "INSUFFICIENT_FUNDS");
    }
    assert_eq!(waiting(&merchant).await, 1);
    merchant.advance(json!({"seconds": 0})).await;
    let told = receiver.calls()[0].json();
    assert_eq!(told["data"]["payment"]["status"], "DECLINED");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_there_are_a_hundred_at_most() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for (wrong, field) in [
        (json!({"response_code": "NO_SUCH_CODE"}), "response_code"),
        (json!({"response_code": "INSUFFICIENT_FUNDS", "status": "SUCCEEDED"}), "response_code"),
        (json!({"response_code": "SUCCEEDED", "three_d_secure": "AUTHENTICATED"}), "response_code"),
        (json!({"three_d_secure": "YES"}), "three_d_secure"),
        (json!({"three_d_secure": "AUTHENTICATED", "status": "SUCCEEDED"}), "status"),
        (json!({"enrollment_status": "DECLINED", "merchant_order_id": "order-1"}), "enrollment_status"),
        (json!({"enrollment_status": "OPEN"}), "enrollment_status"),
        (json!({"response_code": "SUCCEEDED", "times": 0}), "times"),
        (json!({"response_code": "SUCCEEDED", "transaction_type": "CHARGEBACK"}), "transaction_type"),
    ] {
        merchant.post("/v1/testing/outcomes", wrong).await.refused_fields(&[field]);
    }
    merchant.post("/v1/testing/outcomes", json!({"times": 2})).await.refused(400, "MISSING_PARAMETERS");
    for _ in 0..100 {
        decide(&merchant, json!({"response_code": "SUCCEEDED"})).await;
    }
    merchant
        .post("/v1/testing/outcomes", json!({"response_code": "SUCCEEDED"}))
        .await
        .refused(409, "TOO_MANY_CONTROLS");
}
