//! No call of one organization can tell that another's things exist. Goes over every operation of the OpenAPI
//! document, so that a new one cannot be forgotten.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Client, GOOD_CARD, TestApp, body_fields, document, fill};

/// The things that one organization has, by the name that parameters and fields have for them.
async fn belongings(owner: &Client) -> HashMap<String, String> {
    let customer = owner.post("/v1/customers", json!({"merchant_customer_id": "secret-customer"})).await.expect(201);
    let connection = owner.get("/v1/connections").await.expect(200)[0]["connection_id"].clone();
    let method = owner.enroll(customer["id"].as_str().unwrap(), GOOD_CARD).await;
    let payment = owner.authorize().await;
    let session = owner.make_customer_session("BR").await;
    let body = json!({"account_id": owner.account, "country": "BR", "payment_method_type": "CARD"});
    owner.post(format!("/v1/customers/sessions/{session}/payment-methods"), body).await.expect(201);
    let webhook = owner.make_webhook("http://127.0.0.1:1/hook").await;
    owner.pay_direct(GOOD_CARD).await;
    // What is committed has been dispatched when this answers.
    owner.get("/v1/events").await.expect(200);
    let delivery = owner.deliveries(&webhook).await[0]["id"].clone();
    HashMap::from(
        [
            ("account_id", owner.account.clone()),
            ("customer_id", customer["id"].as_str().unwrap().to_owned()),
            ("merchant_customer_id", "secret-customer".to_owned()),
            ("checkout_session", owner.make_checkout_session("BR", "BRL").await),
            ("customer_session", session),
            ("payment_method_id", method["id"].as_str().unwrap().to_owned()),
            ("payment_id", payment["id"].as_str().unwrap().to_owned()),
            ("transaction_id", payment["transactions"]["id"].as_str().unwrap().to_owned()),
            ("merchant_order_id", "order-1".to_owned()),
            ("connection_id", connection.as_str().unwrap().to_owned()),
            ("webhook_id", webhook),
            ("delivery_id", delivery.as_str().unwrap().to_owned()),
            // Things of nobody: the same for everybody.
            ("provider_id", "ADYEN".to_owned()),
            ("icon", "pix.svg".to_owned()),
            ("checkout_id", Uuid::new_v4().to_string()),
        ]
        .map(|(name, id)| (name.to_owned(), id)),
    )
}

/// Parameters that name things of nobody.
const OF_NOBODY: [&str; 3] = ["provider_id", "icon", "checkout_id"];

/// The call that the document describes, with what `things` has in place of parameters and fields.
async fn call(
    client: &Client,
    verb: &str,
    template: &str,
    operation: &Value,
    things: &HashMap<String, String>,
) -> Answer {
    let thing = |name: &str| {
        things.get(name).unwrap_or_else(|| panic!("{verb} {template}: say in this test what {name} is")).clone()
    };
    let mut path = fill(template, thing);
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        if parameter["in"] == "query" && things.contains_key(name) {
            path += if path.contains('?') { "&" } else { "?" };
            path += &format!("{name}={}", thing(name));
        }
    }
    let mut body = operation["requestBody"]["content"]["application/json"]["example"].clone();
    for (field, id) in things.iter().filter(|(field, _)| has_field(operation, field)) {
        body[field] = json!(id);
    }
    let method: Method = verb.to_uppercase().parse().unwrap();
    client.call(method, &path, Some(body).filter(|body| !body.is_null())).await
}

/// An answer without what differs from call to call: ids, and the names that were asked for.
fn told(answer: &Answer, things: &HashMap<String, String>) -> (u16, String) {
    let mut body = String::from_utf8(answer.bytes.to_vec()).unwrap();
    for (name, id) in things {
        body = body.replace(id.as_str(), &format!("<{name}>"));
    }
    let texts = body.split('"').map(|text| if Uuid::try_parse(text).is_ok() { "<new id>" } else { text });
    (answer.status.as_u16(), texts.collect::<Vec<_>>().join("\""))
}

