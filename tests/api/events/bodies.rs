//! What each kind of event tells.

use serde_json::{Value, json};

use super::list::kinds;
use crate::support::{Client, GOOD_CARD, TestApp};

/// The bodies of all events, in their order.
async fn bodies(merchant: &Client) -> Vec<Value> {
    let page = merchant.get("/v1/events?limit=100").await.expect(200);
    page["events"].as_array().unwrap().iter().map(|event| event["body"].clone()).collect()
}

async fn on(merchant: &Client, payment: &Value, verb: &str, body: Value) -> Value {
    let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    let path = format!("/v1/payments/{id}/transactions/{transaction}/{verb}");
    let answer = merchant.post(path, body).await;
    assert!(answer.status.is_success());
    answer.json()
}

#[tokio::test]
async fn every_step_of_a_payment_is_told_with_what_it_made_of_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let held = merchant.authorize().await;
    let capture = json!({
        "merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED", "amount": {"currency": "BRL", "value": 60},
    });
    let captured = on(&merchant, &held, "capture", capture).await;
    let refund = json!({
        "merchant_reference": "ref-2", "reason": "REQUESTED_BY_CUSTOMER", "amount": {"currency": "BRL", "value": 25},
    });
    let of_capture = json!({"id": held["id"], "transactions": {"id": captured["id"]}});
    on(&merchant, &of_capture, "refund", refund).await;
    let other = merchant.authorize().await;
    on(&merchant, &other, "cancel", json!({"merchant_reference": "ref-3"})).await;
    merchant.pay_direct("4507990000000010").await;
    let mut verify = merchant.direct_body(GOOD_CARD);
    verify["amount"]["value"] = json!(0);
    verify["payment_method"]["detail"]["card"]["verify"] = json!(true);
    merchant.post("/v1/payments", verify).await.expect(201);

    let told: Vec<_> = bodies(&merchant)
        .await
        .iter()
        .map(|body| {
            let payment = &body["data"]["payment"];
            let transaction = &payment["transactions"];
            let state = [&body["type_event"], &payment["status"], &payment["sub_status"], &transaction["status"]]
                .map(|text| text.as_str().unwrap().to_owned());
            let money = [&payment["amount"]["captured"], &payment["amount"]["refunded"], &transaction["amount"]]
                .map(|amount| amount.as_i64().unwrap());
            (state.join(" "), money, payment["transactions_history"].as_array().unwrap().len())
        })
        .collect();
    let expected = [
        ("payment.authorize PENDING AUTHORIZED SUCCEEDED", [0, 0, 100], 1),
        ("payment.capture SUCCEEDED PARTIALLY_CAPTURED SUCCEEDED", [60, 0, 60], 2),
        ("payment.refund SUCCEEDED PARTIALLY_REFUNDED SUCCEEDED", [60, 25, 25], 3),
        ("payment.authorize PENDING AUTHORIZED SUCCEEDED", [0, 0, 100], 1),
        ("payment.cancel CANCELED CANCELED SUCCEEDED", [0, 0, 100], 2),
        ("payment.purchase DECLINED DECLINED DECLINED", [0, 0, 100], 1),
        ("payment.verify SUCCEEDED VERIFIED SUCCEEDED", [0, 0, 0], 1),
    ];
    for (told, (state, money, history)) in told.iter().zip(expected) {
        assert_eq!(told, &(state.to_owned(), money, history));
    }
    assert_eq!(told.len(), expected.len());
}

#[tokio::test]
async fn what_a_customer_does_on_a_page_and_what_the_clock_does_is_told_too() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut pages = Vec::new();
    for _ in 0..2 {
        let session = merchant.make_checkout_session("BR", "BRL").await;
        let payment = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
        let payment = merchant.post("/v1/payments", payment).await.expect(201);
        let detail = &payment["payment_method"]["payment_method_detail"]["bank_transfer"];
        pages.push(detail["redirect_url"].as_str().unwrap().to_owned());
    }
    assert_eq!(app.decide(&pages[0], "decision=approve").await.status, 200);
    app.wait(chrono::TimeDelta::hours(2));
    app.do_what_is_due().await;
    let told: Vec<_> = bodies(&merchant).await.iter().map(|body| body["data"]["payment"]["status"].clone()).collect();
    assert_eq!(told, ["PENDING", "PENDING", "SUCCEEDED", "EXPIRED"]);
    assert!(kinds(&merchant, 0).await.iter().all(|kind| kind == "payment.purchase"));
}

