//! `/v1/testing/organizations`: an organization for each test, and nothing of it left after.

use std::collections::BTreeSet;

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;
use yuno_sessions::api::{self, due};
use yuno_sessions::types::OrganizationId;

use crate::distributed::listed;
use crate::support::{Client, GOOD_CARD, Receiver, Setup, TestApp};

#[tokio::test]
async fn each_has_the_demos_connections_and_sees_nothing_of_another() {
    let app = TestApp::new().await;
    let (one, other) = (app.test_merchant().await, app.test_merchant().await);
    assert_ne!((&one.account, &one.keys.public), (&other.account, &other.keys.public));
    let session = one.make_checkout_session("BR", "BRL").await;
    assert_eq!(one.offered(&session).await, ["CARD", "BOLETO", "GOOGLE_PAY", "PIX"]);
    one.pay_direct(GOOD_CARD).await;
    other.get(format!("/v1/checkout/sessions/{session}")).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    assert_eq!(other.get("/v1/events").await.expect(200)["latest"], 0);
}

/// The organization that a client's keys are of.
async fn organization_of(app: &TestApp, client: &Client) -> String {
    sqlx::query_scalar("select organization_id::text from api_keys where public_api_key = $1")
        .bind(client.keys.public.as_ref().unwrap())
        .fetch_one(app.pool())
        .await
        .unwrap()
}

/// The rows that an organization has, by table.
async fn rows(app: &TestApp, organization: &str) -> Vec<(String, i64)> {
    let mut rows = Vec::new();
    for table in listed("distributed").into_iter().chain(["api_keys"]) {
        let count = format!("select count(*) from {table} where organization_id = '{organization}'");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(app.pool()).await.unwrap();
        rows.push((table.to_owned(), count));
    }
    rows
}

#[tokio::test]
async fn is_dropped_with_all_that_it_has_and_all_that_is_remembered_of_it() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.test_merchant().await, app.test_merchant().await);
    let receiver = Receiver::new().await;
    merchant.make_webhook(&receiver.url).await;
    let customer = merchant.make_customer().await;
    merchant.enroll(&customer, GOOD_CARD).await;
    merchant.make_customer_session("BR").await;
    merchant.make_checkout("Shop").await;
    merchant.make_plan(json!({})).await;
    let session = merchant.make_session_of(&customer).await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let payment = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    merchant.with("x-idempotency-key", "key-1").post("/v1/payments", payment).await.expect(201);
    merchant.advance(json!({"hours": 23})).await;
    assert_eq!(receiver.calls().len(), 2);

    let (own, others) = (organization_of(&app, &merchant).await, organization_of(&app, &other).await);
    // More than go in one statement.
    sqlx::query(
        "insert into audit_log
         select organization_id, gen_random_uuid(), actor, action, subject, details, created_at
         from (select * from audit_log where organization_id = $1::uuid limit 1) as one, generate_series(1, 1100)",
    )
    .bind(&own)
    .execute(app.pool())
    .await
    .unwrap();
    let before = rows(&app, &own).await;
    assert!(before.iter().all(|(_, rows)| *rows > 0), "a table that this test says nothing of: {before:?}");
    let of_other = rows(&app, &others).await;

    let mut body = merchant.session_body("BR", "BRL");
    body["callback_url"] = json!(receiver.url);
    body["return_url"] = json!("https://shop.example.com");
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    let payment =
        merchant.payment_body(session["checkout_session"].as_str().unwrap(), "BR", "BRL", json!({"type": "PIX"}));
    merchant.post("/v1/payments", payment).await.expect(201);
    merchant.delete(format!("/v1/testing/organizations/{own}")).await.expect(204);
    app.do_what_is_due().await;
    assert_eq!(receiver.calls().len(), 2, "nobody is told anything any more");
    assert!(app.state().testing.as_ref().unwrap().find(OrganizationId::parse(&own).unwrap()).is_none());
    app.wait(TimeDelta::minutes(3));
    app.do_what_is_due().await;
    let after = rows(&app, &own).await;
    assert!(after.iter().all(|(_, rows)| *rows == 0), "{after:?}");
    assert_eq!(rows(&app, &others).await, of_other);
    merchant.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    other.get("/v1/connections").await.expect(200);
}

