//! `POST /v1/payments`

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::state;
use crate::support::{Client, GOOD_CARD, TestApp};

#[tokio::test]
async fn a_payment_uses_its_session_and_its_end_completes_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (number, expected) in
        [(GOOD_CARD, "SUCCEEDED"), ("4507990000000010", "DECLINED"), ("4507990000000077", "ERROR")]
    {
        let session = merchant.make_checkout_session("BR", "BRL").await;
        let token = merchant.make_token(&session, number).await;
        let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
        let payment = merchant.post("/v1/payments", body.clone()).await.expect(201);
        assert_eq!(payment["status"], expected);
        assert_eq!(payment["checkout"]["session"], session);
        let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
        assert_eq!((&found["used"], &found["status"]), (&json!(true), &json!("COMPLETED")), "{expected}");
        let answer = merchant.post("/v1/payments", body).await;
        answer.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
        let of_session = merchant.get(format!("/v1/checkout/sessions/{session}/payment")).await.expect(200);
        assert_eq!(of_session, payment);
    }
}

#[tokio::test]
async fn a_payment_that_waits_leaves_its_session_used_and_active() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(state(&payment), ("PENDING", "IN_PROCESS"));
    let found = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!((&found["used"], &found["status"]), (&json!(true), &json!("ACTIVE")));
    merchant
        .post(format!("/v1/checkout/sessions/{session}/token"), json!({"payment_method": {"type": "PIX"}}))
        .await
        .refused(400, "CHECKOUT_SESSION_NOT_FOUND");
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    app.wait(TimeDelta::hours(5));
    merchant.post("/v1/payments", body).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    merchant.get(format!("/v1/checkout/sessions/{session}/payment")).await.refused(400, "PAYMENT_NOT_FOUND");
}

#[tokio::test]
async fn everything_that_disagrees_with_the_session_is_named_and_nothing_is_used() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (customer, other) = (merchant.make_customer().await, merchant.make_customer().await);
    let session = merchant.make_session_of(&customer).await;
    let right = merchant.payment_body(&session, "BR", "BRL", json!({"type": "PIX"}));
    let mut wrong = right.clone();
    wrong["amount"] = json!({"currency": "USD", "value": 100.01});
    wrong["country"] = json!("MX");
    wrong["customer_payer"] = json!({"id": other});
    let messages = merchant.post("/v1/payments", wrong).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(
        messages,
        [
            "amount.currency: must be BRL, as the checkout session has it".to_owned(),
            "amount.value: must be 100, as the checkout session has it".to_owned(),
            "country: must be BR, as the checkout session has it".to_owned(),
            format!("customer_payer.id: must be {customer}, as the checkout session has it"),
        ]
    );
    let payment = merchant.post("/v1/payments", right).await.expect(201);
    assert_eq!(payment["customer_payer"]["id"], customer);
}

#[tokio::test]
async fn a_workflow_with_a_session_needs_one_and_the_others_do_without() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    for workflow in ["SDK_CHECKOUT", "CHECKOUT", "SDK_SEAMLESS", "SDK_LITE", "SDK_HEADLESS"] {
        body["workflow"] = json!(workflow);
        let answer = merchant.post("/v1/payments", body.clone()).await;
        assert_eq!(answer.refused(400, "MISSING_PARAMETERS"), ["checkout.session: is required"], "{workflow}");
    }
    body["workflow"] = Value::Null;
    merchant.post("/v1/payments", body.clone()).await.refused(400, "MISSING_PARAMETERS");
    for workflow in ["DIRECT", "REDIRECT"] {
        body["workflow"] = json!(workflow);
        let payment = merchant.post("/v1/payments", body.clone()).await.expect(201);
        assert_eq!((&payment["checkout"]["session"], &payment["workflow"]), (&json!(""), &json!(workflow)));
    }
}

#[tokio::test]
async fn what_is_required_is_named() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let messages = merchant.post("/v1/payments", json!({})).await.refused(400, "MISSING_PARAMETERS");
    for field in ["account_id", "amount", "country", "payment_method"] {
        assert!(messages.contains(&format!("{field}: is required")), "{messages:?}");
    }
    let without = |field: &str| {
        let mut body = merchant.direct_body(GOOD_CARD);
        body.as_object_mut().unwrap().remove(field);
        body
    };
    for field in ["merchant_order_id", "description"] {
        let answer = merchant.post("/v1/payments", without(field)).await;
        assert_eq!(answer.refused(400, "MISSING_PARAMETERS"), [format!("{field}: is required")]);
    }
    let mut number_as_type = merchant.direct_body(GOOD_CARD);
    number_as_type["payment_method"] = json!({"type": GOOD_CARD});
    merchant.post("/v1/payments", number_as_type).await.refused_fields(&["payment_method.type"]);
    let method = |method: Value| {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["payment_method"] = method;
        body
    };
    for (sent, field) in [
        (json!({}), "payment_method.token"),
        (json!({"detail": {"card": {}}}), "payment_method.type"),
        (json!({"type": "CARD"}), "payment_method.detail.card.card_data"),
        (
            json!({"type": "CARD", "detail": {"card": {"external_providers_data": []}}}),
            "payment_method.detail.card.card_data",
        ),
    ] {
        let answer = merchant.post("/v1/payments", method(sent)).await;
        assert_eq!(answer.refused(400, "MISSING_PARAMETERS"), [format!("{field}: is required")]);
    }
}

