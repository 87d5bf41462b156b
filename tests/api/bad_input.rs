//! What bad input gets, on every operation that reads a body: a clear answer in the one shape, nothing stored, and
//! never a 5xx.

use axum::http::Method;
use serde_json::{Map, Value, json};
use sqlx::Executor as _;

use crate::support::{Client, TestApp, body_fields, document, fill, operation};

/// The operations that read a body, with a path that leads to something and a body that is right.
async fn operations(app: &TestApp) -> Vec<(Method, String, Value)> {
    let merchant = app.merchant();
    let customer = merchant.make_customer().await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let connection = merchant.get("/v1/connections").await.expect(200)[0]["connection_id"].clone();
    let enrolling = merchant.make_customer_session("BR").await;
    let method = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
    let path = format!("/v1/customers/sessions/{enrolling}/payment-methods");
    let method = merchant.post(path, method).await.expect(201)["id"].clone();
    let payment = merchant.authorize().await;
    let webhook = merchant.make_webhook("http://127.0.0.1:1/hook").await;
    let checkout = merchant.make_checkout("Promo").await;
    let plan = merchant.make_plan(json!({})).await;
    let mut operations = Vec::new();
    for (template, item) in document()["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            if example.is_null() {
                continue;
            }
            let mut body = example.clone();
            if body.get("customer_id").is_some() {
                body["customer_id"] = json!(customer);
            }
            let path = fill(template, |name| match name {
                "customer_id" => customer.clone(),
                "checkout_session" => session.clone(),
                "connection_id" => connection.as_str().unwrap().to_owned(),
                "customer_session" => enrolling.clone(),
                "payment_method_id" => method.as_str().unwrap().to_owned(),
                "payment_id" => payment["id"].as_str().unwrap().to_owned(),
                "webhook_id" => webhook.clone(),
                "checkout_code" => checkout.clone(),
                "installment_code" => plan.clone(),
                "transaction_id" => payment["transactions"]["id"].as_str().unwrap().to_owned(),
                other => panic!("{verb} {template}: say in this test what {other} is"),
            });
            operations.push((verb.to_uppercase().parse().unwrap(), path, body));
        }
    }
    assert!(operations.len() >= 18);
    operations
}

/// The code of a part of the API for what is wrong with a request.
fn code_of(path: &str) -> &'static str {
    if path.starts_with("/v1/webhooks") { "WEBHOOK_INVALID_REQUEST" } else { "INVALID_PARAMETERS" }
}

