//! `POST /v1/checkout/sessions/{checkout_session}/pay` and `GET …/info`: what is done with the public key alone.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, TestApp};

/// A card whose holder authenticates on the way.
const CHALLENGED_CARD: &str = "4000000000003220";

/// Makes a session with more fields, and gives its address.
async fn session_with(merchant: &Client, more: Value) -> String {
    let mut body = merchant.session_body("BR", "BRL");
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    format!("/v1/checkout/sessions/{}", session["checkout_session"].as_str().unwrap())
}

/// Makes a one-time token of a session.
async fn token_of(sdk: &Client, session: &str, method: Value) -> Value {
    sdk.post(format!("{session}/token"), json!({"payment_method": method})).await.expect(201)["token"].clone()
}

fn card(number: &str) -> Value {
    json!({"type": "CARD", "card": Client::card(number)})
}

#[tokio::test]
async fn a_session_is_paid_once_and_tells_how_its_payment_stands() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session =
        session_with(&merchant, json!({"workflow": "CHECKOUT", "metadata": [{"key": "a", "value": "b"}]})).await;
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!(
        (&info["status"], &info["payment"], &info["can_enroll"]),
        (&json!("ACTIVE"), &Value::Null, &json!(false))
    );
    let (token, other) =
        (token_of(&sdk, &session, card(GOOD_CARD)).await, token_of(&sdk, &session, card(GOOD_CARD)).await);
    let paid = sdk.post(format!("{session}/pay"), json!({"token": token})).await.expect(201);
    let expected = json!({
        "id": paid["id"], "status": "SUCCEEDED", "sub_status": "APPROVED", "payment_method_type": "CARD",
        "sdk_action_required": false, "redirect_url": null, "payment_method_detail": null,
    });
    assert_eq!(paid, expected);
    for token in [token, other] {
        let again = sdk.post(format!("{session}/pay"), json!({"token": token})).await;
        again.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    }
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!((&info["status"], &info["payment"]), (&json!("COMPLETED"), &paid));
    let payment = merchant.get(format!("{session}/payment")).await.expect(200);
    assert_eq!((&payment["id"], &payment["workflow"]), (&paid["id"], &json!("CHECKOUT")));
    assert_eq!((&payment["merchant_order_id"], &payment["amount"]["value"]), (&json!("order-1"), &json!(100)));
}

#[tokio::test]
async fn only_the_workflow_of_the_session_opens_it() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    for workflow in ["SDK_CHECKOUT", "SDK_LITE", "SDK_HEADLESS", "DIRECT", "REDIRECT"] {
        let session = session_with(&merchant, json!({"workflow": workflow})).await;
        let token = token_of(&sdk, &session, card(GOOD_CARD)).await;
        let told = sdk.post(format!("{session}/pay"), json!({"token": token})).await.refused(400, "INVALID_REQUEST");
        assert!(told[0].contains("SDK_SEAMLESS"), "{told:?}");
        assert_eq!(merchant.get(&session).await.expect(200)["used"], false, "{workflow}");
        // The backend can still use the token.
        let body = merchant.payment_body(session.rsplit('/').next().unwrap(), "BR", "BRL", json!({"token": token}));
        merchant.post("/v1/payments", body).await.expect(201);
    }
}

#[tokio::test]
async fn a_customer_comes_back_to_the_hosted_checkout_and_of_a_seamless_sdk_to_the_merchant() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    for (workflow, hosted) in [("CHECKOUT", true), ("SDK_SEAMLESS", false)] {
        let more = json!({"workflow": workflow, "return_url": "https://shop.example.com/done"});
        let session = session_with(&merchant, more).await;
        let token = token_of(&sdk, &session, card(CHALLENGED_CARD)).await;
        let paid = sdk.post(format!("{session}/pay"), json!({"token": token})).await.expect(201);
        assert_eq!((&paid["status"], &paid["sdk_action_required"]), (&json!("PENDING"), &json!(true)));
        let page = paid["redirect_url"].as_str().unwrap();
        let back = app.decide(page, "otp=1234").await;
        let id = session.rsplit('/').next().unwrap();
        let expected = match hosted {
            true => format!(
                "https://sessions.example.com/checkout/{id}?public_api_key={}&checkoutSession={id}",
                sdk.keys.public.as_deref().unwrap()
            ),
            false => format!("https://shop.example.com/done?checkoutSession={id}"),
        };
        assert_eq!(back.headers["location"], expected.as_str());
        let info = sdk.get(format!("{session}/info")).await.expect(200);
        assert_eq!((&info["payment"]["status"], &info["payment"]["redirect_url"]), (&json!("SUCCEEDED"), &Value::Null));
        assert_eq!(info["return_url"], format!("https://shop.example.com/done?checkoutSession={id}"));
    }
}