/// Adds a customer to an organization, as a call does that came before the organization was dropped.
async fn add_customer(app: &TestApp, organization: &str) {
    sqlx::query(
        "insert into customers (organization_id, customer_id, merchant_customer_id_sha256, created_at, updated_at)
         values ($1::uuid, gen_random_uuid(), '', now(), now())",
    )
    .bind(organization)
    .execute(app.pool())
    .await
    .unwrap();
}

async fn is_there(app: &TestApp, organization: &str) -> bool {
    sqlx::query_scalar("select exists (select from organizations where organization_id = $1::uuid)")
        .bind(organization)
        .fetch_one(app.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_call_leaves_behind_that_had_come_before_goes_after_it() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    merchant.advance(json!({"days": 1})).await;
    let id = organization_of(&app, &merchant).await;
    merchant.delete(format!("/v1/testing/organizations/{id}")).await.expect(204);
    add_customer(&app, &id).await;
    app.wait(TimeDelta::minutes(2));
    app.do_what_is_due().await;
    assert!(is_there(&app, &id).await && rows(&app, &id).await.contains(&("customers".to_owned(), 1)), "not yet");
    app.wait(TimeDelta::milliseconds(1));
    app.do_what_is_due().await;
    assert!(rows(&app, &id).await.iter().all(|(_, rows)| *rows == 0));
    assert!(!is_there(&app, &id).await);
    assert!(app.clock.moved().is_empty());
}

#[tokio::test]
async fn what_does_not_let_itself_be_dropped_goes_later() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    let (id, customer) = (organization_of(&app, &merchant).await, merchant.make_customer().await);
    sqlx::query(
        "create table keeps (
             organization_id uuid, customer_id uuid, foreign key (organization_id, customer_id) references customers
         )",
    )
    .execute(app.pool())
    .await
    .unwrap();
    sqlx::query("insert into keeps values ($1::uuid, $2::uuid)")
        .bind(&id)
        .bind(&customer)
        .execute(app.pool())
        .await
        .unwrap();
    merchant.delete(format!("/v1/testing/organizations/{id}")).await.expect(204);
    app.wait(TimeDelta::minutes(3));
    app.do_what_is_due().await;
    assert!(is_there(&app, &id).await);
    sqlx::query("drop table keeps").execute(app.pool()).await.unwrap();
    app.do_what_is_due().await;
    assert!(!is_there(&app, &id).await);
    assert!(rows(&app, &id).await.iter().all(|(_, rows)| *rows == 0));
}

#[tokio::test]
async fn another_instance_forgets_what_was_decided_for_one_that_is_dropped() {
    let app = TestApp::new().await;
    let other = app.started_again(&app.clock);
    let merchant = app.test_merchant().await;
    let there = merchant.on(api::router(other.clone()));
    there.post("/v1/testing/outcomes", json!({"response_code": "SUCCEEDED"})).await.expect(201);
    there.get("/v1/connections").await.expect(200);
    let id = organization_of(&app, &merchant).await;
    let known = || other.testing.as_ref().unwrap().organizations().len();
    due::run(&other).await.unwrap();
    assert_eq!(known(), 1);
    merchant.delete(format!("/v1/testing/organizations/{id}")).await.expect(204);
    due::run(&other).await.unwrap();
    assert_eq!(known(), 0);
}

#[tokio::test]
async fn a_web_page_of_another_site_makes_none() {
    let app = TestApp::new().await;
    let path = "/v1/testing/organizations";
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        app.anybody().with(name, value).post_nothing(path).await.refused(403, "CROSS_SITE");
    }
    for (name, value) in [("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")] {
        app.anybody().with(name, value).post_nothing(path).await.expect(201);
    }
}

