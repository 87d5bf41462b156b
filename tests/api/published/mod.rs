//! The examples of the published documents: every request is accepted, and every answer has each key of the example
//! answers, with the same type. `examples.json` has the requests, with placeholders for ids, and of the answers their
//! shape: the name of a JSON type in place of each value.

mod events;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, TestApp};

/// An example.
struct Example {
    operation: String,
    name: String,
    body: Value,
}

/// The examples of a kind.
fn examples(kind: &str) -> Vec<Example> {
    let all: Vec<Value> = serde_json::from_str(include_str!("examples.json")).unwrap();
    all.into_iter()
        .filter(|example| example["kind"] == kind)
        .map(|mut example| Example {
            operation: example["operation"].as_str().unwrap().to_owned(),
            name: example["name"].as_str().unwrap().to_owned(),
            body: example["body"].take(),
        })
        .collect()
}

/// A body with ids in place of the placeholders.
fn filled(body: &Value, ids: &BTreeMap<&str, String>) -> Value {
    match body {
        Value::String(text) => json!(ids.get(text.as_str()).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| filled(item, ids)).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), filled(value, ids))).collect(),
        other => other.clone(),
    }
}

fn id(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A merchant with what the examples take for granted: connections for their types and countries, and a customer of
/// whom everything is known.
async fn prepared(app: &TestApp) -> (Client, String) {
    let merchant = app.merchant();
    let connection = json!({
        "account_id": merchant.account, "merchant_connection_id": "examples", "provider_id": "STRIPE",
        "flow_type": "PAYIN", "payment_methods": ["ACH_ENROLLMENT"], "params": [{"param_id": "API_KEY", "value": "x"}],
    });
    merchant.post("/v1/connections", connection).await.expect(201);
    let customer = merchant.post("/v1/customers", merchant.whole_customer_body()).await.expect(201);
    (merchant, id(&customer["id"]))
}

/// Makes the payment of an example request, with a session and a token of its own where it names them.
async fn pay(merchant: &Client, customer: &str, example: &Value) -> Value {
    let text = example.to_string();
    let mut ids = BTreeMap::from([("<account_id>", merchant.account.clone()), ("<customer_id>", customer.to_owned())]);
    if text.contains("<checkout_session>") {
        let session = json!({
            "account_id": merchant.account, "merchant_order_id": "order-1", "payment_description": "Running shoes",
            "country": example["country"], "customer_id": customer, "callback_url": "https://example.com", "amount": {
                "currency": example["amount"]["currency"], "value": example["amount"]["value"],
            },
        });
        let session = id(&merchant.post("/v1/checkout/sessions", session).await.expect(200)["checkout_session"]);
        ids.insert("<token>", merchant.make_token(&session, GOOD_CARD).await);
        ids.insert("<checkout_session>", session);
    }
    if text.contains("<vaulted_token>") {
        ids.insert("<vaulted_token>", id(&merchant.enroll(customer, GOOD_CARD).await["vaulted_token"]));
    }
    let mut body = filled(example, &ids);
    // One example has an empty account, which stands for an id like every other.
    body["account_id"] = json!(merchant.account);
    if body.get("transactions").is_some() {
        // An answer that was printed in place of a request: there is no card to pay with in it, and nothing else is
        // missing.
        let messages = merchant.post("/v1/payments", body.clone()).await.refused(400, "MISSING_PARAMETERS");
        assert_eq!(messages, ["payment_method.detail.card.card_data: is required"]);
        body["payment_method"]["detail"] = json!({"card": {"card_data": Client::card(GOOD_CARD)}});
    }
    merchant.post("/v1/payments", body).await.expect(201)
}

/// What every operation answers, by its name and by the name of the example that asked for it.
async fn answers() -> BTreeMap<String, BTreeMap<String, Value>> {
    let app = TestApp::new().await;
    let (merchant, customer) = prepared(&app).await;
    let mut answers: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut note = |operation: &str, name: &str, answer: Value| {
        answers.entry(operation.to_owned()).or_default().insert(name.to_owned(), answer);
    };
    let requests = examples("request");
    let ids = BTreeMap::from([("<account_id>", merchant.account.clone()), ("<customer_id>", customer.clone())]);
    let mut taken = 0;
    for Example { operation, name, body } in &requests {
        let path = operation.split_once(' ').unwrap().1;
        let body = match operation.as_str() {
            "POST /v1/payments" => {
                note(operation, name, pay(&merchant, &customer, body).await);
                taken += 1;
                continue;
            }
            _ => filled(body, &ids),
        };
        // Operations on a payment: one whose amount and currency are those of the request.
        let held = name.contains("capture") || name.contains("cancel") || operation.ends_with("/cancel");
        let mut payment = merchant.direct_body(GOOD_CARD);
        let currency = body["amount"]["currency"].as_str().unwrap_or("USD");
        payment["amount"] = json!({"currency": currency, "value": 30_000});
        payment["customer_payer"] = json!({"id": customer});
        payment["additional_data"] = json!({"order": {"fee_amount": 1}});
        payment["payment_method"]["detail"]["card"]["capture"] = json!(!(held || operation.ends_with("/capture")));
        let payment = merchant.post("/v1/payments", payment).await.expect(201);
        let session = merchant.make_checkout_session("US", "USD").await;
        let enrolling = json!({"account_id": merchant.account, "country": "US", "customer_id": customer});
        let enrolling = id(&merchant.post("/v1/customers/sessions", enrolling).await.expect(200)["customer_session"]);
        let path = path
            .replace("{payment_id}", payment["id"].as_str().unwrap())
            .replace("/v1/payments/{id}", &format!("/v1/payments/{}", payment["id"].as_str().unwrap()))
            .replace("{transaction_id}", payment["transactions"]["id"].as_str().unwrap())
            .replace("{checkout_session}", &session)
            .replace("{customer_session}", &enrolling)
            .replace("{customer_id}", &customer);
        let answer = merchant.with("x-idempotency-key", format!("{operation} {name}")).post(path, body).await;
        assert!(answer.status.is_success(), "{operation} {name}: {:?}", answer.bytes);
        note(operation, name, answer.json());
        taken += 1;
    }
    assert_eq!(taken, requests.len());

    // What no example asks for.
    let declined = merchant.pay_direct("4507990000000010").await;
    note("POST /v1/payments", "declined", declined);
    let mut voucher = merchant.whole_payment_body();
    voucher["country"] = json!("CO");
    voucher["amount"] = json!({"currency": "COP", "value": 52_000});
    voucher["payment_method"] = json!({"type": "EFECTY"});
    let voucher = merchant.post("/v1/payments", voucher).await.expect(201);
    note("POST /v1/payments", "voucher", voucher);
    let mut whole = merchant.whole_payment_body();
    whole["merchant_order_id"] = json!("whole-order");
    let whole = merchant.with("x-idempotency-key", "whole").post("/v1/payments", whole).await.expect(201);
    let retrieved = merchant.get(format!("/v1/payments/{}", whole["id"].as_str().unwrap())).await.expect(200);
    note("GET /v1/payments/{payment_id}", "whole", retrieved);
    note("GET /v1/payments", "whole", merchant.get("/v1/payments?merchant_order_id=whole-order").await.expect(200));

    // Narrowed to cards and brands, as in the example answer, by what the example change says.
    let changes = examples("change");
    let [change] = changes.as_slice() else { panic!("one example of a change") };
    let made = merchant.post("/v1/installments-plans", filled(&change.body, &ids)).await.expect(200);
    note("POST /v1/installments-plans", "result", made);
    let listed = merchant.get(format!("/v1/installments-plans?account_id={}", merchant.account)).await.expect(200);
    let plan = format!("/v1/installments-plans/{}", listed[0]["id"].as_str().unwrap());
    note("GET /v1/installments-plans", "result", listed);
    note("GET /v1/installments-plans/{installment_code}", "result", merchant.get(&plan).await.expect(200));
    note(&change.operation, "result", merchant.patch(plan, filled(&change.body, &ids)).await.expect(200));

    let keyed = merchant.with("x-idempotency-key", "enrolled");
    let method = keyed.enroll(&customer, GOOD_CARD).await;
    let of_customer = format!("/v1/customers/{customer}/payment-methods");
    let one = format!("{of_customer}/{}", method["id"].as_str().unwrap());
    let template = "/v1/customers/{customer_id}/payment-methods";
    note(&format!("GET {template}/{{payment_method_id}}"), "one", merchant.get(&one).await.expect(200));
    note(&format!("GET {template}"), "all", merchant.get(&of_customer).await.expect(200));
    let by_id = format!("/v1/payment-methods/{}", method["id"].as_str().unwrap());
    note("GET /v1/payment-methods/{payment_method_id}", "enrolled", merchant.get(by_id).await.expect(200));
    let session = merchant.make_session_of(&customer).await;
    let listed = merchant.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
    note("GET /v1/checkout/sessions/{checkout_session}/payment-methods", "listed", listed);
    let gone = merchant.post_nothing(format!("{one}/unenroll")).await.expect(200);
    note(&format!("POST {template}/{{payment_method_id}}/unenroll"), "gone", gone.clone());
    note("POST /v1/customers/payment-methods/{payment_method_id}/unenroll", "gone", gone);
    answers
}

/// Our answer that stands beside an example: the one to the request of the same name, or else one of the same kind.
fn beside<'a>(ours: &'a BTreeMap<String, Value>, operation: &str, name: &str) -> &'a Value {
    let other = match (operation, name) {
        ("POST /v1/payments", "payment") => "example-placeholders",
        ("POST /v1/payments", "card-with-merchant-advice-code-mac") => "declined",
        ("POST /v1/payments", "alternative-payment-method") => "voucher",
        ("POST /v1/payments", "wallet-direct") => "wallet-direct",
        ("POST /v1/customers/{customer_id}/payment-methods", "result") => "card-direct",
        ("POST /v1/customers/{customer_id}/payment-methods", "with-verify") => "card-enrollment-with-verification",
        ("POST /v1/payments", _) => "card-with-customer-billing-and-shipping-details",
        _ => "",
    };
    ours.get(name).filter(|_| other != "voucher").or_else(|| ours.get(other)).or_else(|| ours.values().next()).unwrap()
}