#[tokio::test]
async fn an_sdk_is_told_what_a_customer_needs_to_pay() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session = session_with(&merchant, json!({"workflow": "SDK_SEAMLESS"})).await;
    let token = token_of(&sdk, &session, json!({"type": "PIX"})).await;
    let paid = sdk.post(format!("{session}/pay"), json!({"token": token})).await.expect(201);
    let detail = &paid["payment_method_detail"]["bank_transfer"];
    assert!(detail["qr_code"].as_str().unwrap().starts_with("000201"), "{detail}");
    assert_eq!((&paid["status"], &detail["redirect_url"]), (&json!("PENDING"), &paid["redirect_url"]));
    app.decide(paid["redirect_url"].as_str().unwrap(), "decision=decline").await;
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!((&info["payment"]["status"], &info["payment"]["redirect_url"]), (&json!("DECLINED"), &Value::Null));
}

#[tokio::test]
async fn whoever_has_the_public_key_decides_no_fraud_and_learns_nothing_of_a_wallets_card() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let more = json!({"workflow": "CHECKOUT", "payment_description": "PENDING_FRAUD_REVIEW"});
    let session = session_with(&merchant, more).await;
    let token = token_of(&sdk, &session, card("4999999999999999")).await;
    let paid = sdk.post(format!("{session}/pay"), json!({"token": token})).await.expect(201);
    assert_eq!((&paid["sub_status"], &paid["redirect_url"]), (&json!("PENDING_FRAUD_REVIEW"), &Value::Null));

    let session = session_with(&merchant, json!({})).await;
    let method = json!({"type": "GOOGLE_PAY", "detail": {"wallet": {"card_data": {"lfd": "4242"}}}});
    let body = merchant.payment_body(session.rsplit('/').next().unwrap(), "BR", "BRL", method);
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let wallet = |detail: &Value| detail["wallet"]["card_data"]["lfd"].clone();
    assert_eq!(wallet(&payment["payment_method"]["payment_method_detail"]), "4242");
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!(wallet(&info["payment"]["payment_method_detail"]), "");
}

#[tokio::test]
async fn what_the_customer_was_not_shown_is_not_paid() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session = session_with(&merchant, json!({"workflow": "CHECKOUT"})).await;
    let token = token_of(&sdk, &session, card(GOOD_CARD)).await;
    merchant.patch(&session, json!({"amount": {"currency": "BRL", "value": 150}})).await.expect(200);
    let pay = |value: u16| json!({"token": token, "amount": {"currency": "BRL", "value": value}});
    sdk.post(format!("{session}/pay"), pay(100)).await.refused_fields(&["amount.value"]);
    assert_eq!(merchant.get(&session).await.expect(200)["used"], false);
    sdk.post(format!("{session}/pay"), pay(150)).await.expect(201);
    assert_eq!(merchant.get(format!("{session}/payment")).await.expect(200)["amount"]["value"], 150);
}

