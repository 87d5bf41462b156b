//! `GET /v1/checkout/sessions/{checkout_session}/installments`, and sessions that name a plan.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Makes a session with instalments and gives its id.
async fn session_with(merchant: &Client, installments: Value) -> String {
    let mut body = merchant.session_body("BR", "BRL");
    body["installments"] = installments;
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    session["checkout_session"].as_str().unwrap().to_owned()
}

/// The plan that a session shows, and nothing when it shows none.
async fn shown(client: &Client, session: &str, query: &str) -> Value {
    client.get(format!("/v1/checkout/sessions/{session}/installments{query}")).await.expect(200)["plan_id"].clone()
}

#[tokio::test]
async fn a_sessions_own_plan_has_no_number_twice() {
    let app = TestApp::new().await;
    let mut body = app.merchant().session_body("BR", "BRL");
    body["installments"] = json!({"plan": [{"installment": 3, "rate": 1}, {"installment": 3, "rate": 1.5}]});
    app.merchant().post("/v1/checkout/sessions", body).await.refused_fields(&["installments.plan[1].installment"]);
}

#[tokio::test]
async fn an_sdk_is_shown_the_sessions_own_before_the_named_before_the_best() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session = session_with(&merchant, json!(null)).await;
    let path = format!("/v1/checkout/sessions/{session}/installments");
    let nothing = json!({
        "checkout_session": session, "plan_id": null, "first_installment_deferral": 0, "installments_plan": [],
    });
    assert_eq!(sdk.get(&path).await.expect(200), nothing);

    let best = merchant.make_plan(json!({"first_installment_deferral": 2})).await;
    // For nothing that could be paid here, and named all the same.
    let named = merchant
        .make_plan(json!({
            "amount": {"currency": "USD"}, "installments_plan": [{"installment": 12, "rate": 1.5}],
            "availability": {"finish_at": "2020-01-01T00:00:00Z"}, "payment_method_type": "APPLE_PAY",
        }))
        .await;
    let part = |installment: u16, rate: Value, value: &str, total: &str| {
        json!({
            "installment": installment, "rate": rate, "provider_id": "",
            "amount": {"currency": "BRL", "value": value, "total_value": total},
        })
    };
    let expected = json!({
        "checkout_session": session, "plan_id": best, "first_installment_deferral": 2,
        "installments_plan": [part(1, json!(1), "100", "100"), part(3, json!(1.2), "40", "120")],
    });
    assert_eq!(sdk.get(&path).await.expect(200).to_string(), expected.to_string(), "the order of the keys counts");

    let session = session_with(&merchant, json!({"plan_id": named})).await;
    let answer = sdk.get(format!("/v1/checkout/sessions/{session}/installments")).await.expect(200);
    assert_eq!((&answer["plan_id"], &answer["first_installment_deferral"]), (&json!(named), &json!(0)));
    assert_eq!(answer["installments_plan"], json!([part(12, json!(1.5), "12.5", "150")]));

    let own = json!({"plan_id": named, "plan": [{"installment": 7, "rate": 1}]});
    let session = session_with(&merchant, own).await;
    let answer = sdk.get(format!("/v1/checkout/sessions/{session}/installments")).await.expect(200);
    assert_eq!(answer["plan_id"], Value::Null);
    assert_eq!(answer["installments_plan"], json!([part(7, json!(1), "14.29", "100")]));
    let session = session_with(&merchant, json!({"plan_id": named, "plan": []})).await;
    assert_eq!(shown(&sdk, &session, "").await, json!(named), "an empty plan is none");
}

#[tokio::test]
async fn the_best_plan_is_for_the_purchase_and_the_card() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let brl = |least: i32, most: i32| json!({"currency": "BRL", "min_value": least, "max_value": most});
    let any = merchant.make_plan(json!({})).await;
    let cheap = merchant.make_plan(json!({"amount": brl(0, 99)})).await;
    let usual = merchant.make_plan(json!({"amount": brl(100, 1000)})).await;
    merchant.make_plan(json!({"country_code": "CO"})).await;
    merchant.make_plan(json!({"availability": {"start_at": "2026-01-15T12:00:01Z"}, "iin": ["450799"]})).await;
    let visa = merchant.make_plan(json!({"brand": ["visa"]})).await;
    let card = merchant.make_plan(json!({"iin": ["450799"]})).await;
    let wallet = merchant.make_plan(json!({"payment_method_type": "APPLE_PAY"})).await;
    let session = session_with(&merchant, json!(null)).await;
    for (query, plan) in [
        ("", json!(usual)),
        ("?iin=555555", json!(usual)),
        ("?iin=411111", json!(visa)),
        ("?iin=45079900", json!(card)),
        ("?payment_method_type=CARD", json!(usual)),
        ("?payment_method_type=APPLE_PAY&iin=450799", json!(wallet)),
        ("?payment_method_type=NU_PAY_ENROLLMENT", Value::Null),
    ] {
        assert_eq!(shown(&sdk, &session, query).await, plan, "{query}");
    }
    let path = format!("/v1/checkout/sessions/{session}");
    for (amount, plan) in [
        (json!({"value": 99}), &cheap),
        (json!({"value": 99.5}), &any),
        (json!({"value": 1000}), &usual),
        (json!({"currency": "USD"}), &any),
    ] {
        merchant.patch(&path, json!({"amount": amount})).await.expect(200);
        assert_eq!(shown(&sdk, &session, "").await, json!(plan), "{amount}");
    }
}

