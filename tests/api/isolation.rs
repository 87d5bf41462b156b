//! No call of one organization can tell that another's things exist. Goes over every operation of the OpenAPI
//! document, so that a new one cannot be forgotten.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::support::{Answer, Client, GOOD_CARD, TestApp, body_fields, document, fill};

/// The things that one organization has, by the name that parameters and fields have for them.
async fn belongings(owner: &Client) -> HashMap<String, String> {
    let customer = owner.post("/v1/customers", json!({"merchant_customer_id": "secret-customer"})).await.expect(201);
    let connection = owner.get("/v1/connections").await.expect(200)[0]["connection_id"].clone();
    let method = owner.enroll(customer["id"].as_str().unwrap(), GOOD_CARD).await;
    let payment = owner.authorize().await;
    let (checkout, other_checkout) = (owner.make_checkout("A secret").await, owner.make_checkout("Another").await);
    let session = owner.make_customer_session("BR").await;
    let body = json!({"account_id": owner.account, "country": "BR", "payment_method_type": "CARD"});
    owner.post(format!("/v1/customers/sessions/{session}/payment-methods"), body).await.expect(201);
    let plan = owner.make_plan(json!({})).await;
    let webhook = owner.make_webhook("http://127.0.0.1:1/hook").await;
    owner.pay_direct(GOOD_CARD).await;
    // What is committed has been dispatched when this answers.
    owner.get("/v1/events").await.expect(200);
    let delivery = owner.deliveries(&webhook).await[0]["id"].clone();
    let outcome = json!({"merchant_order_id": "order of nobody", "response_code": "EXPIRED_CARD"});
    let outcome = owner.post("/v1/testing/outcomes", outcome).await.expect(201);
    let fault = json!({"operation": "delete_customer", "status": 503});
    let fault = owner.post("/v1/testing/faults", fault).await.expect(201);
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
            ("checkout_code", checkout),
            ("checkout_id", other_checkout),
            ("connection_id", connection.as_str().unwrap().to_owned()),
            ("installment_code", plan),
            ("webhook_id", webhook),
            ("delivery_id", delivery.as_str().unwrap().to_owned()),
            ("outcome_id", outcome["id"].as_str().unwrap().to_owned()),
            ("fault_id", fault["id"].as_str().unwrap().to_owned()),
            ("organization_id", "00000000-0000-4000-8000-000000000000".to_owned()),
            // Things of nobody: the same for everybody.
            ("provider_id", "ADYEN".to_owned()),
            ("icon", "pix.svg".to_owned()),
        ]
        .map(|(name, id)| (name.to_owned(), id)),
    )
}

/// Parameters that name things of nobody.
const OF_NOBODY: [&str; 2] = ["provider_id", "icon"];

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
        // Some take several accounts.
        body[field] = if body[field].is_array() { json!([id]) } else { json!(id) };
    }
    let method: Method = verb.to_uppercase().parse().unwrap();
    // Only of the caller's own account can be asked for checkouts at all.
    client.with_account().call(method, &path, Some(body).filter(|body| !body.is_null())).await
}

/// An answer without what differs from call to call: ids, and the names that were asked for.
fn told(answer: &Answer, things: &HashMap<String, String>) -> (u16, String) {
    let mut body = String::from_utf8(answer.bytes.to_vec()).unwrap();
    for (name, id) in things {
        let query = format!("id={id}");
        let decoded = form_urlencoded::parse(query.as_bytes()).next().unwrap().1;
        for written in [id.as_str(), &decoded] {
            body = body.replace(written, &format!("<{name}>"));
        }
    }
    let texts = body.split('"').map(|text| if Uuid::try_parse(text).is_ok() { "<new id>" } else { text });
    (answer.status.as_u16(), texts.collect::<Vec<_>>().join("\""))
}

