//! What a checkout makes of sessions.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, GOOD_CARD, TestApp};

fn types(methods: &Value) -> Vec<String> {
    methods.as_array().unwrap().iter().map(|method| method["type"].as_str().unwrap().to_owned()).collect()
}

/// A session of the account, with more in its body; gives its id and the types that it told on creation.
async fn session(merchant: &Client, more: Value) -> (String, Vec<String>) {
    let mut body = merchant.session_body("BR", "BRL");
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    (made["checkout_session"].as_str().unwrap().to_owned(), types(&made["payment_methods"]))
}

async fn list(merchant: &Client, session: &str) -> Value {
    merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200)
}

#[tokio::test]
async fn the_default_shapes_sessions_that_name_none() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let (before, told) = session(&merchant, json!({})).await;
    assert_eq!(told, ["CARD", "BOLETO", "GOOGLE_PAY", "PIX"]);
    let default = merchant.default_checkout().await;
    assert_eq!(session(&merchant, json!({})).await.1, told, "a new default changes nothing");
    let methods = json!([
        {"payment_method_type": "PIX", "order_to_show": 0, "name": "Pix, at once", "description": "In seconds",
         "icon": "https://cdn.example.com/pix.png"},
        {"payment_method_type": "BOLETO", "is_active": false},
        {"payment_method_type": "GOOGLE_PAY", "icon": "/icons/google_pay.svg"},
    ]);
    merchant.publish_methods(&default, methods).await;
    let (after, told) = session(&merchant, json!({})).await;
    assert_eq!(told, ["PIX", "CARD", "GOOGLE_PAY"]);
    for session in [before, after] {
        let listed = list(&merchant, &session).await;
        assert_eq!(types(&listed), told, "also of a session that was there before");
        let pix = &listed[0];
        assert_eq!((&pix["name"], &pix["description"]), (&json!("Pix, at once"), &json!("In seconds")));
        assert_eq!(pix["icon"], "https://cdn.example.com/pix.png");
        assert_eq!(pix["checkout"]["conditions"], json!({"enabled": true, "rules": null}));
        assert_eq!(listed[2]["icon"], "https://sessions.example.com/icons/google_pay.svg");
        let path = format!("/v1/checkout/sessions/{session}/payment-methods/explain");
        let told = merchant.get(path).await.expect(200);
        assert_eq!(told["checkout_id"], json!(default));
        let boleto = told["payment_methods"].as_array().unwrap().iter().find(|method| method["type"] == "BOLETO");
        assert_eq!(boleto.unwrap()["code"], "CHECKOUT_OFF");
    }
}

#[tokio::test]
async fn a_session_can_name_a_published_one_of_its_account() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let promo = merchant.make_checkout("Promo").await;
    merchant.publish_methods(&promo, json!([{"payment_method_type": "CARD", "is_active": false}])).await;
    let (named, told) = session(&merchant, json!({"checkout_id": promo})).await;
    assert_eq!(told, ["BOLETO", "GOOGLE_PAY", "PIX"]);
    let (unnamed, all) = session(&merchant, json!({})).await;
    assert_eq!(all, ["CARD", "BOLETO", "GOOGLE_PAY", "PIX"]);
    assert_eq!(types(&list(&merchant, &named).await), told);
    assert_eq!(types(&list(&merchant, &unnamed).await), all);
    let retrieved = merchant.get(format!("/v1/checkout/sessions/{named}")).await.expect(200);
    assert_eq!(retrieved["checkout_id"], json!(promo));

    // With one that shapes nothing any more it is like every other.
    merchant.patch(format!("/v1/checkouts/{promo}"), json!({"status": "NOT_PUBLISHED"})).await.expect(200);
    assert_eq!(types(&list(&merchant, &named).await), all);
    let theirs = app.another_merchant().await.default_checkout().await;
    for unknown in [Uuid::new_v4().to_string(), promo.clone(), theirs] {
        let mut body = merchant.session_body("BR", "BRL");
        body["checkout_id"] = json!(unknown);
        merchant.post("/v1/checkout/sessions", body).await.refused_fields(&["checkout_id"]);
        let customer = merchant.make_customer().await;
        let body = json!({
            "account_id": merchant.account, "country": "BR", "customer_id": customer, "checkout_id": unknown,
        });
        merchant.post("/v1/customers/sessions", body).await.refused_fields(&["checkout_id"]);
    }
    merchant.patch(format!("/v1/checkouts/{promo}"), json!({"is_default": true})).await.expect(200);
    assert_eq!(session(&merchant, json!({})).await.1, told, "now it is the default");
}