#[tokio::test]
async fn changes_show_at_once_and_within_a_second_elsewhere() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let elsewhere = app.on_another_instance(&sdk);
    let session = session_with(&merchant, json!(null)).await;
    assert_eq!(shown(&sdk, &session, "").await, Value::Null);
    assert_eq!(shown(&elsewhere, &session, "").await, Value::Null);
    let plan = merchant.make_plan(json!({})).await;
    assert_eq!(shown(&sdk, &session, "").await, json!(plan));
    app.wait(TimeDelta::seconds(1));
    assert_eq!(shown(&elsewhere, &session, "").await, json!(plan));
    merchant.patch(format!("/v1/installments-plans/{plan}"), json!({"country_code": "CO"})).await.expect(200);
    assert_eq!(shown(&sdk, &session, "").await, Value::Null);
    merchant.patch(format!("/v1/installments-plans/{plan}"), json!({"country_code": "BR"})).await.expect(200);
    assert_eq!(shown(&sdk, &session, "").await, json!(plan));
    merchant.delete(format!("/v1/installments-plans/{plan}")).await.expect(200);
    assert_eq!(shown(&sdk, &session, "").await, Value::Null);
}

#[tokio::test]
async fn a_plan_that_the_account_has_not_is_refused() {
    let app = TestApp::new().await;
    let (merchant, stranger) = (app.merchant(), app.another_merchant().await);
    let theirs = stranger.make_plan(json!({})).await;
    let session = session_with(&merchant, json!(null)).await;
    let path = format!("/v1/checkout/sessions/{session}");
    let before = merchant.get(&path).await.expect(200);
    for plan in [theirs, Uuid::new_v4().to_string(), "p-1".to_owned(), "x".repeat(64)] {
        let installments = json!({"plan_id": plan, "plan": [{"installment": 3, "rate": 1}]});
        let mut body = merchant.session_body("BR", "BRL");
        body["installments"] = installments.clone();
        merchant.post("/v1/checkout/sessions", body).await.refused_fields(&["installments.plan_id"]);
        let change = json!({"installments": installments, "merchant_order_id": "order-2"});
        merchant.patch(&path, change).await.refused_fields(&["installments.plan_id"]);
    }
    assert_eq!(merchant.get(&path).await.expect(200), before);
    // Nor one that another account of the organization alone has.
    let plan = merchant.make_plan(json!({})).await;
    let moved = format!("update installments_plans set account_ids = array['{}'::uuid]", Uuid::new_v4());
    app.pool().execute(sqlx::AssertSqlSafe(moved)).await.unwrap();
    let change = json!({"installments": {"plan_id": plan}});
    merchant.patch(&path, change).await.refused_fields(&["installments.plan_id"]);
}

#[tokio::test]
async fn a_plan_that_is_gone_is_as_if_it_had_not_been_named() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.make_plan(json!({})).await;
    let mut body = merchant.session_body("BR", "BRL");
    body["installments"] = json!({"plan_id": plan});
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let session = keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200);
    merchant.delete(format!("/v1/installments-plans/{plan}")).await.expect(200);
    let id = session["checkout_session"].as_str().unwrap();
    assert_eq!(shown(&app.sdk(), id, "").await, Value::Null);
    let other = merchant.make_plan(json!({})).await;
    assert_eq!(shown(&app.sdk(), id, "").await, json!(other));
    let read = merchant.get(format!("/v1/checkout/sessions/{id}")).await.expect(200);
    assert_eq!(read["installments"]["plan_id"], json!(plan));
    // The first answer under a key stays, whatever became of the plan.
    assert_eq!(keyed.post("/v1/checkout/sessions", body.clone()).await.expect(200), session);
    let fresh = merchant.with("x-idempotency-key", "k-2");
    fresh.post("/v1/checkout/sessions", body).await.refused_fields(&["installments.plan_id"]);
}

#[tokio::test]
async fn sessions_that_name_no_plan_ask_for_none() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    app.pool().execute("drop table installments_plans").await.unwrap();
    session_with(&merchant, json!(null)).await;
    merchant
        .with("x-idempotency-key", "k")
        .post("/v1/checkout/sessions", merchant.session_body("BR", "BRL"))
        .await
        .expect(200);
    let session = session_with(&merchant, json!({"plan": [{"installment": 3, "rate": 1}]})).await;
    app.sdk().get(format!("/v1/checkout/sessions/{session}/installments")).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_or_over_is_refused() {
    let app = TestApp::new().await;
    let (merchant, sdk) = (app.merchant(), app.sdk());
    let session = session_with(&merchant, json!(null)).await;
    let path = format!("/v1/checkout/sessions/{session}/installments");
    sdk.get(format!("{path}?iin=12345&payment_method_type=PIX")).await.refused_fields(&["iin", "payment_method_type"]);
    let other = format!("/v1/checkout/sessions/{}/installments", Uuid::new_v4());
    sdk.get(other).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
    app.wait(TimeDelta::hours(5));
    sdk.get(path).await.refused(400, "CHECKOUT_SESSION_NOT_FOUND");
}