#[tokio::test]
async fn a_session_brings_what_the_payment_does_not_say() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut session = merchant.session_body("BR", "BRL");
    session["callback_url"] = json!("https://shop.example.com/back");
    session["customer_payer"] = json!({"first_name": "Bia", "last_name": "Lima", "unknown": [1]});
    session["additional_data"] = json!({"order": {"fee_amount": 1.5}});
    session["payment_method"] = json!({"detail": {"card": {"capture": false}}});
    let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
    let session = session["checkout_session"].as_str().unwrap();
    let token = merchant.make_token(session, GOOD_CARD).await;
    let mut body = merchant.payment_body(session, "BR", "BRL", json!({"token": token}));
    for field in ["merchant_order_id", "description"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body["customer_payer"] = json!({"first_name": "Ana"});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(state(&payment), ("PENDING", "AUTHORIZED"));
    assert_eq!((&payment["merchant_order_id"], &payment["description"]), (&json!("order-1"), &json!("Running shoes")));
    assert_eq!(payment["callback_url"], "https://shop.example.com/back");
    let payer = &payment["customer_payer"];
    assert_eq!((&payer["first_name"], &payer["last_name"]), (&json!("Ana"), &json!("Lima")));
    assert_eq!(payment["additional_data"]["order"], json!({"fee_amount": 1.5}));
}

#[tokio::test]
async fn a_customer_brings_its_record_and_must_be_there() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.post("/v1/customers", merchant.whole_customer_body()).await.expect(201);
    let mut body = merchant.direct_body(GOOD_CARD);
    body["customer_payer"] = json!({"id": customer["id"], "first_name": "Bia"});
    let payment = merchant.post("/v1/payments", body.clone()).await.expect(201);
    let payer = &payment["customer_payer"];
    assert_eq!(
        (&payer["id"], &payer["merchant_customer_id"], &payer["first_name"], &payer["last_name"]),
        (&customer["id"], &json!("c-1"), &json!("Bia"), &json!("Souza"))
    );
    assert_eq!(payer["document"], customer["document"]);
    body["customer_payer"]["id"] = json!("00000000-0000-4000-8000-00000000ffff");
    merchant.post("/v1/payments", body).await.refused(400, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn only_what_a_session_offers_can_be_paid_with_and_elsewhere_no_route_is_an_error_of_the_payment() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let oxxo = merchant.payment_body(&session, "BR", "BRL", json!({"type": "OXXO"}));
    merchant.post("/v1/payments", oxxo).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let session = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!(session["used"], false, "a refused payment uses nothing");

    for unknown in ["OXXO", "CASH"] {
        let mut direct = merchant.direct_body(GOOD_CARD);
        direct["payment_method"] = json!({"type": unknown});
        let payment = merchant.post("/v1/payments", direct).await.expect(201);
        assert_eq!(state(&payment), ("ERROR", "ERROR"));
        let transaction = &payment["transactions"];
        assert_eq!(
            (&transaction["provider_id"], &transaction["response_code"], &transaction["connection_data"]),
            (&json!("YUNO_ROUTING"), &json!("YUNO_ROUTING_REJECTED"), &Value::Null)
        );
    }
}