#[tokio::test]
async fn a_key_answers_the_same_when_the_checkout_is_published_no_more() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let promo = merchant.make_checkout("Promo").await;
    let mut body = merchant.session_body("BR", "BRL");
    body["checkout_id"] = json!(promo);
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let first = keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200);
    merchant.patch(format!("/v1/checkouts/{promo}"), json!({"status": "ARCHIVED"})).await.expect(200);
    assert_eq!(keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200), first);
    merchant
        .with("x-idempotency-key", "k-2")
        .post("/v1/checkout/sessions", body)
        .await
        .refused_fields(&["checkout_id"]);
}

#[tokio::test]
async fn conditions_say_which_rules_spoke() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let set = |name: &str, priority: u32, conditions: Value| {
        json!({
            "code": "6822f80c-684e-41a3-8628-78963d3d60f7", "name": name, "priority": priority,
            "conditions": conditions,
        })
    };
    let rich = json!([
        {"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"currency": "BRL", "min": "100.50"}]},
        {"condition_type": "COUNTRY", "conditional": "NOT_ONE_OF", "values": ["MX", "CO"]},
    ]);
    let gold = json!([
        {"condition_type": "METADATA", "conditional": "ONE_OF", "values": [{"key": "tier", "value": "gold"}]},
        {"condition_type": "CURRENCY", "conditional": "ONE_OF", "values": ["BRL", "USD"]},
    ]);
    let sets = json!([set("rich", 2, rich), set("gold", 1, gold)]);
    merchant.publish_methods(&default, json!([{"payment_method_type": "CARD", "conditions_to_override": sets}])).await;
    let card = async |more: Value| {
        let (id, told) = session(&merchant, more).await;
        let listed = list(&merchant, &id).await;
        assert_eq!(types(&listed), told);
        let card = listed.as_array().unwrap().iter().find(|method| method["type"] == "CARD");
        (card.map(|card| card["checkout"]["conditions"].clone()), id)
    };
    let (none, id) = card(json!({})).await;
    assert_eq!(none, None, "100 is less than 100.50");
    let path = format!("/v1/checkout/sessions/{id}/payment-methods/explain");
    let explained = merchant.get(path).await.expect(200);
    assert_eq!(explained["payment_methods"][0]["code"], "CHECKOUT_CONDITIONS");

    let amount = json!({"amount": {"currency": "BRL", "value": 100.5}});
    let empty = || json!({"countries": null, "currency": null, "max": null, "metadata": null, "min": null});
    let rule = |condition: &str, name: &str, r#type: &str, values: Value| {
        let mut all = empty();
        all.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        json!({
            "condition": condition, "condition_group_code": "6822f80c-684e-41a3-8628-78963d3d60f7",
            "condition_name": name, "type": r#type, "values": all,
        })
    };
    let expected = json!({"enabled": false, "rules": [
        rule("INCLUDE", "rich", "AMOUNT", json!({"currency": "BRL", "min": "100.5"})),
        rule("EXCLUDE", "rich", "COUNTRY", json!({"countries": ["MX", "CO"]})),
    ]});
    assert_eq!(card(amount).await.0.unwrap().to_string(), expected.to_string());

    let metadata = json!({"metadata": [{"key": "tier", "value": "gold"}], "amount": {"currency": "BRL", "value": 500}});
    let expected = json!({"enabled": false, "rules": [
        rule("INCLUDE", "gold", "METADATA", json!({"metadata": [{"key": "tier", "value": "gold"}]})),
        rule("INCLUDE", "gold", "CURRENCY", json!({"currency": "BRL"})),
        rule("INCLUDE", "gold", "CURRENCY", json!({"currency": "USD"})),
    ]});
    assert_eq!(card(metadata).await.0.unwrap().to_string(), expected.to_string(), "the smaller priority is told");
    assert!(card(json!({"metadata": {"tier": "gold"}})).await.0.is_some(), "the other form of metadata");
    assert!(card(json!({"metadata": {"tier": "golden"}})).await.0.is_none());

    // What changes in the session changes what it offers.
    let change = json!({"amount": {"value": 1000}});
    merchant.patch(format!("/v1/checkout/sessions/{id}"), change).await.expect(200);
    assert_eq!(types(&list(&merchant, &id).await)[0], "CARD");
}