/// Things of nobody in the places of some.
fn of_nobody(theirs: &HashMap<String, String>) -> HashMap<String, String> {
    let nobodys = |name: &String, id: &String| match OF_NOBODY.contains(&name.as_str()) {
        true => id.clone(),
        false => Uuid::new_v4().to_string(),
    };
    theirs.iter().map(|(name, id)| (name.clone(), nobodys(name, id))).collect()
}

/// Every operation of the document, with its template and its verb. What the stranger makes of its own, it finds: that
/// comes last.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    let mut operations: Vec<_> = paths
        .flat_map(|(template, item)| {
            let verbs = item.as_object().unwrap().iter();
            verbs.map(move |(verb, told)| (template.as_str(), verb.as_str(), told))
        })
        .collect();
    operations.sort_by_key(|(template, verb, _)| makes_its_own(verb, template));
    operations
}

/// Whether an operation takes something that is somebody's.
fn takes_something(operation: &Value, things: &HashMap<String, String>) -> bool {
    things.keys().any(|name| !OF_NOBODY.contains(&name.as_str()) && takes(operation, name))
}

#[tokio::test]
async fn another_organizations_things_are_answered_like_things_of_nobody() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.merchant(), app.another_merchant().await);
    let theirs = belongings(&owner).await;
    let nobodys = of_nobody(&theirs);
    let before = snapshot(&app).await;
    let mut compared = 0;
    for (template, verb, operation) in operations() {
        if !takes_something(operation, &theirs) {
            continue;
        }
        let of_theirs = told(&call(&stranger, verb, template, operation, &theirs).await, &theirs);
        let of_nobodys = told(&call(&stranger, verb, template, operation, &nobodys).await, &nobodys);
        assert_eq!(of_theirs, of_nobodys, "{verb} {template}");
        let named = ["customer_id", "webhook_id"].into_iter().find(|name| takes(operation, name));
        if let (true, Some(named)) = (takes(operation, "account_id"), named) {
            // With an account of its own, so that nothing but the customer or the webhook can be refused.
            for things in [&theirs, &nobodys].map(|things| with_account_of(&stranger, things)) {
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
    listed += &stranger.with_account().get("/v1/checkouts").await.expect(200).to_string();
    assert!(theirs.iter().all(|(name, id)| OF_NOBODY.contains(&name.as_str()) || !listed.contains(id.as_str())));
}

/// The things with an account of the client's own, and without a checkout, which is refused before the rest is looked at.
fn with_account_of(client: &Client, things: &HashMap<String, String>) -> HashMap<String, String> {
    let mut things = things.clone();
    things.insert("account_id".to_owned(), client.account.clone());
    things.remove("checkout_id");
    things
}

/// The things without the account, and without what anybody may call something of its own.
fn without_account(things: &HashMap<String, String>) -> HashMap<String, String> {
    let kept = |name: &str| !["account_id", "merchant_order_id"].contains(&name);
    things.clone().into_iter().filter(|(name, _)| kept(name)).collect()
}

/// The next number after a thing's, if it has one.
fn neighbour(id: &str) -> String {
    match (Uuid::try_parse(id), id.parse::<u64>()) {
        (Ok(id), _) => Uuid::from_u128(id.as_u128() + 1).to_string(),
        (_, Ok(id)) => (id + 1).to_string(),
        _ => id.to_owned(),
    }
}

/// Other ways to write an id, for a path.
const SPELLINGS: [fn(&str) -> String; 7] = [
    neighbour,
    |id| id.to_uppercase(),
    |id| format!("%7B{id}%7D"),
    |id| format!("{id}%20"),
    |id| format!("%{:02x}{}", id.as_bytes()[0], &id[1..]),
    |id| id.replace('-', "%2d"),
    |id| id.replace('-', ""),
];

#[tokio::test]
async fn no_way_to_write_an_id_and_no_kind_of_keys_lead_to_another_organizations_things() {
    let app = TestApp::new().await;
    let (owner, stranger) = (app.merchant(), app.another_merchant().await);
    let theirs = belongings(&owner).await;
    let before = snapshot(&app).await;
    let as_it_is: fn(&str) -> String = str::to_owned;
    for client in [&stranger, &stranger.without_secret()] {
        for spelling in SPELLINGS.into_iter().chain([as_it_is]) {
            let spelled = |things: &HashMap<String, String>| -> HashMap<String, String> {
                things.iter().map(|(name, id)| (name.clone(), spelling(id))).collect()
            };
            let (theirs, nobodys) = (spelled(&theirs), spelled(&of_nobody(&theirs)));
            for (template, verb, operation) in operations() {
                if !takes_something(operation, &theirs) || makes_its_own(verb, template) {
                    continue;
                }
                let mut pairs = vec![[theirs.clone(), nobodys.clone()]];
                if takes(operation, "account_id") && takes_something(operation, &without_account(&theirs)) {
                    // With an account of its own too, so that nothing but the other things can be refused.
                    pairs.push([&theirs, &nobodys].map(|things| with_account_of(&stranger, things)));
                }
                for [theirs, nobodys] in pairs {
                    let of_theirs = told(&call(client, verb, template, operation, &theirs).await, &theirs);
                    let of_nobodys = told(&call(client, verb, template, operation, &nobodys).await, &nobodys);
                    assert_eq!(of_theirs, of_nobodys, "{verb} {template}");
                }
            }
        }
    }
    assert_eq!(snapshot(&app).await, before, "a stranger's calls changed what the owner has");
}

#[tokio::test]
async fn every_key_pair_of_an_organization_sees_the_same() {
    let app = TestApp::new().await;
    let (owner, second) = (app.merchant(), app.with_another_key(|_| {}).await);
    let theirs = belongings(&owner).await;
    let mut seen = 0;
    for (template, verb, operation) in operations() {
        if verb != "get" || !takes_something(operation, &theirs) {
            continue;
        }
        for (one, other) in [(&owner, &second), (&owner.without_secret(), &second.without_secret())] {
            let of_one = call(one, verb, template, operation, &theirs).await;
            let of_other = call(other, verb, template, operation, &theirs).await;
            assert_eq!((of_one.status, &of_one.bytes), (of_other.status, &of_other.bytes), "{template}");
            seen += usize::from(of_one.status.is_success());
        }
    }
    assert!(seen > 15, "only {seen} answers were compared");
    // What one makes or changes the other has.
    let session = second.make_checkout_session("BR", "BRL").await;
    owner.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    let change = json!({"payment_description": "Walking shoes", "account_id": owner.account});
    owner.patch(format!("/v1/checkout/sessions/{session}"), change).await.expect(200);
    let found = second.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!(found["payment_description"], "Walking shoes");
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
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name from information_schema.columns
         where table_schema = 'public' and column_name = 'organization_id' order by table_name",
    )
    .fetch_all(app.pool())
    .await
    .unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
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
    let before = snapshot(&app).await;
    let stranger = app.another_merchant().await.without_secret();
    let (session, enrolling) = (&theirs["checkout_session"], &theirs["customer_session"]);
    let path = format!("/v1/checkout/sessions/{session}/payment-methods");
    stranger.get(path).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let path = format!("/v1/checkout/customers/sessions/{enrolling}/payment-methods");
    stranger.get(path).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    let token = json!({"payment_method": {"type": "CARD", "card": Client::card(GOOD_CARD)}});
    let path = format!("/v1/checkout/sessions/{session}/token");
    stranger.post(path, token).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let path = format!("/v1/checkout/sessions/{session}/info");
    stranger.get(path).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let pay = json!({"token": "01980f2e-7a6b-7c4d-8e5f-0123456789ab"});
    let path = format!("/v1/checkout/sessions/{session}/pay");
    stranger.post(path, pay).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    let path = format!("/v1/customers/sessions/{enrolling}/payment-methods/{}/complete", theirs["payment_method_id"]);
    let card = json!({"card_data": Client::card(GOOD_CARD)});
    stranger.post(path, card).await.refused(400, "CUSTOMER_SESSION_NOT_FOUND");
    assert_eq!(snapshot(&app).await, before);
}
