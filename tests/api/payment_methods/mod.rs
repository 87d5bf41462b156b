//! Enrolling: directly and through a customer session, listing, retrieving, unenrolling.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, TestApp};

/// The name and the token of each method that a session offers, in their order.
async fn offered(merchant: &Client, session: &str) -> Vec<(String, Value)> {
    let methods = merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    let methods = methods.as_array().unwrap().iter();
    methods.map(|method| (method["name"].as_str().unwrap().to_owned(), method["vaulted_token"].clone())).collect()
}

#[tokio::test]
async fn what_is_enrolled_stands_first_in_a_session_latest_use_first() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let mut tokens = Vec::new();
    for number in [GOOD_CARD, "5252440000000002", "370000000000002"] {
        tokens.push(merchant.enroll(&customer, number).await["vaulted_token"].clone());
        app.wait(TimeDelta::seconds(1));
    }
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"vaulted_token": tokens[1]});
    merchant.post("/v1/payments", body).await.expect(201);
    let session = merchant.make_session_of(&customer).await;
    let methods = offered(&merchant, &session).await;
    let names: Vec<_> = methods.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["MASTERCARD ****0002", "AMEX ****0002", "VISA ****0002", "Card", "Boleto Bancário", "Google Pay", "Pix"]
    );
    let methods = merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    let first = &methods[0];
    assert_eq!((&first["vaulted_token"], &first["last_successfully_used"]), (&tokens[1], &json!(true)));
    assert_eq!(first["last_successfully_used_at"], "2026-01-15T12:00:03.000000Z");
    assert_eq!((&first["card_data"]["lfd"], &first["card_data"]["issuer"]), (&json!("0002"), &json!("TEST BANK")));
    assert_eq!(first["checkout"]["sdk_required_action"], false);
    assert_eq!(
        (&methods[1]["last_successfully_used"], &methods[1]["last_successfully_used_at"]),
        (&json!(false), &json!(""))
    );
    let of_others = merchant.make_session_of(&merchant.make_customer().await).await;
    assert!(offered(&merchant, &of_others).await.iter().all(|(_, token)| token.is_null()));
    let wallets = merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods?category=WALLET")).await;
    assert_eq!(wallets.expect(200).as_array().unwrap().len(), 1, "the category holds for enrolled ones too");
}

#[tokio::test]
async fn what_is_unenrolled_expired_or_offered_no_more_disappears() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let mut expiring =
        json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": Client::card(GOOD_CARD)});
    expiring["card_data"]["expiration_month"] = json!(1);
    expiring["card_data"]["expiration_year"] = json!(2026);
    merchant.post(format!("/v1/customers/{customer}/payment-methods"), expiring).await.expect(201);
    let enrolled = async || {
        let session = merchant.make_session_of(&customer).await;
        offered(&merchant, &session).await.into_iter().filter(|(_, token)| !token.is_null()).count()
    };
    assert_eq!(enrolled().await, 2);
    app.wait(TimeDelta::days(17));
    assert_eq!(enrolled().await, 1, "the month of the card is over");
    let connection = merchant.get("/v1/connections").await.expect(200);
    let cards = connection.as_array().unwrap().iter().find(|one| one["provider_id"] == "YUNO_TEST_PAYMENT_GW").unwrap();
    let path = format!("/v1/connections/{}", cards["connection_id"].as_str().unwrap());
    merchant.patch(&path, json!({"status": "PAUSED"})).await.expect(200);
    assert_eq!(enrolled().await, 0, "cards are not offered");
    merchant.patch(&path, json!({"status": "ACTIVE"})).await.expect(200);
    let unenroll = format!("/v1/customers/{customer}/payment-methods/{}/unenroll", method["id"].as_str().unwrap());
    merchant.post_nothing(unenroll).await.expect(200);
    assert_eq!(enrolled().await, 0);
}