/// How many rows there are that a client can make.
async fn rows(app: &TestApp) -> i64 {
    let count = "select (select count(*) from customers) + (select count(*) from checkout_sessions)
        + (select count(*) from customer_sessions) + (select count(*) from connections)
        + (select count(*) from idempotency_keys) + (select count(*) from tokens)
        + (select count(*) from payment_methods) + (select count(*) from payments) + (select count(*) from webhooks)
        + (select count(*) from checkouts)
        + (select count(*) from installments_plans)";
    sqlx::query_scalar(count).fetch_one(app.pool()).await.unwrap()
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let app = TestApp::new().await;
    let operations = operations(&app).await;
    let before = rows(&app).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let bodies: [&[u8]; 12] = [
        b"",
        b" ",
        b"{",
        b"{\"a\": 1",
        b"{} {}",
        b"{}x",
        b"not json",
        b"{\"a\": 01}",
        b"{\"a\": \"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
        deep_objects.as_bytes(),
    ];
    for (method, path, _) in &operations {
        for body in bodies {
            let answer =
                app.merchant().with_account().send(method.clone(), path, Some(body.to_vec()), "application/json").await;
            let messages = answer.refused(400, "INVALID_REQUEST");
            assert!(messages[0].starts_with("The body is not valid JSON"), "{messages:?}");
        }
        for body in ["[]", "null", "7", "\"text\"", "true"] {
            let answer =
                app.merchant().with_account().send(method.clone(), path, Some(body.into()), "application/json").await;
            assert_eq!(answer.refused(400, code_of(path)), ["The request must be an object"]);
        }
    }
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn a_wrong_content_type_and_a_large_body_are_refused() {
    let app = TestApp::new().await;
    let operations = operations(&app).await;
    let before = rows(&app).await;
    for (method, path, body) in &operations {
        for kind in ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonx"] {
            let answer = app
                .merchant()
                .with_account()
                .send(method.clone(), path, Some(body.to_string().into_bytes()), kind)
                .await;
            answer.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        app.merchant().with_account().send(method.clone(), path, None, "").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        let large = json!({"filler": "x".repeat(256 * 1024)}).to_string().into_bytes();
        let answer = app.merchant().with_account().send(method.clone(), path, Some(large), "application/json").await;
        answer.refused(413, "PAYLOAD_TOO_LARGE");
    }
    assert_eq!(rows(&app).await, before);
    let (method, path, body) = &operations[0];
    let mut padded = body.to_string().into_bytes();
    padded.resize(256 * 1024, b' ');
    let answer =
        app.merchant().with_account().send(method.clone(), path, Some(padded), "application/json; charset=utf-8").await;
    assert!(answer.status.is_success(), "256 KiB are not too many: {:?}", answer.bytes);
}

/// Values that no field takes for every type that it could be.
fn odd_values() -> Vec<Value> {
    let text = |text: &str| json!(text);
    let number = |text: &str| serde_json::from_str(text).unwrap();
    vec![
        json!([]),
        json!({}),
        json!([1]),
        json!([[]]),
        json!({"a": {"b": []}}),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        number("1.00001"),
        number("1e400"),
        number("-1e400"),
        number("1e-400"),
        number("123456789012345678901234567890123456789012345678901234567890"),
        text(""),
        text(" "),
        text("x"),
        text("12,50"),
        text("NaN"),
        text("a\u{0}b"),
        text("\u{0}"),
        text("UK"),
        text("XX"),
        text("brl"),
        text("br"),
        text("HRK"),
        text("not-a-uuid"),
        text("'; drop table customers; --"),
        text("\u{202e}\u{fffd}😀"),
        text(&"x".repeat(10_000)),
        json!({"key": "\u{0}", "value": "v"}),
        json!([{"key": "k", "value": "v\u{0}"}]),
        json!({"$serde_json::private::RawValue": "[[1]]"}),
        json!({"$serde_json::private::Number": "5"}),
        Value::Null,
    ]
}

/// Every place of a document, as the keys and indexes that lead to it.
fn places(value: &Value) -> Vec<Vec<String>> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, inner)| (key.clone(), inner)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, inner)| (at.to_string(), inner)).collect(),
        _ => Vec::new(),
    };
    let mut places = Vec::new();
    for (key, inner) in inside {
        places.push(vec![key.clone()]);
        places.extend(self::places(inner).into_iter().map(|mut place| {
            place.insert(0, key.clone());
            place
        }));
    }
    places
}

fn put(body: &mut Value, place: &[String], value: Value) {
    match (place, body) {
        ([], body) => *body = value,
        ([at, rest @ ..], Value::Array(items)) => put(&mut items[at.parse::<usize>().unwrap()], rest, value),
        ([key, rest @ ..], body) => {
            put(body.as_object_mut().unwrap().entry(key.clone()).or_insert(Value::Null), rest, value);
        }
    }
}