#[tokio::test]
async fn nothing_is_paid_that_the_session_does_not_offer() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let (id, _) = session(&merchant, json!({})).await;
    let token = merchant.make_token(&id, GOOD_CARD).await;
    merchant.publish_methods(&default, json!([{"payment_method_type": "CARD", "is_active": false}])).await;
    let body = json!({"payment_method": {"type": "CARD", "card": Client::card(GOOD_CARD)}});
    let path = format!("/v1/checkout/sessions/{id}/token");
    merchant.post(&path, body.clone()).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let pay = merchant.payment_body(&id, "BR", "BRL", json!({"token": token}));
    merchant.post("/v1/payments", pay.clone()).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    // Without a session there is no checkout.
    merchant.post("/v1/payments", merchant.direct_body(GOOD_CARD)).await.expect(201);
    merchant.publish_methods(&default, json!([{"payment_method_type": "CARD", "is_active": true}])).await;
    merchant.post(&path, body).await.expect(201);
    merchant.post("/v1/payments", pay).await.expect(201);
}

#[tokio::test]
async fn what_is_enrolled_is_offered_while_the_checkout_allows_it_whatever_the_conditions() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let customer = merchant.make_customer().await;
    let enrolled = merchant.enroll(&customer, GOOD_CARD).await;
    let (id, _) = session(&merchant, json!({"customer_id": customer})).await;
    let cards = async |settings: Value| {
        let mut all = json!({
            "payment_method_type": "CARD", "is_active": true, "active_enrollment_type": "BOTH",
            "conditions_to_override": [],
        });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        merchant.publish_methods(&default, json!([all])).await;
        let listed = list(&merchant, &id).await;
        let cards = listed.as_array().unwrap().iter().filter(|method| method["type"] == "CARD");
        cards.map(|card| card["vaulted_token"].is_string()).collect::<Vec<_>>()
    };
    assert_eq!(cards(json!({})).await, [true, false]);
    assert_eq!(cards(json!({"is_active": false})).await, [false; 0]);
    assert_eq!(cards(json!({"active_enrollment_type": "ENROLLMENT"})).await, [true]);
    assert_eq!(cards(json!({"active_enrollment_type": "NO_ENROLLMENT"})).await, [false]);
    let path = format!("/v1/checkout/sessions/{id}/token");
    let vaulted = json!({"payment_method": {"type": "CARD", "vaulted_token": enrolled["vaulted_token"]}});
    let token = merchant.post(&path, vaulted.clone()).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    assert_eq!(token, ["CARD is not available here."]);
    let with_enrolled = json!({"vaulted_token": enrolled["vaulted_token"]});
    let pay = merchant.payment_body(&id, "BR", "BRL", with_enrolled);
    merchant.post("/v1/payments", pay).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let elsewhere = json!([{"name": "elsewhere", "conditions": [
        {"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": ["MX"]},
    ]}]);
    assert_eq!(cards(json!({"conditions_to_override": elsewhere})).await, [true]);
    let token = merchant.post(&path, vaulted).await.expect(201);
    let new = json!({"payment_method": {"type": "CARD", "card": Client::card(GOOD_CARD)}});
    merchant.post(&path, new).await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    let pay = merchant.payment_body(&id, "BR", "BRL", json!({"token": token["token"]}));
    merchant.post("/v1/payments", pay).await.expect(201);
}