#[tokio::test]
async fn a_customer_pays_in_instalments_that_are_offered() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let in_parts = |parts: u16| {
        let mut method = card(GOOD_CARD);
        method["card"] = json!({"detail": Client::card(GOOD_CARD), "installment": {"value": parts}});
        method
    };
    let session = session_with(&merchant, json!({"workflow": "CHECKOUT"})).await;
    let token = token_of(&sdk, &session, in_parts(3)).await;
    let told = sdk.post(format!("{session}/pay"), json!({"token": token})).await.refused(400, "INVALID_PARAMETERS");
    assert!(told[0].contains("asks for 3 instalments") && told[0].ends_with("has none"), "{told:?}");
    let plan = merchant.make_plan(json!({})).await;
    let offered = sdk.get(format!("{session}/installments?iin=45079900")).await.expect(200);
    assert_eq!(offered["plan_id"], plan.as_str());
    let parts = offered["installments_plan"][1]["installment"].as_u64().unwrap();
    let token = token_of(&sdk, &session, in_parts(48)).await;
    sdk.post(format!("{session}/pay"), json!({"token": token})).await.refused(400, "INVALID_PARAMETERS");
    let token = token_of(&sdk, &session, in_parts(u16::try_from(parts).unwrap())).await;
    sdk.post(format!("{session}/pay"), json!({"token": token})).await.expect(201);
    let payment = merchant.get(format!("{session}/payment")).await.expect(200);
    let detail = &payment["payment_method"]["payment_method_detail"]["card"];
    assert_eq!((&detail["installments"], &detail["installments_plan_id"]), (&json!(parts), &json!(plan)));
    for wrong in [0, 1000, 40_000] {
        let body = json!({"payment_method": in_parts(wrong)});
        let refused = sdk.post(format!("{}/token", session_with(&merchant, json!({})).await), body).await;
        refused.refused_fields(&["payment_method.card.installment.value"]);
    }
}

#[tokio::test]
async fn what_cannot_pay_is_refused_and_uses_nothing_up() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session = session_with(&merchant, json!({"workflow": "CHECKOUT"})).await;
    let other = session_with(&merchant, json!({"workflow": "CHECKOUT"})).await;
    let of_other = token_of(&sdk, &other, card(GOOD_CARD)).await;
    for token in [of_other, json!("01980f2e-7a6b-7c4d-8e5f-0123456789ab"), json!("nonsense")] {
        sdk.post(format!("{session}/pay"), json!({"token": token})).await.refused(401, "INVALID_TOKEN");
    }
    sdk.post(format!("{session}/pay"), json!({})).await.refused(400, "MISSING_PARAMETERS");
    let token = token_of(&sdk, &session, card(GOOD_CARD)).await;
    assert_eq!(merchant.get(&session).await.expect(200)["used"], false);
    app.wait(TimeDelta::hours(5));
    sdk.post(format!("{session}/pay"), json!({"token": token})).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!((&info["status"], &info["payment"]), (&json!("EXPIRED"), &Value::Null));
}

#[tokio::test]
async fn what_a_checkout_shows_has_the_looks_of_its_checkout_and_nothing_of_the_customer() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let checkout = merchant.make_checkout("For the sale").await;
    let styling = json!({"styling": {"styles": {"global": {"accent_color": "#8A1C4A"}}}});
    merchant.with_account().put(format!("/v1/checkouts/{checkout}"), styling).await.expect(200);
    let customer = merchant.make_customer().await;
    let more = json!({
        "checkout_id": checkout, "customer_id": customer, "callback_url": "https://shop.example.com/back",
        "customer_payer": {"email": "ana@example.com"},
    });
    let session = session_with(&merchant, more).await;
    let info = sdk.get(format!("{session}/info")).await.expect(200);
    assert_eq!(info["styling"]["styles"]["global"]["accent_color"], "#8A1C4A");
    assert_eq!((&info["can_enroll"], &info["workflow"]), (&json!(true), &json!("SDK_CHECKOUT")));
    let text = info.to_string();
    assert!(!text.contains(&customer) && !text.contains("ana@example.com"), "{text}");
    let plain = sdk.get(format!("{}/info", session_with(&merchant, json!({})).await)).await.expect(200);
    assert_ne!(plain["styling"]["styles"]["global"]["accent_color"], "#8A1C4A");
    assert_eq!(plain["return_url"], Value::Null);
}