/// The same body with every field that the document has, so that every field meets every odd value.
fn whole(client: &Client, body: &Value, path: &str, fields: &Map<String, Value>) -> Value {
    let customer = body["customer_id"].as_str().unwrap_or_default();
    let mut whole = match path {
        // Of what excludes each other, nothing but one is sent.
        "/v1/testing/outcomes" => json!({
            "account_id": client.account, "merchant_order_id": "order-1", "times": 1, "transaction_type": "REFUND",
            "response_code": "SUCCEEDED", "status": "SUCCEEDED", "three_d_secure": null, "enrollment_status": null,
        }),
        "/v1/testing/faults" => json!({
            "operation": "create_payment", "method": null, "path": null, "times": 1, "status": 503, "retry_after": 1,
            "delay_milliseconds": null, "cut_off": null,
        }),
        path if path.ends_with("/dispute") => {
            json!({"response_code": "REVIEW_LOST", "amount": {"currency": "BRL", "value": 1}})
        }
        path if path.starts_with("/v1/testing/payments/") => {
            json!({"response_code": "SUCCEEDED", "status": "SUCCEEDED", "three_d_secure": null})
        }
        path if path.starts_with("/v1/testing/") => body.clone(),
        path if path.ends_with("/token") => client.whole_token_body(),
        // What the session has.
        path if path.ends_with("/pay") => {
            json!({"token": body["token"], "amount": {"currency": "BRL", "value": 100}})
        }
        path if path.ends_with("/payment-methods") && !path.contains("/sessions/") => client.whole_enrollment_body(),
        path if path.ends_with("/payment-methods") || path.ends_with("/complete") => body.clone(),
        path if path.starts_with("/v1/checkout/sessions") => client.whole_session_body(customer),
        path if path.starts_with("/v1/customers") && !path.ends_with("/sessions") => client.whole_customer_body(),
        "/v1/payments" => client.whole_payment_body(),
        path if path.starts_with("/v1/webhooks") => client.whole_webhook_body(),
        _ if fields.contains_key("styling") => Client::whole_publish_body(),
        path if path.starts_with("/v1/installments-plans") => client.whole_plan_body(),
        _ => body.clone(),
    };
    if customer.is_empty() {
        whole.as_object_mut().unwrap().remove("customer_id");
    }
    for (field, value) in [
        ("callback_url", json!("https://example.com")),
        ("return_url", json!("https://example.com")),
        ("checkout_id", Value::Null),
        ("customer_id", json!("6822f80c-684e-41a3-8628-78963d3d60f7")),
        ("countries", json!(["BR"])),
        ("currencies", json!(["BRL"])),
        ("costs", json!([{"cost_name": "Fee"}])),
        ("payment_methods", json!(["CARD"])),
        ("status", json!("ACTIVE")),
        ("country", json!("BR")),
        ("account_updater", json!(true)),
        ("verify", json!({"vault_on_success": false, "currency": "BRL", "metadata": [{"key": "k", "value": "v"}]})),
        ("customer_payer", json!({"first_name": "Ana"})),
        ("description", json!("Called off")),
        ("is_default", json!(true)),
        ("reason", json!("REQUESTED_BY_CUSTOMER")),
        ("amount", json!({"currency": "BRL", "value": 1})),
        ("merchant_reference", json!("ref-1")),
        ("simplified_mode", json!(false)),
        ("days", json!(0)),
        ("seconds", json!(1)),
        ("milliseconds", json!(1)),
        ("additional_data", json!({"order": {"items": [{"name": "Shoes"}]}})),
        (
            "response_additional_data",
            json!({
                "receipt": true, "receipt_language": "EN", "transactions_history": true, "raw_response": true,
            }),
        ),
    ] {
        if fields.contains_key(field) {
            whole.as_object_mut().unwrap().entry(field).or_insert(value);
        }
    }
    for field in fields.keys() {
        assert!(whole.get(field).is_some(), "{path}: say in this test what {field} can be");
    }
    whole
}

#[tokio::test]
async fn no_value_anywhere_makes_a_fault() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    for (method, path, right) in operations(&app).await {
        let body = whole(&merchant, &right, &path, body_fields(operation(&method, &path).unwrap()).unwrap());
        // Each value at every third place: fuzz/ has them all everywhere.
        for (number, place) in places(&body).into_iter().enumerate() {
            for odd in odd_values().into_iter().skip(number % 3).step_by(3) {
                let mut sent = body.clone();
                put(&mut sent, &place, odd.clone());
                let answer =
                    merchant.send(method.clone(), &path, Some(sent.to_string().into_bytes()), "application/json").await;
                assert!(answer.status.as_u16() < 500, "{method} {path} {place:?} = {odd}: {:?}", answer.bytes);
                let known_to_the_parser = odd.to_string().contains("private");
                assert!(!known_to_the_parser || answer.status == 400, "{method} {path} {place:?} = {odd}");
                if answer.status == 400 && answer.json()["code"] == code_of(&path) {
                    let messages = answer.json()["messages"].to_string();
                    assert!(messages.contains(&place[0]), "{method} {path} {place:?} = {odd}: {messages}");
                }
            }
        }
    }
}

