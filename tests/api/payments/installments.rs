//! In how many parts a card payment may be paid.

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, TestApp};

/// Pays on a new session that has instalments, in some parts, and gives the answer to it.
async fn pay(merchant: &Client, session: Value, parts: Option<u16>) -> crate::support::Answer {
    let mut body = merchant.session_body("BR", "BRL");
    body["installments"] = session;
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let mut card = json!({"card_data": Client::card(GOOD_CARD)});
    if let Some(parts) = parts {
        card["installments"] = json!(parts);
    }
    let method = json!({"type": "CARD", "detail": {"card": card}});
    let session = session["checkout_session"].as_str().unwrap();
    merchant.post("/v1/payments", merchant.payment_body(session, "BR", "BRL", method)).await
}

/// What a payment says of its parts.
fn told(payment: &Value) -> Value {
    let card = &payment["payment_method"]["payment_method_detail"]["card"];
    let fields = [
        "installments",
        "installments_plan_id",
        "first_installment_deferral",
        "installments_type",
        "installment_amount",
    ];
    fields.map(|field| card[field].clone()).into_iter().collect()
}

#[tokio::test]
async fn the_plan_that_the_session_names_decides() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let parts = json!([
        {"installment": 3, "rate": 1.2, "type": "MERCHANT_INSTALLMENTS"},
        {"installment": 6, "rate": 1.0001, "type": "ISSUER_INSTALLMENTS"},
        {"installment": 7, "rate": 1},
    ]);
    let plan = merchant.make_plan(json!({"installments_plan": parts, "first_installment_deferral": 2})).await;
    for (sent, expected) in [
        (Some(3), json!([3, plan, 2, "MERCHANT", 40])),
        (Some(6), json!([6, plan, 2, "ISSUER", 16.67])),
        (Some(7), json!([7, plan, 2, "", 14.29])),
        (Some(1), json!([1, null, 0, "", null])),
        (None, json!([1, null, 0, "", null])),
    ] {
        let payment = pay(&merchant, json!({"plan_id": plan}), sent).await.expect(201);
        assert_eq!(told(&payment).to_string(), expected.to_string());
        let kept = merchant.get(format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(told(&kept), expected);
    }
    let events = merchant.get("/v1/events").await.expect(200);
    let detail = "/body/data/payment/transactions/payment_method/payment_method_detail/card/installments_amount";
    let amounts: Vec<_> =
        events["events"].as_array().unwrap().iter().map(|event| event.pointer(detail).unwrap()).collect();
    assert_eq!(json!(amounts), json!([40, 16.67, 14.29, null, null]));
    let messages = pay(&merchant, json!({"plan_id": plan}), Some(2)).await.refused(400, "INVALID_PARAMETERS");
    let expected =
        "payment_method.detail.card.installments: asks for 2 instalments, and the checkout session has 3, 6, 7";
    assert_eq!(messages, [expected]);
}

#[tokio::test]
async fn a_plan_that_is_gone_is_no_rule() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.make_plan(json!({})).await;
    let mut body = merchant.session_body("BR", "BRL");
    body["installments"] = json!({"plan_id": plan});
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    merchant.delete(format!("/v1/installments-plans/{plan}")).await.expect(200);
    let card = json!({"card_data": Client::card(GOOD_CARD), "installments": 2});
    let method = json!({"type": "CARD", "detail": {"card": card}});
    let session = session["checkout_session"].as_str().unwrap();
    let payment = merchant.post("/v1/payments", merchant.payment_body(session, "BR", "BRL", method)).await.expect(201);
    assert_eq!(told(&payment), json!([2, null, 0, "", null]));
}

#[tokio::test]
async fn the_sessions_own_plan_goes_before_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.make_plan(json!({})).await;
    let own = json!({"plan_id": plan, "plan": [{"installment": 1, "rate": 1}, {"installment": 12, "rate": 1.5}]});
    let payment = pay(&merchant, own.clone(), Some(12)).await.expect(201);
    assert_eq!(told(&payment), json!([12, null, 0, "", 12.5]));
    let payment = pay(&merchant, own.clone(), None).await.expect(201);
    assert_eq!(told(&payment), json!([1, null, 0, "", 100]));
    pay(&merchant, own, Some(3)).await.refused_fields(&["payment_method.detail.card.installments"]);
}

#[tokio::test]
async fn without_a_plan_any_number_is_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    // One that is shown, and that nobody has named, is no rule.
    merchant.make_plan(json!({})).await;
    for parts in [2, 48] {
        let payment = pay(&merchant, json!(null), Some(parts)).await.expect(201);
        assert_eq!(told(&payment), json!([parts, null, 0, "", null]));
    }
    let mut direct = merchant.direct_body(GOOD_CARD);
    direct["payment_method"]["detail"]["card"]["installments"] = json!(5);
    let payment = merchant.post("/v1/payments", direct).await.expect(201);
    assert_eq!(told(&payment), json!([5, null, 0, "", null]));
}

#[tokio::test]
async fn a_token_that_asks_for_another_number_stays_unused() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.make_plan(json!({})).await;
    let mut body = merchant.session_body("BR", "BRL");
    body["installments"] = json!({"plan_id": plan});
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let session = session["checkout_session"].as_str().unwrap();
    let card = json!({"detail": Client::card(GOOD_CARD), "installment": {"value": 2}});
    let token = json!({"payment_method": {"type": "CARD", "card": card}});
    let token = app.sdk().post(format!("/v1/checkout/sessions/{session}/token"), token).await.expect(201);
    let mut payment = merchant.payment_body(session, "BR", "BRL", json!({"token": token["token"]}));
    merchant.post("/v1/payments", payment.clone()).await.refused_fields(&["payment_method.token"]);
    // What is sent goes before what the token says.
    payment["payment_method"]["detail"] = json!({"card": {"installments": 3, "first_installment_deferral": 1}});
    let payment = merchant.post("/v1/payments", payment).await.expect(201);
    assert_eq!(told(&payment), json!([3, plan, 1, "", 40]));
}