#[tokio::test]
async fn each_kind_of_method_waits_in_its_own_shape() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (country, currency, r#type, detail, tells) in [
        ("BR", "BRL", "PIX", "bank_transfer", "qr_code"),
        ("MX", "MXN", "OXXO", "ticket", "provider_barcode"),
        ("MX", "MXN", "SPEI", "bank_transfer", "reference"),
        ("CO", "COP", "NEQUI", "wallet", "expires_at"),
        ("US", "USD", "KLARNA", "bnpl", "expires_at"),
        ("CL", "CLP", "WEBPAY", "payment_link", "expires_at"),
    ] {
        let session = merchant.make_checkout_session(country, currency).await;
        let body = merchant.payment_body(&session, country, currency, json!({"type": r#type}));
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!(state(&payment), ("PENDING", "IN_PROCESS"), "{type}");
        assert_eq!(payment["transactions"]["status"], "CREATED");
        let detail = &payment["payment_method"]["payment_method_detail"][detail];
        assert!(!detail[tells].as_str().unwrap_or_default().is_empty(), "{type}: {detail}");
        let page = detail["redirect_url"].as_str().unwrap();
        assert!(page.starts_with("https://sessions.example.com/simulator/"), "{page}");
    }
}

#[tokio::test]
async fn nothing_is_paid_and_only_a_verification_is_about_nothing() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let with = |value: Value, verify: bool| {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["amount"]["value"] = value;
        body["payment_method"]["detail"]["card"]["verify"] = json!(verify);
        body
    };
    merchant.post("/v1/payments", with(json!(0), false)).await.refused(400, "INVALID_AMOUNT");
    merchant.post("/v1/payments", with(json!(1), true)).await.refused(400, "INVALID_AMOUNT");
    let payment = merchant.post("/v1/payments", with(json!(0), true)).await.expect(201);
    assert_eq!(state(&payment), ("SUCCEEDED", "VERIFIED"));
    assert_eq!(payment["transactions"]["type"], "VERIFY");
}

#[tokio::test]
async fn a_method_is_vaulted_when_its_payment_succeeds_for_a_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let body = |number: &str, payer: Value| {
        let mut body = merchant.direct_body(number);
        body["payment_method"]["vault_on_success"] = json!(true);
        body["customer_payer"] = payer;
        body
    };
    for (number, payer) in [("4507990000000010", json!({"id": customer})), (GOOD_CARD, json!({"first_name": "Ana"}))] {
        let payment = merchant.post("/v1/payments", body(number, payer)).await.expect(201);
        assert_eq!(payment["payment_method"]["vaulted_token"], "");
    }
    let listed = |client: Client| {
        let path = format!("/v1/customers/{customer}/payment-methods");
        async move { client.get(path).await.expect(200)["payment_methods"].clone() }
    };
    assert_eq!(listed(merchant.clone()).await, json!([]));
    let payment = merchant.post("/v1/payments", body(GOOD_CARD, json!({"id": customer}))).await.expect(201);
    let listed = listed(merchant.clone()).await;
    assert_eq!(payment["payment_method"]["vaulted_token"], listed[0]["vaulted_token"]);
    assert_eq!((&listed[0]["name"], &listed[0]["last_successfully_used"]), (&json!("VISA ****0002"), &json!(true)));
}

#[tokio::test]
async fn held_money_vaults_when_it_is_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"]["vault_on_success"] = json!(true);
    body["payment_method"]["detail"]["card"]["capture"] = json!(false);
    body["customer_payer"] = json!({"id": customer});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(payment["payment_method"]["vaulted_token"], "");
    let capture = json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"});
    merchant.post(super::on(&payment, "capture"), capture).await.expect(200);
    let payment = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_ne!(payment["payment_method"]["vaulted_token"], "");
}

#[tokio::test]
async fn an_enrolled_method_pays_at_once_for_its_customer_alone() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (customer, other) = (merchant.make_customer().await, merchant.make_customer().await);
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let body = |payer: Value, r#type: &str| {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["customer_payer"] = payer;
        // It goes before the token, which is not even looked at.
        body["payment_method"] = json!({"type": r#type, "vaulted_token": method["vaulted_token"], "token": "x"});
        body
    };
    let payment = merchant.post("/v1/payments", body(json!({"id": customer}), "CARD")).await.expect(201);
    assert_eq!(state(&payment), ("SUCCEEDED", "APPROVED"));
    assert_eq!(payment["payment_method"]["vaulted_token"], method["vaulted_token"]);
    assert_eq!(payment["payment_method"]["payment_method_detail"]["card"]["card_data"]["lfd"], "0002");
    let answer = merchant.post("/v1/payments", body(json!({"id": other}), "CARD")).await;
    answer.refused(400, "INVALID_CUSTOMER_FOR_TOKEN");
    let answer = merchant.post("/v1/payments", body(json!({"id": customer}), "PIX")).await;
    answer.refused(400, "INCORRECT_PAYMENT_METHOD_TYPE");
    let unenroll = format!("/v1/customers/payment-methods/{}/unenroll", method["id"].as_str().unwrap());
    merchant.post_nothing(unenroll).await.expect(200);
    merchant.post("/v1/payments", body(json!({"id": customer}), "CARD")).await.refused(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn amounts_are_exact() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for amount in ["0.0001", "999999999999999.9999", "259.9"] {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["amount"]["value"] = json!(amount);
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!(payment["amount"]["value"].to_string(), amount);
        let path = super::on(&payment, "refund");
        let refund = json!({"merchant_reference": "ref-1"});
        let refunded = merchant.post(path, refund).await.expect(200);
        assert_eq!(refunded["amount"]["refunded"].to_string(), amount);
    }
}

#[tokio::test]
async fn a_security_code_has_as_many_digits_as_its_brand() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (number, code) in [(GOOD_CARD, "1234"), ("370000000000002", "123")] {
        let mut body = merchant.direct_body(number);
        body["payment_method"]["detail"]["card"]["card_data"]["security_code"] = json!(code);
        let answer = merchant.post("/v1/payments", body).await;
        answer.refused_fields(&["payment_method.detail.card.card_data.security_code"]);
    }
    for year in [json!(28), json!(2028), json!("28")] {
        let mut body = merchant.direct_body(GOOD_CARD);
        body["payment_method"]["detail"]["card"]["card_data"]["expiration_year"] = year;
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        let card = &payment["payment_method"]["payment_method_detail"]["card"]["card_data"];
        assert_eq!((&card["expiration_month"], &card["expiration_year"]), (&json!(11), &json!(28)));
    }
}