/// Examples whose history is a single transaction.
const HISTORY_IS_AN_OBJECT: [&str; 2] =
    ["authorize-sdk-checkout-required-fields", "card-with-shipping-fee-and-tip-amount"];

/// What an example has that is not here, with the reason.
fn is_left_out(operation: &str, name: &str, path: &str) -> Option<&'static str> {
    let last = path.rsplit('.').next().unwrap();
    if path.contains("network_token") || name == "card-with-nt" {
        return Some("network tokens are not issued here");
    }
    if ["iso8583_code", "iso8583_message"].contains(&last) {
        return Some("an older name of iso8583_response_code and _message");
    }
    if [
        "additional_data.airline.",
        "additional_data.order.",
        "additional_data.seller_details.",
        "subscription.",
        "split_marketplace[].",
    ]
    .iter()
    .any(|part| path.contains(part))
    {
        return Some("answered as it was sent");
    }
    if ["ephemeral_public_key", "transaction_id"].contains(&last) && path.contains(".wallet.") {
        return Some("made by a wallet's own service");
    }
    if path.contains("payment_method_detail.") || path.contains(".detail.") || path.ends_with(".detail") {
        let of_another_kind = ["bank_transfer", "bnpl", "ticket", "wallet", "payment_link"];
        if operation.starts_with("GET") && of_another_kind.iter().any(|kind| path.contains(kind)) {
            return Some("the payment beside it is of a card; every kind is compared where it is made");
        }
    }
    if path.contains("three_d_secure.") {
        let of_a_provider = [
            "token",
            "collect_url",
            "setup_reference_id",
            "developer_id",
            "solution_id",
            "code",
            "ds_id",
            "three_d_secure_setup_id",
        ];
        if of_a_provider.contains(&last) {
            return Some("an older form, of one provider");
        }
    }
    if last == "transactions_history" && operation == "POST /v1/payments" && HISTORY_IS_AN_OBJECT.contains(&name) {
        return Some("an array in every other example");
    }
    if last == "installments_total_amount" {
        return Some("in one example, of one provider");
    }
    if last == "redirect_url" && path.contains("card.redirect_url") {
        return Some("only as long as the cardholder has to authenticate");
    }
    None
}

