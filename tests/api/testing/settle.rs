//! `/v1/testing/…/settle`: ending what waits, without a page.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, TestApp};

/// A test card that asks for a challenge.
const CHALLENGED: &str = "4000000000003220";

async fn pay_by_pix(merchant: &Client) -> String {
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    merchant.post("/v1/payments", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn path(payment: &str) -> String {
    format!("/v1/testing/payments/{payment}/settle")
}

#[tokio::test]
async fn a_payment_that_waits_ends_as_its_page_would_end_it() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    for (decided, status, sub_status) in [
        (json!({}), "SUCCEEDED", "APPROVED"),
        (json!({"response_code": "DECLINED_BY_PROVIDER"}), "DECLINED", "DECLINED"),
        (json!({"response_code": "FRAUD_VERIFICATION_DECLINED"}), "DECLINED", "FRAUD_DECLINED"),
        (json!({"response_code": "PROVIDER_TIMEOUT"}), "ERROR", "TIMEOUT"),
        (json!({"response_code": "EXPIRED_BY_PROVIDER"}), "EXPIRED", "EXPIRED"),
    ] {
        let id = pay_by_pix(&merchant).await;
        let payment = merchant.post(path(&id), decided).await.expect(200);
        assert_eq!((&payment["status"], &payment["sub_status"]), (&json!(status), &json!(sub_status)));
        assert_eq!(merchant.get(format!("/v1/payments/{id}")).await.expect(200)["status"], status);
        let again = merchant.post(path(&id), json!({})).await.refused(400, "INVALID_STATUS");
        assert!(again[0].contains(status), "{again:?}");
    }
    // It waits longer first.
    let id = pay_by_pix(&merchant).await;
    let payment = merchant.post(path(&id), json!({"response_code": "PENDING_REVIEW"})).await.expect(200);
    assert_eq!(payment["sub_status"], "PENDING_FRAUD_REVIEW");
    assert_eq!(merchant.post(path(&id), json!({})).await.expect(200)["status"], "SUCCEEDED");
    merchant.advance(json!({"seconds": 0})).await;
    let told: Vec<Value> =
        receiver.calls().iter().map(|call| call.json()["data"]["payment"]["status"].clone()).collect();
    assert_eq!(told.len(), 6 * 2 + 1);
    assert_eq!(told.iter().filter(|status| **status == "SUCCEEDED").count(), 2);
}

#[tokio::test]
async fn its_session_is_completed() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let id = merchant.post("/v1/payments", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let session = format!("/v1/checkout/sessions/{session}");
    assert_eq!(merchant.get(&session).await.expect(200)["status"], "ACTIVE");
    merchant.post(path(&id), json!({})).await.expect(200);
    assert_eq!(merchant.get(&session).await.expect(200)["status"], "COMPLETED");
}

#[tokio::test]
async fn a_challenge_ends_with_each_result() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for (sent, status) in [
        (json!({}), "SUCCEEDED"),
        (json!({"three_d_secure": "AUTHENTICATED"}), "SUCCEEDED"),
        (json!({"three_d_secure": "ATTEMPTED"}), "SUCCEEDED"),
        (json!({"three_d_secure": "NOT_AUTHENTICATED"}), "DECLINED"),
        (json!({"three_d_secure": "REJECTED"}), "DECLINED"),
        (json!({"three_d_secure": "UNAVAILABLE"}), "DECLINED"),
        (json!({"response_code": "CANCELLED_BY_USER"}), "DECLINED"),
    ] {
        let payment = merchant.pay_direct(CHALLENGED).await;
        assert_eq!(payment["sub_status"], "WAITING_ADDITIONAL_STEP");
        let ended = merchant.post(path(payment["id"].as_str().unwrap()), sent).await.expect(200);
        assert_eq!(ended["status"], status);
        let history = ended["transactions_history"].to_string();
        assert!(history.contains("THREE_D_SECURE") && !history.contains("CHALLENGE_REQUIRED"), "{history}");
    }
}

#[tokio::test]
async fn what_does_not_wait_and_what_makes_no_sense_is_refused() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let id = pay_by_pix(&merchant).await;
    other.post(path(&id), json!({})).await.refused(400, "PAYMENT_NOT_FOUND");
    other.post(path("x"), json!({})).await.refused(400, "PAYMENT_NOT_FOUND");
    for (wrong, field) in [
        (json!({"response_code": "NOTHING"}), "response_code"),
        (json!({"status": "SUCCEEDED"}), "status"),
        (json!({"three_d_secure": "AUTHENTICATED"}), "three_d_secure"),
        (json!({"three_d_secure": "AUTHENTICATED", "response_code": "SUCCEEDED"}), "response_code"),
    ] {
        merchant.post(path(&id), wrong).await.refused_fields(&[field]);
    }
    let challenged = merchant.pay_direct(CHALLENGED).await;
    let wrong = json!({"three_d_secure": "PROTOCOL_ERROR"});
    merchant.post(path(challenged["id"].as_str().unwrap()), wrong).await.refused_fields(&["three_d_secure"]);
    // Held money has come.
    let held = merchant.authorize().await;
    merchant.post(path(held["id"].as_str().unwrap()), json!({})).await.refused(400, "INVALID_STATUS");
    // Time has run out before anybody looked.
    app.wait(TimeDelta::hours(2));
    merchant.post(path(&id), json!({})).await.refused(400, "INVALID_STATUS");
    assert_eq!(merchant.get(format!("/v1/payments/{id}")).await.expect(200)["status"], "EXPIRED");
}

#[tokio::test]
async fn an_enrollment_that_waits_for_its_page_ends_without_it() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    let customer = merchant.make_customer().await;
    let enroll = async || {
        let body = json!({"account_id": merchant.account, "country": "CO", "type": "NEQUI"});
        let method = merchant.post(format!("/v1/customers/{customer}/payment-methods"), body).await.expect(201);
        assert_eq!(method["status"], "READY_TO_ENROLL");
        format!("/v1/testing/payment-methods/{}/settle", method["id"].as_str().unwrap())
    };
    let path = enroll().await;
    other.post(&path, json!({})).await.refused(400, "PAYMENT_METHOD_NOT_FOUND");
    let method = merchant.post(&path, json!({})).await.expect(200);
    assert_eq!(method["status"], "ENROLLED");
    assert!(method["vaulted_token"].is_string());
    merchant.post(&path, json!({})).await.refused(400, "INVALID_STATUS");
    let path = enroll().await;
    merchant.post(&path, json!({"status": "EXPIRED"})).await.refused_fields(&["status"]);
    assert_eq!(merchant.post(&path, json!({"status": "DECLINED"})).await.expect(200)["status"], "DECLINED");
    merchant.advance(json!({"seconds": 0})).await;
    let kinds: Vec<_> = receiver.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["enrollment.enroll"]);

    let session = merchant.make_customer_session("CO").await;
    let body = json!({"account_id": merchant.account, "country": "CO", "payment_method_type": "CARD"});
    let card = merchant.post(format!("/v1/customers/sessions/{session}/payment-methods"), body).await.expect(201);
    let path = format!("/v1/testing/payment-methods/{}/settle", card["id"].as_str().unwrap());
    merchant.post(path, json!({})).await.refused(400, "INVALID_STATUS");
}
