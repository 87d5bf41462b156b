//! One-time tokens: `POST /v1/checkout/sessions/{checkout_session}/token` and `POST /v1/tokens`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, TestApp};

#[tokio::test]
async fn an_sdk_makes_one_from_either_body() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let card = Client::card(GOOD_CARD);
    for body in [
        json!({"payment_method": {"type": "CARD", "card": card}}),
        json!({"payment_method": {"type": "CARD", "card": {"save": true, "detail": card}}}),
        json!({"payment_method": {"type": "CARD"}, "card_data": card}),
    ] {
        let session = merchant.make_checkout_session("BR", "BRL").await;
        let token = sdk.post(format!("/v1/checkout/sessions/{session}/token"), body.clone()).await.expect(201);
        assert_eq!(token["vault_on_success"], body["payment_method"]["card"]["save"] == true);
        let known = &token["card_data"];
        assert_eq!(
            (&known["iin"], &known["lfd"], &known["brand"], &known["number_length"], &known["security_code_length"]),
            (&json!("45079900"), &json!("0002"), &json!("VISA"), &json!(16), &json!(3))
        );
        let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token["token"]}));
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!((&payment["status"], &payment["payment_method"]["token"]), (&json!("SUCCEEDED"), &token["token"]));
    }
}

#[tokio::test]
async fn a_method_that_is_no_card_has_a_token_too() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{session}/token");
    let token = app.sdk().post(&path, json!({"payment_method": {"type": "PIX"}})).await.expect(201);
    assert_eq!((&token["type"], &token["card_data"]), (&json!("PIX"), &Value::Null));
    app.sdk().post(&path, json!({"payment_method": {"type": "OXXO"}})).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token["token"]}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!((&payment["payment_method"]["type"], &payment["status"]), (&json!("PIX"), &json!("PENDING")));
}

#[tokio::test]
async fn what_is_missing_of_a_card_is_named() {
    let app = TestApp::new().await;
    let session = app.merchant().make_checkout_session("BR", "BRL").await;
    let path = format!("/v1/checkout/sessions/{session}/token");
    for (method, fields) in [
        (json!({"type": "CARD"}), vec!["payment_method.card.number"]),
        (
            json!({"type": "CARD", "card": {"detail": {"number": GOOD_CARD}}}),
            vec!["payment_method.card.detail.expiration_month", "payment_method.card.detail.expiration_year"],
        ),
    ] {
        let messages =
            app.sdk().post(&path, json!({"payment_method": method})).await.refused(400, "MISSING_PARAMETERS");
        let expected: Vec<_> = fields.iter().map(|field| format!("{field}: is required")).collect();
        assert_eq!(messages, expected);
    }
    let number = json!({"type": "CARD", "card": {"number": "4507 9900 0000 0002"}});
    app.sdk().post(&path, json!({"payment_method": number})).await.refused_fields(&["payment_method.card.number"]);
}

#[tokio::test]
async fn lives_a_quarter_of_an_hour_and_is_for_one_payment_on_its_session() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (one, other) =
        (merchant.make_checkout_session("BR", "BRL").await, merchant.make_checkout_session("BR", "BRL").await);
    let pay = async |session: &str, token: &str| {
        let body = merchant.payment_body(session, "BR", "BRL", json!({"token": token}));
        merchant.post("/v1/payments", body).await
    };
    let token = merchant.make_token(&one, GOOD_CARD).await;
    pay(&other, &token).await.refused(401, "INVALID_TOKEN");
    let mut direct = merchant.direct_body(GOOD_CARD);
    direct["payment_method"] = json!({"token": token});
    merchant.post("/v1/payments", direct).await.refused(401, "INVALID_TOKEN");
    app.wait(TimeDelta::minutes(15) - TimeDelta::microseconds(1));
    pay(&one, &token).await.expect(201);
    let late = merchant.make_token(&other, GOOD_CARD).await;
    app.wait(TimeDelta::minutes(15));
    pay(&other, &late).await.refused(401, "INVALID_TOKEN");
    for nothing in ["x", "00000000-0000-4000-8000-00000000ffff"] {
        pay(&other, nothing).await.refused(401, "INVALID_TOKEN");
    }
}