/// The cardholder authenticates first: what is told is the transaction that waits for it, and then what comes of it.
#[tokio::test]
async fn a_challenge_is_told_as_what_it_is_for() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (capture, otp) in [(true, "1234"), (false, "1111")] {
        let mut body = merchant.direct_body("4000000000003220");
        body["payment_method"]["detail"]["card"]["capture"] = json!(capture);
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        let page = &payment["payment_method"]["payment_method_detail"]["card"]["redirect_url"];
        app.decide(page.as_str().unwrap(), &format!("otp={otp}")).await;
    }
    let told: Vec<_> = bodies(&merchant)
        .await
        .iter()
        .map(|body| {
            let payment = &body["data"]["payment"];
            let texts =
                [&body["type_event"], &payment["status"], &payment["sub_status"], &payment["transactions"]["type"]];
            texts.map(|text| text.as_str().unwrap().to_owned()).join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "payment.purchase PENDING WAITING_ADDITIONAL_STEP PURCHASE",
            "payment.purchase SUCCEEDED APPROVED PURCHASE",
            "payment.authorize PENDING WAITING_ADDITIONAL_STEP AUTHORIZE",
            "payment.authorize DECLINED DECLINED AUTHORIZE",
        ]
    );
}

#[tokio::test]
async fn a_method_that_is_no_card_is_told_in_its_place() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let payment = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let payment = merchant.post("/v1/payments", payment).await.expect(201);
    let told = bodies(&merchant).await[0]["data"]["payment"].clone();
    assert_eq!(told["checkout"], json!({"session": session, "sdk_action_required": true}));
    let detail = &told["transactions"]["payment_method"]["payment_method_detail"];
    assert_eq!(detail["card"], Value::Null);
    let answered = &payment["payment_method"]["payment_method_detail"]["bank_transfer"];
    assert_eq!(&detail["bank_transfer"], answered);
    // What nobody has sent is an object all the same.
    let nothing = json!({"order": null, "airline": null, "seller_details": null, "transportations": null});
    assert_eq!(told["additional_data"], nothing);
    assert!(told["customer_payer"].is_object());
}

#[tokio::test]
async fn a_payment_that_no_connection_takes_is_told() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "OXXO"});
    merchant.post("/v1/payments", body).await.expect(201);
    let told = bodies(&merchant).await;
    assert_eq!(told[0]["data"]["payment"]["status"], "ERROR");
    assert_eq!(told[0]["data"]["payment"]["transactions"]["connection_data"], json!({"id": null, "name": null}));
}

#[tokio::test]
async fn enrolling_and_unenrolling_is_told_however_it_happens() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    // Directly.
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    // With a payment.
    let mut paying = merchant.direct_body(GOOD_CARD);
    paying["customer_payer"] = json!({"id": customer});
    paying["payment_method"]["vault_on_success"] = json!(true);
    merchant.post("/v1/payments", paying).await.expect(201);
    // After a verification, which a declined card does not pass.
    let mut verified = json!({
        "account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": Client::card(GOOD_CARD),
        "verify": {"vault_on_success": true, "currency": "BRL"},
    });
    let enrolling = format!("/v1/customers/{customer}/payment-methods");
    merchant.post(&enrolling, verified.clone()).await.expect(201);
    verified["card_data"] = Client::card("4507990000000010");
    merchant.post(&enrolling, verified).await.expect(201);
    // Through a session, by an SDK.
    let session = merchant.make_customer_session("BR").await;
    let path = format!("/v1/customers/sessions/{session}/payment-methods");
    let ready = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
    let ready = merchant.post(&path, ready).await.expect(201);
    let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
    app.sdk().post(complete, json!({"card_data": Client::card(GOOD_CARD)})).await.expect(200);
    // On a page.
    let nequi = json!({"account_id": merchant.account, "country": "CO", "type": "NEQUI"});
    let nequi = merchant.post(&enrolling, nequi).await.expect(201);
    app.decide(nequi["redirect_url"].as_str().unwrap(), "decision=approve").await;
    let id = method["id"].as_str().unwrap();
    merchant.post_nothing(format!("/v1/customers/payment-methods/{id}/unenroll")).await.expect(200);
    assert_eq!(
        kinds(&merchant, 0).await,
        [
            "enrollment.enroll",
            "enrollment.enroll",
            "payment.purchase",
            "enrollment.enroll",
            "payment.verify",
            "payment.verify",
            "enrollment.enroll",
            "enrollment.enroll",
            "enrollment.unenroll",
        ]
        .map(str::to_owned)
        .to_vec()
    );
    let told = bodies(&merchant).await;
    let (first, last) = (&told[0]["data"]["payment_method"], &told[8]["data"]["payment_method"]);
    assert_eq!(
        (&first["id"], &first["status"], &first["name"]),
        (&method["id"], &json!("ENROLLED"), &json!("VISA ****0002"))
    );
    assert_eq!((&last["id"], &last["status"]), (&method["id"], &json!("UNENROLLED")));
    assert_eq!(first["detail"]["card"]["fingerprint_code"], method["card_data"]["fingerprint"]);
    assert_eq!(first["detail"]["card"]["country_name"], "Brazil");
}