/// The name of a value's JSON type.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Paths at which some example of an operation has null.
fn nulls(shape: &Value, path: &str, into: &mut BTreeSet<String>) {
    match shape {
        Value::String(name) if name == "null" => {
            into.insert(path.to_owned());
        }
        Value::Object(object) => {
            object.iter().for_each(|(key, inner)| nulls(inner, &format!("{path}.{key}"), into));
        }
        Value::Array(items) => items.iter().for_each(|item| nulls(item, &format!("{path}[]"), into)),
        _ => {}
    }
}

/// One path for what stands at several: a payment's transactions, which are an object here and an array there, and the
/// data of a card.
fn normal(path: &str) -> String {
    if let Some((_, of_card)) = path.rsplit_once("card_data.") {
        return of_card.to_owned();
    }
    path.trim_start_matches("[]")
        .replace(".payment.", ".")
        .replace("transactions_history[]", "transactions")
        .replace("transactions[]", "transactions")
        .replace("payment_method_detail", "detail")
        .replace("transactions.payment_method", "payment_method")
}

/// What may differ from an example.
struct Leeway<'a> {
    /// Of which example, for those who read the problems.
    example: String,
    /// Whether a place is not compared.
    left_out: &'a dyn Fn(&str) -> bool,
    /// Whether what stands at a place may be `null`.
    nullable: &'a dyn Fn(&str) -> bool,
}