#[tokio::test]
async fn the_same_number_has_the_same_fingerprint_in_one_organization() {
    let app = TestApp::new().await;
    let fingerprint =
        |payment: Value| payment["payment_method"]["payment_method_detail"]["card"]["card_data"]["fingerprint"].clone();
    let (one, other) = (app.merchant(), app.another_merchant().await);
    let first = fingerprint(one.pay_direct(GOOD_CARD).await);
    assert_eq!(first, fingerprint(one.pay_direct(GOOD_CARD).await));
    assert_ne!(first, fingerprint(one.pay_direct("4507990000000010").await));
    assert_ne!(first, fingerprint(other.pay_direct(GOOD_CARD).await));
}

#[tokio::test]
async fn only_what_can_be_enrolled_is_vaulted() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX", "vault_on_success": true});
    body["customer_payer"] = json!({"id": merchant.make_customer().await});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let page = payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
    app.decide(page, "decision=approve").await;
    let payment = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&payment["status"], &payment["payment_method"]["vaulted_token"]), (&json!("SUCCEEDED"), &json!("")));
}

#[tokio::test]
async fn a_session_may_have_decided_what_is_paid_with() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let pay = async |decided: Value| {
        let mut session = merchant.session_body("BR", "BRL");
        session["customer_id"] = json!(customer);
        session["payment_method"] = decided;
        let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
        let session = session["checkout_session"].as_str().unwrap();
        let body = merchant.payment_body(session, "BR", "BRL", json!({}));
        merchant.post("/v1/payments", body).await.expect(201)
    };
    assert_eq!(pay(json!({"type": "PIX"})).await["payment_method"]["type"], "PIX");
    let payment = pay(json!({"type": "CARD", "vaulted_token": method["vaulted_token"]})).await;
    assert_eq!(
        (&payment["status"], &payment["payment_method"]["vaulted_token"]),
        (&json!("SUCCEEDED"), &method["vaulted_token"])
    );
}

#[tokio::test]
async fn an_enrolled_method_brings_its_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"vaulted_token": method["vaulted_token"]});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let payer = &payment["customer_payer"];
    assert_eq!((&payer["id"], &payer["email"]), (&json!(customer), &json!("ana@example.com")));
}

#[tokio::test]
async fn fraud_screening_alone_moves_no_money() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["fraud_screening"] = json!({"stand_alone": true});
    merchant.post("/v1/payments", body).await.refused_fields(&["fraud_screening.stand_alone"]);
}

#[tokio::test]
async fn at_least_four_digits_of_a_number_stay_unknown() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (number, iin, lfd) in [
        ("4507990000000002", "45079900", "0002"),
        ("370000000000002", "3700000", "0002"),
        ("501234567890", "5012", "7890"),
        ("50123456", "", "3456"),
    ] {
        let payment = merchant.pay_direct(number).await;
        let card = &payment["payment_method"]["payment_method_detail"]["card"]["card_data"];
        assert_eq!((&card["iin"], &card["lfd"]), (&json!(iin), &json!(lfd)));
        assert_eq!(card["number_length"], number.len());
    }
    for code in ["123", "1234"] {
        let mut body = merchant.direct_body("9999999999999999");
        body["payment_method"]["detail"]["card"]["card_data"]["security_code"] = json!(code);
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        let card = &payment["payment_method"]["payment_method_detail"]["card"]["card_data"];
        assert_eq!((&card["brand"], &card["security_code_length"]), (&json!("OTHER"), &json!(code.len())));
    }
}

#[tokio::test]
async fn an_authorization_code_stays_what_it_was() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let code = |payment: &Value| {
        payment["payment_method"]["payment_method_detail"]["card"]["authorization_code"].as_str().unwrap().to_owned()
    };
    let payment = merchant.pay_direct(GOOD_CARD).await;
    assert_eq!(code(&payment).len(), 6);
    let refunded =
        merchant.post(super::on(&payment, "refund"), json!({"merchant_reference": "ref-1"})).await.expect(200);
    assert_eq!(code(&refunded), code(&payment));
    assert_eq!(code(&merchant.pay_direct("4507990000000010").await), "");
}