#[tokio::test]
async fn a_refused_payment_does_not_use_its_token_up() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    let mut wrong = body.clone();
    wrong["payment_method"]["type"] = json!("PIX");
    merchant.post("/v1/payments", wrong).await.refused(400, "INCORRECT_PAYMENT_METHOD_TYPE");
    merchant.post("/v1/payments", body).await.expect(201);
}

#[tokio::test]
async fn one_of_an_enrolled_method_is_for_its_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (customer, other) = (merchant.make_customer().await, merchant.make_customer().await);
    let method = merchant.enroll(&customer, GOOD_CARD).await;
    let make = async |session: &str| {
        let body = json!({"payment_method": {"type": "CARD", "vaulted_token": method["vaulted_token"],
            "card": {"detail": {"security_code": "123"}}}});
        app.sdk().post(format!("/v1/checkout/sessions/{session}/token"), body).await
    };
    make(&merchant.make_session_of(&other).await).await.refused(400, "INVALID_CUSTOMER_FOR_TOKEN");
    make(&merchant.make_checkout_session("BR", "BRL").await).await.refused(400, "INVALID_CUSTOMER_FOR_TOKEN");
    let session = merchant.make_session_of(&customer).await;
    let token = make(&session).await.expect(201);
    let of_other = merchant.make_session_of(&other).await;
    let stolen = merchant.payment_body(&of_other, "BR", "BRL", json!({"token": token["token"]}));
    merchant.post("/v1/payments", stolen).await.refused(400, "INVALID_CUSTOMER_FOR_TOKEN");
    assert_eq!(token["vaulted_token"], method["vaulted_token"]);
    // The session is given to somebody else before the token is used.
    let path = format!("/v1/checkout/sessions/{session}");
    merchant.patch(&path, json!({"customer_id": other})).await.expect(200);
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token["token"]}));
    merchant.post("/v1/payments", body.clone()).await.refused(400, "INVALID_CUSTOMER_FOR_TOKEN");
    merchant.patch(&path, json!({"customer_id": customer})).await.expect(200);
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(payment["payment_method"]["vaulted_token"], method["vaulted_token"]);
}

#[tokio::test]
async fn saving_the_card_enrolls_it_when_it_is_paid_with() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let session = merchant.make_session_of(&customer).await;
    let card = json!({"save": true, "detail": Client::card(GOOD_CARD), "installment": {"value": 3}});
    let body = json!({"payment_method": {"type": "CARD", "card": card}});
    let token = app.sdk().post(format!("/v1/checkout/sessions/{session}/token"), body).await.expect(201);
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token["token"]}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(payment["payment_method"]["payment_method_detail"]["card"]["installments"], 3);
    let listed = merchant.get(format!("/v1/customers/{customer}/payment-methods")).await.expect(200);
    assert_eq!(listed["payment_methods"][0]["vaulted_token"], payment["payment_method"]["vaulted_token"]);
}

#[tokio::test]
async fn a_direct_one_is_for_its_account() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let make = json!({"account_id": merchant.account, "card_data": Client::card("4507990000000010")});
    let token = merchant.post("/v1/tokens", make.clone()).await.expect(201);
    assert!(token["card_data"].get("country_code").is_none());
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "CARD", "token": token["token"]});
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(payment["transactions"]["response_code"], "INSUFFICIENT_FUNDS");
    let mut wrong = make;
    wrong["card_data"]["number"] = json!("12");
    wrong["card_data"]["expiration_month"] = json!(13);
    wrong["card_data"]["security_code"] = json!("12");
    let fields = ["card_data.number", "card_data.expiration_month", "card_data.security_code"];
    merchant.post("/v1/tokens", wrong).await.refused_fields(&fields);
}

#[tokio::test]
async fn expired_ones_are_dropped() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let session = merchant.make_checkout_session("BR", "BRL").await;
    merchant.make_token(&session, GOOD_CARD).await;
    let kept =
        async || -> i64 { sqlx::query_scalar("select count(*) from tokens").fetch_one(app.pool()).await.unwrap() };
    app.wait(TimeDelta::hours(24));
    app.do_what_is_due().await;
    assert_eq!(kept().await, 1);
    app.wait(TimeDelta::minutes(15));
    app.do_what_is_due().await;
    assert_eq!(kept().await, 0);
}