#[tokio::test]
async fn another_organizations_things_are_answered_like_things_of_nobody() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.merchant(), app.another_merchant().await);
    let theirs = belongings(&owner).await;
    let nobodys: HashMap<String, String> = theirs
        .iter()
        .map(|(name, id)| match OF_NOBODY.contains(&name.as_str()) {
            true => (name.clone(), id.clone()),
            false => (name.clone(), Uuid::new_v4().to_string()),
        })
        .collect();
    let before = snapshot(&app).await;
    let mut compared = 0;
    let mut operations: Vec<_> = document()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(template, item)| item.as_object().unwrap().iter().map(move |(verb, told)| (template, verb, told)))
        .collect();
    // What the stranger makes of its own, it finds: that comes last.
    operations.sort_by_key(|(template, verb, _)| makes_its_own(verb, template));
    for (template, verb, operation) in operations {
        let takes_one_of_theirs = |name: &String| !OF_NOBODY.contains(&name.as_str()) && takes(operation, name);
        if !theirs.keys().any(takes_one_of_theirs) {
            continue;
        }
        let of_theirs = told(&call(&stranger, verb, template, operation, &theirs).await, &theirs);
        let of_nobodys = told(&call(&stranger, verb, template, operation, &nobodys).await, &nobodys);
        assert_eq!(of_theirs, of_nobodys, "{verb} {template}");
        let named = ["customer_id", "webhook_id"].into_iter().find(|name| takes(operation, name));
        if let (true, Some(named)) = (takes(operation, "account_id"), named) {
            // With an account of its own, so that nothing but the customer or the webhook can be refused.
            let with_own_account = |things: &HashMap<String, String>| {
                let mut things = things.clone();
                things.insert("account_id".to_owned(), stranger.account.clone());
                things
            };
            for things in [with_own_account(&theirs), with_own_account(&nobodys)] {
                let answer = call(&stranger, verb, template, operation, &things).await;
                let (status, code) = match named {
                    "webhook_id" => (404, "WEBHOOK_NOT_FOUND"),
                    _ if template.starts_with("/v1/checkout/sessions/{") => (400, "CHECKOUT_SESSION_NOT_FOUND"),
                    _ => (400, "CUSTOMER_NOT_FOUND"),
                };
                answer.refused(status, code);
            }
        }
        let nothing = of_theirs.1 == "[]";
        assert!(of_theirs.0 >= 400 || nothing || makes_its_own(verb, template), "{verb} {template}: {of_theirs:?}");
        compared += 1;
    }
    assert!(compared > 30, "only {compared} operations were compared");
    assert_eq!(snapshot(&app).await, before, "a stranger's calls changed what the owner has");

    let mut listed = stranger.get("/v1/connections").await.expect(200).to_string();
    listed += &stranger.get("/v1/events").await.expect(200).to_string();
    listed += &stranger.get(format!("/v1/webhooks?account_id={}", stranger.account)).await.expect(200).to_string();
    assert!(theirs.iter().all(|(name, id)| OF_NOBODY.contains(&name.as_str()) || !listed.contains(id.as_str())));
}

/// Whether an operation takes a parameter or a field of a name.
fn takes(operation: &Value, name: &str) -> bool {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.any(|parameter| parameter["name"] == name) || has_field(operation, name)
}

/// Whether an operation's body has a field.
fn has_field(operation: &Value, name: &str) -> bool {
    body_fields(operation).is_some_and(|fields| fields.contains_key(name))
}

/// Whether an operation makes something of the caller's own, and so may succeed: a customer's id that the owner has
/// taken is free for everybody else.
fn makes_its_own(verb: &str, template: &str) -> bool {
    verb == "post" && template == "/v1/customers"
}

/// All that the owner, the demo organization, has.
async fn snapshot(app: &TestApp) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [
        "customers",
        "checkout_sessions",
        "customer_sessions",
        "connections",
        "accounts",
        "api_keys",
        "tokens",
        "payment_methods",
        "payments",
        "transactions",
        "webhooks",
        "events",
        "deliveries",
    ] {
        let select = sqlx::AssertSqlSafe(format!(
            "select coalesce(string_agg(t::text, ' ' order by t::text), '') from {table} t
             where organization_id = '00000000-0000-4000-8000-000000000000'"
        ));
        rows.push(sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap());
    }
    rows
}

#[tokio::test]
async fn an_sdk_client_cannot_reach_another_organizations_sessions() {
    let app = TestApp::new().await;
    let theirs = belongings(&app.merchant()).await;
    let stranger = app.another_merchant().await.without_secret();
    let path = format!("/v1/checkout/sessions/{}/payment-methods", theirs["checkout_session"]);
    stranger.get(path).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let path = format!("/v1/checkout/customers/sessions/{}/payment-methods", theirs["customer_session"]);
    stranger.get(path).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
}