/// Notes each key of the example that our answer lacks or has with another type.
fn compare(leeway: &Leeway<'_>, shape: &Value, ours: &Value, path: &str, problems: &mut BTreeSet<String>) {
    if (leeway.left_out)(path) {
        return;
    }
    let expected = shape.as_str().unwrap_or_else(|| type_of(shape));
    if expected == "null" || (ours.is_null() && (leeway.nullable)(path)) {
        return;
    }
    if type_of(ours) != expected {
        problems.insert(format!("{}: {path} is {} and not {expected}", leeway.example, type_of(ours)));
        return;
    }
    match (shape, ours) {
        (Value::Object(shape), Value::Object(ours)) => {
            for (key, inner) in shape {
                let path = format!("{path}.{key}");
                match ours.get(key) {
                    Some(ours) => compare(leeway, inner, ours, &path, problems),
                    None if (leeway.left_out)(&path) => {}
                    None => {
                        problems.insert(format!("{}: {path} is not there", leeway.example));
                    }
                }
            }
        }
        (Value::Array(shapes), Value::Array(ours)) => {
            if let (Some(shape), Some(ours)) = (shapes.first(), ours.first()) {
                compare(leeway, shape, ours, &format!("{path}[]"), problems);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_request_is_accepted_and_every_answer_has_what_the_example_has() {
    let ours = answers().await;
    let shapes = examples("answer");
    let mut nullable = BTreeSet::new();
    for Example { body, .. } in &shapes {
        let mut raw = BTreeSet::new();
        nulls(body, "", &mut raw);
        nullable.extend(raw.iter().map(|path| normal(path)));
    }
    let mut problems = BTreeSet::new();
    let mut compared = 0;
    for Example { operation, name, body } in &shapes {
        let of_operation = ours.get(operation).unwrap_or_else(|| panic!("{operation} was not asked"));
        let answer = beside(of_operation, operation, name);
        // One example of a creation is that of a retrieval: wrapped, with all transactions.
        if name == "authorize-card-with-3ds-direct" {
            continue;
        }
        let leeway = Leeway {
            example: format!("{operation} {name}"),
            left_out: &|path| is_left_out(operation, name, path).is_some(),
            nullable: &|path| nullable.contains(&normal(path)),
        };
        compare(&leeway, body, answer, "", &mut problems);
        compared += 1;
    }
    assert!(problems.is_empty(), "{} problems: {problems:#?}", problems.len());
    assert_eq!(compared, shapes.len() - 1);
}
