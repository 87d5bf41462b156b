//! `/v1/testing/faults`: calls that go wrong as a test has asked, to see how a client tries again.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Server, TestApp, command};

async fn ask(merchant: &Client, fault: Value) -> Value {
    merchant.post("/v1/testing/faults", fault).await.expect(201)
}

async fn payments(merchant: &Client) -> usize {
    let found = merchant.get("/v1/payments?merchant_order_id=order-1").await.expect(200);
    found.as_array().unwrap().len()
}

#[tokio::test]
async fn the_next_calls_are_answered_so_and_nothing_is_done() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let fault = ask(&merchant, json!({"operation": "create_payment", "status": 503, "times": 2})).await;
    assert_eq!(
        (&fault["method"], &fault["path"], &fault["retry_after"]),
        (&json!("POST"), &json!("/v1/payments"), &json!(1))
    );
    for left in [1, 0] {
        let answer = merchant.post("/v1/payments", merchant.direct_body(GOOD_CARD)).await;
        assert_eq!(answer.headers["retry-after"], "1");
        answer.refused(503, "SERVICE_UNAVAILABLE");
        let waiting = merchant.get("/v1/testing/faults").await.expect(200);
        assert_eq!(waiting.as_array().unwrap().first().map_or(0, |fault| fault["times"].as_i64().unwrap()), left);
    }
    assert_eq!(payments(&merchant).await, 0);
    merchant.pay_direct(GOOD_CARD).await;
    assert_eq!(payments(&merchant).await, 1);
    let log = merchant.get("/v1/testing/log").await.expect(200);
    assert_eq!((&log[0]["fault"], &log[0]["status"]), (&json!("ANSWERED"), &json!(503)));
}

#[tokio::test]
async fn each_status_has_the_shape_of_its_part_of_the_api() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for (status, code) in [(429, "TOO_MANY_REQUESTS"), (503, "SERVICE_UNAVAILABLE"), (504, "REQUEST_TIMEOUT")] {
        let mut fault = json!({"operation": "list_connections", "status": status});
        if status == 429 {
            fault["retry_after"] = json!(7);
        }
        ask(&merchant, fault).await;
        let answer = merchant.get("/v1/connections").await;
        let retry_after = answer.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            retry_after.as_deref(),
            match status {
                429 => Some("7"),
                503 => Some("1"),
                _ => None,
            }
        );
        let body = answer.expect(status);
        assert_eq!((&body["code"], body["type"].is_string()), (&json!(code), true));
    }
    // What the document does not have, or counts as a fault of the server.
    for status in [408, 500, 502] {
        ask(&merchant, json!({"operation": "list_connections", "status": status})).await;
        let request = Request::get("/v1/connections")
            .header("public-api-key", merchant.keys.public.clone().unwrap())
            .header("private-secret-key", merchant.keys.secret.clone().unwrap());
        let answer = merchant.oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn it_is_by_method_and_template_and_of_one_organization_with_right_keys() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let fault =
        json!({"method": "get", "path": "/v1/checkout/sessions/{checkout_session}/payment-methods", "status": 504});
    assert_eq!(ask(&merchant, fault).await["operation"], "list_checkout_payment_methods");
    let path = |session: &str| format!("/v1/checkout/sessions/{session}/payment-methods");
    let (session, others) =
        (merchant.make_checkout_session("BR", "BRL").await, other.make_checkout_session("BR", "BRL").await);
    other.get(path(&others)).await.expect(200);
    merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    let mut wrong = merchant.clone();
    wrong.keys.secret = other.keys.secret.clone();
    wrong.get(path(&session)).await.refused(401, "INVALID_CREDENTIALS");
    // An SDK's call is one of the organization's.
    merchant.without_secret().get(path(&session)).await.refused(504, "REQUEST_TIMEOUT");
    merchant.without_secret().get(path(&session)).await.expect(200);
    let fault = ask(&merchant, json!({"operation": "create_customer", "status": 500})).await;
    let path = format!("/v1/testing/faults/{}", fault["id"].as_str().unwrap());
    other.delete(&path).await.refused(404, "NOT_FOUND");
    merchant.delete(&path).await.expect(204);
    merchant.make_customer().await;
}