#[tokio::test]
async fn levels_hidden_from_the_parser_are_refused() {
    let app = TestApp::new().await;
    // Each layer is JSON in a text of its own, which the parser would read from the first level again.
    let mut hidden = "1".to_owned();
    for _ in 0..6 {
        let levels = format!("{}{hidden}{}", "[".repeat(120), "]".repeat(120));
        hidden = json!({"$serde_json::private::RawValue": levels}).to_string();
    }
    let mut body = app.merchant().session_body("BR", "BRL").to_string();
    body.pop();
    body += &format!(", \"additional_data\": {{\"a\": {hidden}}}}}");
    let answer =
        app.merchant().send(Method::POST, "/v1/checkout/sessions", Some(body.into()), "application/json").await;
    answer.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn each_documented_fault_of_an_amount_and_a_code_is_named() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let with = |field: &str, value: Value| {
        let mut body = merchant.session_body("BR", "BRL");
        put(&mut body, &field.split('.').map(str::to_owned).collect::<Vec<_>>(), value);
        body
    };
    let number = |text: &str| serde_json::from_str(text).unwrap();
    let cases: Vec<(&str, Vec<Value>)> = vec![
        ("country", ["UK", "XX", "br", "BRA", "", "B\u{0}"].map(Value::from).to_vec()),
        ("amount.currency", ["brl", "XXX", "HRK", "BR", "", "BRLL"].map(Value::from).to_vec()),
        ("amount.value", vec![json!(-1), number("1.00001"), number("1e400"), json!("12,50"), json!(true), json!([1])]),
        ("account_id", vec![json!("1"), json!(7), json!("00000000000040008000000000000001")]),
        ("merchant_order_id", vec![json!("ab"), json!("x".repeat(256)), json!(123), json!({}), json!("a\u{0}bc")]),
    ];
    for (field, values) in cases {
        for value in values {
            merchant.post("/v1/checkout/sessions", with(field, value)).await.refused_fields(&[field]);
        }
    }
    for field in ["merchant_order_id", "payment_description"] {
        for right in [json!("abc"), json!("ã".repeat(255))] {
            merchant.post("/v1/checkout/sessions", with(field, right)).await.expect(200);
        }
    }
    for missing in ["amount", "amount.value", "amount.currency", "country"] {
        let answer = merchant.post("/v1/checkout/sessions", with(missing, Value::Null)).await;
        assert_eq!(answer.refused(400, "MISSING_PARAMETERS"), [format!("{missing}: is required")]);
    }
}

#[tokio::test]
async fn odd_addresses_make_no_fault() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let long = "x".repeat(5_000);
    let odd = ["%00", "%ff%fe", "%27%3B--", "..%2f..%2fetc", long.as_str(), "%F0%9F%98%80", "a%20b"];
    for (template, item) in document()["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys() {
            for odd in odd.iter().filter(|_| template.contains('{')) {
                let path = fill(template, |_| (*odd).to_owned());
                let method: Method = verb.to_uppercase().parse().unwrap();
                let body = (verb == "post" || verb == "patch").then(|| b"{}".to_vec());
                let answer = merchant.send(method, &path, body, "application/json").await;
                assert!(answer.status.is_client_error(), "{verb} {path} answered {}", answer.status);
            }
        }
    }
    for query in ["?country=%00", "?country=%ff", "?country=BR&country=MX", "?country", "?category=&x=%zz"] {
        let answer = merchant.get(format!("/v1/catalog/payment-methods{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    merchant.get("/v1/catalog/payment-methods?unknown=%00&=&&").await.expect(200);
}

#[tokio::test]
async fn what_the_database_refuses_is_not_told() {
    let app = TestApp::new().await;
    app.pool().execute("drop table connections").await.unwrap();
    let client: Client = app.merchant();
    let response = tower::ServiceExt::oneshot(app.router.clone(), {
        let (public, secret) = (client.keys.public.unwrap(), client.keys.secret.unwrap());
        let request = axum::http::Request::get("/v1/connections");
        let request = request.header("public-api-key", public).header("private-secret-key", secret);
        request.body(axum::body::Body::empty()).unwrap()
    })
    .await
    .unwrap();
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let body: Map<String, Value> = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["code"], &body["messages"]), (&json!("INTERNAL_ERROR"), &json!(["Internal error."])));
}