#[tokio::test]
async fn a_card_is_enrolled_directly_listed_retrieved_and_unenrolled() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let method = keyed.enroll(&customer, GOOD_CARD).await;
    assert_eq!((&method["status"], &method["idempotency_key"]), (&json!("ENROLLED"), &json!("k-1")));
    assert_eq!((&method["name"], &method["card_data"]["holder_name"]), (&json!("VISA ****0002"), &json!("Ana Souza")));
    let again = merchant.enroll(&customer, GOOD_CARD).await;
    assert_ne!(method["vaulted_token"], again["vaulted_token"], "the same card again is another enrollment");
    assert_eq!(method["card_data"]["fingerprint"], again["card_data"]["fingerprint"]);

    let of_customer = format!("/v1/customers/{customer}/payment-methods");
    let listed = merchant.get(&of_customer).await.expect(200);
    assert_eq!(listed["payment_methods"].as_array().unwrap().len(), 2);
    let alias = merchant.get(format!("/v1/enrolled-payment-methods?customer_id={customer}")).await.expect(200);
    assert_eq!(alias, listed["payment_methods"]);
    for id in [&method["id"], &method["vaulted_token"]] {
        let id = id.as_str().unwrap();
        assert_eq!(merchant.get(format!("{of_customer}/{id}")).await.expect(200), method);
        assert_eq!(merchant.get(format!("/v1/payment-methods/{id}")).await.expect(200), method);
    }
    let other = merchant.make_customer().await;
    let id = method["id"].as_str().unwrap();
    let of_other = format!("/v1/customers/{other}/payment-methods/{id}");
    merchant.get(&of_other).await.refused(400, "PAYMENT_METHOD_NOT_FOUND");
    merchant.post_nothing(format!("{of_other}/unenroll")).await.refused(400, "PAYMENT_METHOD_NOT_FOUND");

    app.wait(TimeDelta::seconds(5));
    let token = method["vaulted_token"].as_str().unwrap();
    let gone = merchant.post_nothing(format!("{of_customer}/{token}/unenroll")).await.expect(200);
    assert_eq!((&gone["status"], &gone["vaulted_token"]), (&json!("UNENROLLED"), &Value::Null));
    assert!(gone.get("card_data").is_none() && gone["provider"].get("token").is_none());
    assert_eq!((&gone["name"], &gone["updated_at"]), (&json!("VISA ****0002"), &json!("2026-01-15T12:00:05.000000Z")));
    merchant.post_nothing(format!("{of_customer}/{token}/unenroll")).await.refused(400, "INVALID_STATUS");
    assert_eq!(merchant.get(&of_customer).await.expect(200)["payment_methods"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_card_is_verified_first_when_that_is_asked_for() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let path = format!("/v1/customers/{customer}/payment-methods");
    let body = |number: &str| {
        json!({
            "account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": Client::card(number),
            "verify": {"vault_on_success": true, "currency": "BRL", "metadata": [{"key": "order_ref", "value": "A"}]},
        })
    };
    let method = merchant.post(&path, body(GOOD_CARD)).await.expect(201);
    assert_eq!(method["status"], "ENROLLED");
    let payment = &method["verify"]["payment"];
    assert_eq!((&payment["status"], &payment["sub_status"]), (&json!("SUCCEEDED"), &json!("VERIFIED")));
    let order = format!("VERIFY_CARD_{}", method["vaulted_token"].as_str().unwrap());
    assert_eq!((&payment["merchant_order_id"], &payment["description"]), (&json!(order), &json!("VERIFY CARD")));
    assert_eq!((&payment["amount"]["value"], &payment["transactions"][0]["type"]), (&json!(0), &json!("VERIFY")));
    assert_eq!(payment["metadata"], json!([{"key": "order_ref", "value": "A"}]));

    let method = merchant.post(&path, body("4507990000000069")).await.expect(201);
    assert_eq!((&method["status"], &method["vaulted_token"]), (&json!("DECLINED"), &Value::Null));
    let method = merchant.post(&path, body("4000000000003220")).await.expect(201);
    assert_eq!(method["status"], "READY_TO_ENROLL");
    assert_eq!(method["action"], "REDIRECT_URL");
    app.decide(method["redirect_url"].as_str().unwrap(), "otp=1234").await;
    let path = format!("/v1/payment-methods/{}", method["id"].as_str().unwrap());
    let method = merchant.get(path).await.expect(200);
    assert_eq!((&method["status"], &method["redirect_url"]), (&json!("ENROLLED"), &Value::Null));
}

#[tokio::test]
async fn a_one_time_token_enrolls_a_card() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let body = json!({"account_id": merchant.account, "card_data": Client::card(GOOD_CARD)});
    let token = merchant.post("/v1/tokens", body).await.expect(201)["token"].clone();
    let body = json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "token": token});
    let path = format!("/v1/customers/{customer}/payment-methods");
    assert_eq!(merchant.post(&path, body.clone()).await.expect(201)["name"], "VISA ****0002");
    merchant.post(&path, body).await.refused(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn what_is_missing_or_cannot_be_enrolled_is_refused() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let path = format!("/v1/customers/{customer}/payment-methods");
    let body = |r#type: &str, card: Value| json!({"account_id": merchant.account, "country": "BR", "type": r#type, "card_data": card});
    let messages = merchant.post(&path, body("CARD", Value::Null)).await.refused(400, "MISSING_PARAMETERS");
    assert_eq!(messages, ["card_data: is required"]);
    let answer = merchant.post(&path, body("CARD", json!({"number": GOOD_CARD}))).await;
    let messages = answer.refused(400, "MISSING_PARAMETERS");
    assert_eq!(messages, ["card_data.expiration_month: is required", "card_data.expiration_year: is required"]);
    for r#type in ["PIX", "NEQUI", "NO_SUCH_TYPE"] {
        let answer = merchant.post(&path, body(r#type, Value::Null)).await;
        answer.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    }
    let nobody = "/v1/customers/00000000-0000-4000-8000-00000000ffff/payment-methods";
    merchant.post(nobody, body("CARD", Client::card(GOOD_CARD))).await.refused(400, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn a_session_enrolls_a_card_that_the_sdk_completes() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    for (verify, number, status) in [
        (Value::Null, GOOD_CARD, "ENROLLED"),
        (json!({"vault_on_success": true, "currency": "USD"}), GOOD_CARD, "ENROLLED"),
        (json!({"vault_on_success": true}), "4507990000000028", "DECLINED"),
        (json!({"vault_on_success": false}), "4507990000000028", "ENROLLED"),
    ] {
        let session = merchant.make_customer_session("BR").await;
        let path = format!("/v1/customers/sessions/{session}/payment-methods");
        let body = json!({
            "account_id": merchant.account, "country": "BR", "payment_method_type": "CARD", "verify": verify,
        });
        let ready = merchant.post(&path, body).await.expect(201);
        assert_eq!((&ready["status"], &ready["name"]), (&json!("READY_TO_ENROLL"), &json!("Card")));
        assert_eq!(ready["enrollment"], json!({"session": session, "sdk_required_action": true}));
        assert!(ready.get("card_data").is_none() && ready["provider"].get("token").is_none());
        assert_eq!(ready["customer_payer"]["email"], "ana@example.com");
        let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
        let card = json!({"card_data": Client::card(number)});
        let completed = sdk.post(&complete, card.clone()).await.expect(200);
        assert_eq!(completed["status"], status, "{verify}");
        sdk.post(&complete, card).await.refused(400, "INVALID_STATUS");
        let found = merchant.get(format!("/v1/payment-methods/{}", ready["id"].as_str().unwrap())).await.expect(200);
        assert_eq!((&found["status"], &found["vaulted_token"]), (&json!(status), &completed["vaulted_token"]));
    }
}

#[tokio::test]
async fn a_session_refuses_what_disagrees_with_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_customer_session("BR").await;
    let path = format!("/v1/customers/sessions/{session}/payment-methods");
    let body = |country: &str, r#type: &str| json!({"account_id": merchant.account, "country": country, "payment_method_type": r#type});
    let messages = merchant.post(&path, body("CO", "CARD")).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(messages, ["country: must be BR, as the customer session has it"]);
    merchant.post(&path, body("BR", "PIX")).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let ready = merchant.post(&path, body("BR", "CARD")).await.expect(201);
    let of_another = merchant.make_customer_session("BR").await;
    let complete =
        format!("/v1/customers/sessions/{of_another}/payment-methods/{}/complete", ready["id"].as_str().unwrap());
    let card = json!({"card_data": Client::card(GOOD_CARD)});
    app.sdk().post(complete, card.clone()).await.refused(400, "PAYMENT_METHOD_NOT_FOUND");
    app.wait(TimeDelta::hours(5));
    let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
    app.sdk().post(complete, card).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    merchant.post(&path, body("BR", "CARD")).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    let found = merchant.get(format!("/v1/payment-methods/{}", ready["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(found["status"], "EXPIRED");
}

#[tokio::test]
async fn a_wallet_is_enrolled_on_the_providers_page() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (decision, status) in [("approve", "ENROLLED"), ("decline", "DECLINED")] {
        let customer = merchant.make_customer().await;
        let session = json!({
            "account_id": merchant.account, "country": "CO", "customer_id": customer,
            "callback_url": "https://shop.example.com/notified", "return_url": "https://shop.example.com/wallets",
        });
        let session = merchant.post("/v1/customers/sessions", session).await.expect(200)["customer_session"].clone();
        let session = session.as_str().unwrap();
        let path = format!("/v1/customers/sessions/{session}/payment-methods");
        let body = json!({"account_id": merchant.account, "country": "CO", "payment_method_type": "NEQUI"});
        let ready = merchant.post(&path, body).await.expect(201);
        let page = ready["provider"]["redirect"]["init_url"].as_str().unwrap();
        assert_eq!(ready["callback_url"], "https://shop.example.com/notified");
        let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
        let card = json!({"card_data": Client::card(GOOD_CARD)});
        app.sdk().post(complete, card).await.refused(400, "INCORRECT_PAYMENT_METHOD_TYPE");
        let decided = app.decide(page, &format!("decision={decision}")).await;
        assert_eq!(decided.status, 303);
        let address = format!("https://shop.example.com/wallets?customerSession={session}");
        assert_eq!(decided.headers["location"], address.as_str());
        let found = merchant.get(format!("/v1/payment-methods/{}", ready["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(found["status"], status);
        let mut checkout = merchant.session_body("CO", "COP");
        checkout["customer_id"] = json!(customer);
        let checkout = merchant.post("/v1/checkout/sessions", checkout).await.expect(200)["checkout_session"].clone();
        let first = &offered(&merchant, checkout.as_str().unwrap()).await[0];
        assert_eq!(first.0 == "Nequi" && !first.1.is_null(), status == "ENROLLED", "{first:?}");
        if status == "ENROLLED" {
            let body = merchant.payment_body(
                checkout.as_str().unwrap(),
                "CO",
                "COP",
                json!({"type": "NEQUI", "vaulted_token": first.1}),
            );
            let payment = merchant.post("/v1/payments", body).await.expect(201);
            assert_eq!(payment["status"], "SUCCEEDED", "the customer has agreed before");
        }
    }
}

#[tokio::test]
async fn what_a_wallets_payment_vaults_can_be_charged_and_is_not_listed() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["country"] = json!("CO");
    body["amount"]["currency"] = json!("COP");
    body["customer_payer"] = json!({"id": customer});
    body["payment_method"] = json!({"type": "NEQUI", "vault_on_success": true});
    let payment = merchant.post("/v1/payments", body.clone()).await.expect(201);
    let page = payment["payment_method"]["payment_method_detail"]["wallet"]["redirect_url"].as_str().unwrap();
    app.decide(page, "decision=approve").await;
    let payment = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
    let token = payment["payment_method"]["vaulted_token"].as_str().unwrap();
    let listed = merchant.get(format!("/v1/customers/{customer}/payment-methods")).await.expect(200);
    assert_eq!(listed["payment_methods"], json!([]));
    merchant.get(format!("/v1/payment-methods/{token}")).await.expect(200);
    body["payment_method"] = json!({"vaulted_token": token});
    assert_eq!(merchant.post("/v1/payments", body).await.expect(201)["status"], "SUCCEEDED");
}

#[tokio::test]
async fn whoever_has_the_public_key_learns_neither_name_nor_fingerprint() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let customer = merchant.make_customer().await;
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let session = merchant.make_session_of(&customer).await;
    let listed = sdk.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    let known = &listed[0]["card_data"];
    assert!(known["fingerprint"].is_null() && known.get("holder_name").is_none(), "{known}");
    let body = json!({"payment_method": {"type": "CARD", "vaulted_token": method["vaulted_token"]}});
    let token = sdk.post(format!("/v1/checkout/sessions/{session}/token"), body).await.expect(201);
    assert_eq!(token["card_data"]["holder_name"], "");
    let session = merchant.make_customer_session("BR").await;
    let path = format!("/v1/customers/sessions/{session}/payment-methods");
    let body = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
    let ready = merchant.post(&path, body).await.expect(201);
    let complete = format!("{path}/{}/complete", ready["id"].as_str().unwrap());
    let completed = sdk.post(complete, json!({"card_data": Client::card(GOOD_CARD)})).await.expect(200);
    assert!(completed["card_data"]["fingerprint"].is_null());
}

#[tokio::test]
async fn a_challenge_of_an_enrollment_ends_with_its_payment_and_leads_back_to_the_merchant() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = json!({
        "account_id": merchant.account, "country": "BR", "customer_id": merchant.make_customer().await,
        "return_url": "https://shop.example.com/cards",
    });
    let session = merchant.post("/v1/customers/sessions", session).await.expect(200)["customer_session"].clone();
    let session = session.as_str().unwrap();
    let path = format!("/v1/customers/sessions/{session}/payment-methods");
    app.wait(TimeDelta::minutes(290));
    let mut pages = Vec::new();
    for _ in 0..2 {
        let body = json!({
            "account_id": merchant.account, "country": "BR", "payment_method_type": "CARD",
            "verify": {"vault_on_success": true},
        });
        let ready = merchant.post(&path, body).await.expect(201);
        let id = ready["id"].as_str().unwrap().to_owned();
        let card = json!({"card_data": Client::card("4000000000003220")});
        let completed = app.sdk().post(format!("{path}/{id}/complete"), card).await.expect(200);
        assert_eq!(completed["status"], "READY_TO_ENROLL");
        pages.push((id, completed["redirect_url"].as_str().unwrap().to_owned()));
    }
    // The session is over; the cardholder has still time.
    app.wait(TimeDelta::minutes(20));
    let status = async |id: &str| {
        let found = merchant.get(format!("/v1/payment-methods/{id}")).await.expect(200);
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&pages[0].0).await, "READY_TO_ENROLL");
    let decided = app.decide(&pages[0].1, "otp=1234").await;
    let address = format!("https://shop.example.com/cards?customerSession={session}");
    assert_eq!((decided.status.as_u16(), decided.headers["location"].to_str().unwrap()), (303, address.as_str()));
    assert_eq!(status(&pages[0].0).await, "ENROLLED");
    app.wait(TimeDelta::minutes(10));
    app.do_what_is_due().await;
    assert_eq!(status(&pages[1].0).await, "DECLINED", "nobody came to authenticate");
}