#[tokio::test]
async fn a_call_is_delayed() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    ask(&merchant, json!({"operation": "list_connections", "delay_milliseconds": 20})).await;
    merchant.get("/v1/connections").await.expect(200);
    let log = merchant.get("/v1/testing/log").await.expect(200);
    assert_eq!(log[0]["fault"], "DELAYED");
    assert!(log[0]["milliseconds"].as_f64().unwrap() >= 20.0);
}

#[tokio::test]
async fn a_call_is_cut_off_after_it_was_done() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    ask(&merchant, json!({"operation": "create_payment", "cut_off": true})).await;
    let request = Request::post("/v1/payments")
        .header("public-api-key", merchant.keys.public.clone().unwrap())
        .header("private-secret-key", merchant.keys.secret.clone().unwrap())
        .header("content-type", "application/json")
        .header("x-idempotency-key", "key-1");
    let answer = merchant.oneshot(request.body(Body::from(merchant.direct_body(GOOD_CARD).to_string())).unwrap()).await;
    assert!(to_bytes(answer.into_body(), usize::MAX).await.is_err(), "there is an answer");
    assert_eq!(payments(&merchant).await, 1);
    let client = merchant.with("x-idempotency-key", "key-1");
    client.post("/v1/payments", client.direct_body(GOOD_CARD)).await.expect(201);
    assert_eq!(payments(&merchant).await, 1, "the key was kept with the work");
    let log = merchant.get("/v1/testing/log").await.expect(200);
    assert_eq!((&log[0]["fault"], &log[0]["status"]), (&json!("CUT_OFF"), &json!(201)));
}

/// Over a real connection not a byte of an answer comes.
#[tokio::test]
async fn a_client_sees_the_connection_end() {
    let server = Server::start(command().arg("--ephemeral"));
    let fault = json!({"operation": "create_customer", "cut_off": true});
    assert_eq!(server.call("POST", "/v1/testing/faults").json(&fault).send().await.unwrap().status(), 201);
    let customer = json!({"merchant_customer_id": "customer-1"});
    let cut = server.call("POST", "/v1/customers").json(&customer).send().await.unwrap_err();
    assert!(cut.is_request() && !cut.is_status(), "{cut:?}");
    let found = server.call("GET", "/v1/customers?merchant_customer_id=customer-1").send().await.unwrap();
    assert_eq!(found.status(), 200, "it was done");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_there_are_a_hundred_at_most() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    for (wrong, field) in [
        (json!({"operation": "nothing", "status": 500}), "operation"),
        (json!({"operation": "retrieve_test_clock", "status": 500}), "operation"),
        (json!({"operation": "live", "status": 500}), "operation"),
        (json!({"operation": "create_payment", "path": "/v1/payments", "status": 500}), "operation"),
        (json!({"method": "PUT", "path": "/v1/payments", "status": 500}), "path"),
        (json!({"method": "GET", "path": "/v1/testing/clock", "status": 500}), "path"),
        (json!({"operation": "create_payment", "status": 404}), "status"),
        (json!({"operation": "create_payment", "status": 200}), "status"),
        (json!({"operation": "create_payment", "status": 500, "cut_off": true}), "status"),
        (json!({"operation": "create_payment", "status": 500, "retry_after": 1}), "retry_after"),
        (json!({"operation": "create_payment", "cut_off": true, "retry_after": 1}), "retry_after"),
        (json!({"operation": "create_payment", "delay_milliseconds": 10_001}), "delay_milliseconds"),
        (json!({"operation": "create_payment", "status": 500, "times": 1001}), "times"),
    ] {
        merchant.post("/v1/testing/faults", wrong).await.refused_fields(&[field]);
    }
    for missing in [
        json!({"operation": "create_payment"}),
        json!({"operation": "create_payment", "cut_off": false}),
        json!({"status": 500}),
        json!({"status": 500, "path": "/v1/payments"}),
    ] {
        merchant.post("/v1/testing/faults", missing).await.refused(400, "MISSING_PARAMETERS");
    }
    for _ in 0..100 {
        ask(&merchant, json!({"operation": "create_payment", "status": 500})).await;
    }
    let one_more = json!({"operation": "create_payment", "status": 500});
    merchant.post("/v1/testing/faults", one_more).await.refused(409, "TOO_MANY_CONTROLS");
}