#[tokio::test]
async fn nobody_drops_another_one_or_one_that_no_test_made() {
    let app = TestApp::new().await;
    let (one, other) = (app.test_merchant().await, app.test_merchant().await);
    let made: Vec<Uuid> =
        sqlx::query_scalar("select organization_id from organizations").fetch_all(app.pool()).await.unwrap();
    assert_eq!(made.len(), 3);
    let mut refused = 0;
    for client in [&one, &other, &app.merchant()] {
        for id in made.iter().map(Uuid::to_string).chain(["x".into(), Uuid::new_v4().to_string()]) {
            let own = organization_of(&app, client).await;
            if id == own && own != Uuid::from_u128(0x4000_8000_0000_0000_0000).to_string() {
                continue;
            }
            client.delete(format!("/v1/testing/organizations/{id}")).await.refused(404, "ORGANIZATION_NOT_FOUND");
            refused += 1;
        }
    }
    assert_eq!(refused, 4 + 4 + 5, "all but their own, and the demo's not even that");
    one.without_secret()
        .delete(format!("/v1/testing/organizations/{}", made[1]))
        .await
        .refused(401, "INVALID_CREDENTIALS");
    for client in [one, other, app.merchant()] {
        client.get("/v1/connections").await.expect(200);
    }
}

#[tokio::test]
async fn one_that_nobody_drops_goes_after_a_week() {
    let app = TestApp::new().await;
    let merchant = app.test_merchant().await;
    merchant.pay_direct(GOOD_CARD).await;
    // Of its own time it is not asked.
    merchant.advance(json!({"days": 30})).await;
    app.wait(TimeDelta::days(7));
    app.do_what_is_due().await;
    merchant.get("/v1/connections").await.expect(200);
    app.wait(TimeDelta::milliseconds(1));
    app.do_what_is_due().await;
    merchant.get("/v1/connections").await.refused(401, "INVALID_CREDENTIALS");
    app.merchant().get("/v1/connections").await.expect(200);
}

#[tokio::test]
async fn there_can_be_ten_thousand() {
    let app = TestApp::new().await;
    sqlx::query(
        "insert into organizations (organization_id, name, created_at, for_tests)
         select gen_random_uuid(), 'Test', now(), true from generate_series(1, 9999)",
    )
    .execute(app.pool())
    .await
    .unwrap();
    let last = app.anybody().post_nothing("/v1/testing/organizations").await.expect(201);
    app.anybody().post_nothing("/v1/testing/organizations").await.refused(409, "TOO_MANY_ORGANIZATIONS");
    let keys = crate::support::Keys {
        public: last["public_api_key"].as_str().map(str::to_owned),
        secret: last["private_secret_key"].as_str().map(str::to_owned),
    };
    let path = format!("/v1/testing/organizations/{}", last["organization_id"].as_str().unwrap());
    app.client(keys).delete(path).await.expect(204);
    app.anybody().post_nothing("/v1/testing/organizations").await.expect(201);
}

#[tokio::test]
async fn without_test_controls_none_of_the_addresses_exists() {
    let app = TestApp::with(Setup { testing: false, ..Setup::default() }).await;
    let mut asked = 0;
    for (template, item) in crate::support::document()["paths"].as_object().unwrap() {
        if template.starts_with("/v1/testing") {
            for verb in item.as_object().unwrap().keys() {
                let method: Method = verb.to_uppercase().parse().unwrap();
                let path = crate::support::fill(template, |_| Uuid::nil().to_string());
                app.merchant()
                    .send(method, &path, Some(b"{}".to_vec()), "application/json")
                    .await
                    .refused(404, "NOT_FOUND");
                asked += 1;
            }
        }
    }
    assert!(asked > 4);
    // Not even another method tells that there would be something.
    app.merchant().send(Method::TRACE, "/v1/testing/clock", None, "").await.refused(404, "NOT_FOUND");
}

/// A table that is new must be dropped too.
#[test]
fn every_table_is_emptied() {
    let source = include_str!("../../../src/db/everything.rs");
    let emptied: BTreeSet<_> =
        source.split("delete from ").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
    let all: BTreeSet<_> = listed("distributed").into_iter().chain(["api_keys"]).collect();
    assert_eq!(emptied, all);
}