#[tokio::test]
async fn customer_sessions_are_shaped_too() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let promo = merchant.make_checkout("Promo").await;
    let methods = json!([
        {"payment_method_type": "NEQUI", "order_to_show": 0, "name": "Your Nequi", "icon": "/icons/nequi.svg"},
        {"payment_method_type": "CARD", "conditions_to_override": [{"name": "elsewhere", "conditions": [
            {"condition_type": "COUNTRY", "conditional": "EXCLUDE", "values": ["CO"]},
            {"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"min": 1}]},
        ]}]},
    ]);
    merchant.publish_methods(&promo, methods).await;
    let customer = merchant.make_customer().await;
    let make = async |country: &str, checkout: Option<&str>| {
        let body = json!({
            "account_id": merchant.account, "country": country, "customer_id": customer, "checkout_id": checkout,
        });
        let made = merchant.post("/v1/customers/sessions", body).await.expect(200);
        assert_eq!(made["checkout_id"], json!(checkout));
        made["customer_session"].as_str().unwrap().to_owned()
    };
    let list = async |session: &str| {
        let path = format!("/v1/checkout/customers/sessions/{session}/payment-methods");
        merchant.get(path).await.expect(200)["payment_methods"].clone()
    };
    let (plain, shaped) = (make("CO", None).await, make("CO", Some(&promo)).await);
    assert_eq!(types(&list(&plain).await), ["CARD", "NEQUI"]);
    let listed = list(&shaped).await;
    assert_eq!(types(&listed), ["NEQUI"]);
    assert_eq!(
        (&listed[0]["name"], &listed[0]["icon"]),
        (&json!("Your Nequi"), &json!("https://sessions.example.com/icons/nequi.svg"))
    );
    let elsewhere = make("BR", Some(&promo)).await;
    assert_eq!(types(&list(&elsewhere).await), ["CARD"]);
    let enroll = async |session: &str, country: &str| {
        let body = json!({"account_id": merchant.account, "country": country, "payment_method_type": "CARD"});
        merchant.post(format!("/v1/customers/sessions/{session}/payment-methods"), body).await
    };
    enroll(&plain, "CO").await.expect(201);
    enroll(&shaped, "CO").await.refused(400, "UNAVAILABLE_PAYMENT_METHOD");
    enroll(&elsewhere, "BR").await.expect(201);
}

#[tokio::test]
async fn nothing_is_enrolled_by_paying_where_the_checkout_does_not_allow_it() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let customer = merchant.make_customer().await;
    for (allowed, enrolled) in [("NO_ENROLLMENT", 0), ("BOTH", 1)] {
        let methods = json!([{"payment_method_type": "CARD", "active_enrollment_type": allowed}]);
        merchant.publish_methods(&default, methods).await;
        let (id, _) = session(&merchant, json!({"customer_id": customer})).await;
        let card = json!({"card": {"card_data": Client::card(GOOD_CARD)}});
        let method = json!({"type": "CARD", "vault_on_success": true, "detail": card});
        let paid = merchant.post("/v1/payments", merchant.payment_body(&id, "BR", "BRL", method)).await.expect(201);
        assert_eq!(paid["status"], "SUCCEEDED");
        let path = format!("/v1/customers/{customer}/payment-methods");
        let methods = merchant.get(path).await.expect(200);
        assert_eq!(methods["payment_methods"].as_array().unwrap().len(), enrolled, "{allowed}");
    }
}

#[tokio::test]
async fn explain_tells_what_the_checkout_decided() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let methods = json!([
        {"payment_method_type": "CARD", "active_enrollment_type": "ENROLLMENT", "name": "Your card"},
        {"payment_method_type": "PIX", "is_active": false, "active_enrollment_type": "NONE"},
    ]);
    merchant.publish_methods(&default, methods).await;
    let (id, told) = session(&merchant, json!({})).await;
    assert_eq!(told, ["BOLETO", "GOOGLE_PAY"]);
    let explained = merchant.get(format!("/v1/checkout/sessions/{id}/payment-methods/explain")).await.expect(200);
    let of = |r#type: &str| {
        let methods = explained["payment_methods"].as_array().unwrap();
        methods.iter().find(|method| method["type"] == r#type).unwrap().clone()
    };
    let card = of("CARD");
    assert_eq!((&card["code"], &card["name"]), (&json!("CHECKOUT_ENROLLMENT"), &json!("Your card")));
    assert_eq!(card["reason"], "The checkout shows CARD to customers who have enrolled it only.");
    assert_eq!(of("PIX")["code"], "CHECKOUT_OFF");
    assert_eq!(of("PIX")["reason"], "The checkout does not show PIX.");
}
