//! From a customer to money that is given back: what a merchant, an SDK and a customer do one after the other, over
//! real HTTP against the started program.

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Server, command, http};

/// Somebody who calls the program.
struct Caller<'a> {
    server: &'a Server,
}

impl Caller<'_> {
    async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        answered(self.server.call("POST", path).json(&body).send().await.unwrap(), status).await
    }

    async fn get(&self, path: &str) -> Value {
        answered(self.server.call("GET", path).send().await.unwrap(), 200).await
    }

    /// With the public key alone.
    async fn sdk(&self, path: &str, body: Value, status: u16) -> Value {
        let call = http().post(format!("{}{path}", self.server.url)).json(&body);
        answered(call.header("public-api-key", "sandbox_demo_public_key").send().await.unwrap(), status).await
    }

    async fn session(&self, more: Value) -> String {
        let mut body = json!({
            "account_id": ACCOUNT, "merchant_order_id": "order-1", "payment_description": "Running shoes",
            "country": "BR", "amount": {"currency": "BRL", "value": 100},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let session = self.post("/v1/checkout/sessions", body, 200).await;
        session["checkout_session"].as_str().unwrap().to_owned()
    }

    async fn pay(&self, session: &str, method: Value) -> Value {
        let body = json!({
            "account_id": ACCOUNT, "merchant_order_id": "order-1", "description": "Running shoes", "country": "BR",
            "amount": {"currency": "BRL", "value": 100}, "checkout": {"session": session}, "payment_method": method,
        });
        self.post("/v1/payments", body, 201).await
    }
}

const ACCOUNT: &str = "00000000-0000-4000-8000-000000000001";

async fn answered(answer: Response, status: u16) -> Value {
    let (got, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn card(number: &str) -> Value {
    json!({
        "number": number, "expiration_month": 11, "expiration_year": 28, "security_code": "123",
        "holder_name": "Ana Souza",
    })
}

fn state(payment: &Value) -> (&str, &str) {
    (payment["status"].as_str().unwrap(), payment["sub_status"].as_str().unwrap())
}

#[tokio::test]
async fn a_session_is_paid_declined_redirected_enrolled_captured_and_refunded() {
    let server = Server::start(command().arg("--ephemeral"));
    let caller = Caller { server: &server };
    let customer = caller.post("/v1/customers", json!({"merchant_customer_id": "c-1", "first_name": "Ana"}), 201).await;
    let customer = customer["id"].as_str().unwrap();

    // A card that is good.
    let session = caller.session(json!({"customer_id": customer})).await;
    let token_path = format!("/v1/checkout/sessions/{session}/token");
    let method = json!({"payment_method": {"type": "CARD", "card": card("4507990000000002")}});
    let token = caller.sdk(&token_path, method, 201).await;
    let payment = caller.pay(&session, json!({"token": token["token"]})).await;
    assert_eq!(state(&payment), ("SUCCEEDED", "APPROVED"));
    let session = caller.get(&format!("/v1/checkout/sessions/{session}")).await;
    assert_eq!((&session["status"], &session["used"]), (&json!("COMPLETED"), &json!(true)));

    // A card without money behind it.
    let session = caller.session(json!({})).await;
    let method = json!({"payment_method": {"type": "CARD", "card": {"detail": card("4507990000000010")}}});
    let token = caller.sdk(&format!("/v1/checkout/sessions/{session}/token"), method, 201).await;
    let payment = caller.pay(&session, json!({"token": token["token"]})).await;
    assert_eq!(state(&payment), ("DECLINED", "DECLINED"));
    assert_eq!(payment["transactions"]["response_code"], "INSUFFICIENT_FUNDS");

    // A QR code, paid by the customer on the provider's page.
    let session = caller.session(json!({"return_url": "https://shop.example.com/done?order=1"})).await;
    let payment = caller.pay(&session, json!({"type": "PIX"})).await;
    assert_eq!((state(&payment).0, &payment["checkout"]["sdk_action_required"]), ("PENDING", &json!(true)));
    let detail = &payment["payment_method"]["payment_method_detail"]["bank_transfer"];
    assert!(detail["qr_code"].as_str().unwrap().contains("5403100"), "{detail}");
    let page = detail["redirect_url"].as_str().unwrap();
    let browser = http();
    let shown = browser.get(page).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "text/html; charset=utf-8");
    assert!(shown.text().await.unwrap().contains("BRL 100 by PIX"));
    let form = "application/x-www-form-urlencoded";
    let approved = browser.post(page).header("content-type", form).body("decision=approve").send().await.unwrap();
    assert_eq!(approved.status(), 303);
    let address = format!("https://shop.example.com/done?order=1&checkoutSession={session}");
    assert_eq!(approved.headers()["location"], address.as_str());
    let payment = caller.get(&format!("/v1/checkout/sessions/{session}/payment")).await;
    assert_eq!(state(&payment), ("SUCCEEDED", "APPROVED"));

    // A card that is enrolled, and paid with by its token.
    let body = json!({"account_id": ACCOUNT, "country": "BR", "customer_id": customer});
    let enrolling = caller.post("/v1/customers/sessions", body, 200).await;
    let enrolling = enrolling["customer_session"].as_str().unwrap();
    let path = format!("/v1/customers/sessions/{enrolling}/payment-methods");
    let body = json!({"account_id": ACCOUNT, "country": "BR", "payment_method_type": "CARD"});
    let method = caller.post(&path, body, 201).await;
    assert_eq!(method["status"], "READY_TO_ENROLL");
    let path = format!("{path}/{}/complete", method["id"].as_str().unwrap());
    let method = caller.sdk(&path, json!({"card_data": card("5252440000000002")}), 200).await;
    assert_eq!(method["status"], "ENROLLED");
    let session = caller.session(json!({"customer_id": customer})).await;
    let listed = caller.get(&format!("/v1/checkout/sessions/{session}/payment-methods")).await;
    let first = &listed[0];
    assert_eq!((&first["name"], &first["vaulted_token"]), (&json!("MASTERCARD ****0002"), &method["vaulted_token"]));
    let payment = caller.pay(&session, json!({"vaulted_token": first["vaulted_token"]})).await;
    assert_eq!(state(&payment), ("SUCCEEDED", "APPROVED"));

    // Money that is held, taken in part and given back in part.
    let body = json!({
        "account_id": ACCOUNT, "merchant_order_id": "order-2", "description": "Running shoes", "country": "BR",
        "amount": {"currency": "BRL", "value": 100}, "workflow": "DIRECT",
        "payment_method": {"type": "CARD", "detail": {"card": {
            "capture": false, "card_data": card("4507990000000002"),
        }}},
    });
    let payment = caller.post("/v1/payments", body, 201).await;
    assert_eq!(state(&payment), ("PENDING", "AUTHORIZED"));
    let (payment, held) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
    let body = |value: u32, reason: &str| json!({"merchant_reference": "ref-1", "reason": reason, "amount": {"currency": "BRL", "value": value}});
    let path = format!("/v1/payments/{payment}/transactions/{held}/capture");
    let captured = caller.post(&path, body(60, "PRODUCT_CONFIRMED"), 200).await;
    assert_eq!(captured["payment"]["sub_status"], "PARTIALLY_CAPTURED");
    let path = format!("/v1/payments/{payment}/transactions/{}/refund", captured["id"].as_str().unwrap());
    caller.post(&path, body(25, "REQUESTED_BY_CUSTOMER"), 200).await;
    let payment = caller.get(&format!("/v1/payments/{payment}")).await;
    assert_eq!(state(&payment), ("SUCCEEDED", "PARTIALLY_REFUNDED"));
    let amount = &payment["amount"];
    assert_eq!(
        (&amount["value"], &amount["captured"], &amount["refunded"]),
        (&json!(100), &json!(60), &json!(25)),
        "{amount}"
    );
    let types: Vec<_> = payment["transactions"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect();
    assert_eq!(types, ["AUTHORIZE", "CAPTURE", "REFUND"]);
}
