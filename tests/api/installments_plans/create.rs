//! `POST /v1/installments-plans`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn answers_what_is_published() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.post("/v1/installments-plans", merchant.whole_plan_body()).await.expect(200);
    let expected = json!({
        "id": plan["id"],
        "name": "Plan",
        "account_id": [merchant.account],
        "merchant_reference": "reference-1",
        "installments_plan": [
            {"installment": 1, "rate": 1, "provider_id": ""},
            {
                "installment": 3, "rate": 1.2, "provider_id": "",
                "financial_costs": [{"type": "CFT", "rate": 45.25, "formatted_value": "45,25%"}],
                "type": "MERCHANT_INSTALLMENTS",
            },
        ],
        "type": "",
        "source": "",
        "provider_id": "",
        "scheme": "VISA",
        "brand": ["VISA", "MASTERCARD"],
        "issuer": "A bank",
        "issuer_id": "",
        "iin": ["450799", "52524400"],
        "country_code": "CO",
        "first_installment_deferral": 1,
        "amount": {"Currency": "COP", "min_value": 50, "max_value": 10_000},
        "availability": {"start_at": "2026-01-01T00:00:00.000000Z", "finish_at": "2026-12-31T23:59:59.999000Z"},
        "payment_method_type": "CARD",
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
    });
    assert_eq!(plan.to_string(), expected.to_string(), "the order of the keys counts");
    assert_eq!(Uuid::parse_str(plan["id"].as_str().unwrap()).unwrap().get_version_num(), 7);
}

#[tokio::test]
async fn takes_what_is_required_alone() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let plan = merchant.post("/v1/installments-plans", merchant.plan_body()).await.expect(200);
    for field in ["brand", "iin", "amount", "availability"] {
        assert_eq!(plan[field], Value::Null, "{field}");
    }
    for field in ["scheme", "issuer", "country_code"] {
        assert_eq!(plan[field], "", "{field}");
    }
    assert_eq!((&plan["first_installment_deferral"], &plan["payment_method_type"]), (&json!(0), &json!("CARD")));
    let mut body = merchant.plan_body();
    body["amount"] = json!({"currency": "BRL"});
    body["availability"] = json!({"finish_at": "2027-01-01T00:00:00-03:00"});
    body["brand"] = json!([]);
    let plan = merchant.post("/v1/installments-plans", body).await.expect(200);
    assert_eq!(plan["amount"], json!({"Currency": "BRL", "min_value": null, "max_value": null}));
    assert_eq!(plan["availability"], json!({"start_at": null, "finish_at": "2027-01-01T03:00:00.000000Z"}));
    assert_eq!(plan["brand"], Value::Null);
}

#[tokio::test]
async fn rates_are_exact() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.plan_body();
    body["installments_plan"] = serde_json::from_str(
        r#"[{"installment": 2, "rate": 1.0001, "financial_costs": [
            {"type": "TEA", "rate": 38.5}, {"type": "CAT", "rate": 0}, {"type": "CET", "rate": 100000},
            {"type": "CFT", "rate": "12.345"}
        ]}, {"installment": 999, "rate": "123456789012345.6789"}]"#,
    )
    .unwrap();
    let plan = merchant.post("/v1/installments-plans", body).await.expect(200);
    let path = format!("/v1/installments-plans/{}", plan["id"].as_str().unwrap());
    for plan in [&plan, &merchant.get(path).await.expect(200)[0]] {
        let parts = &plan["installments_plan"];
        assert_eq!(parts[0]["rate"].to_string(), "1.0001");
        assert_eq!(parts[1]["rate"].to_string(), "123456789012345.6789");
        let costs = parts[0]["financial_costs"].as_array().unwrap();
        let formatted: Vec<_> = costs.iter().map(|cost| cost["formatted_value"].as_str().unwrap()).collect();
        assert_eq!(formatted, ["38,50%", "0,00%", "100000,00%", "12,35%"]);
        assert_eq!(costs[3]["rate"].to_string(), "12.345");
    }
}

#[tokio::test]
async fn names_everything_that_is_wrong() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let wrong = json!({
        "name": "ab", "account_id": [merchant.account, "x"], "merchant_reference": "x".repeat(256),
        "installments_plan": [
            {"installment": 0, "rate": -1},
            {"installment": 3, "rate": 1.00001, "financial_costs": [
                {"type": "ab", "rate": 100_000.1}, {"rate": "x"},
            ], "type": "NOBODY"},
            {"rate": 1},
            {"installment": 3},
        ],
        "country_code": "UK", "scheme": "ab", "brand": ["VISA", "xx"], "issuer": "", "iin": ["12345", "450799", 450_799],
        "first_installment_deferral": 4, "amount": {"currency": "XXX", "min_value": 2, "max_value": "1.9999"},
        "availability": {"start_at": "2026-01-01T00:00:00Z", "finish_at": "2026-01-01T00:00:00Z"},
        "payment_method_type": "PIX",
    });
    merchant.post("/v1/installments-plans", wrong).await.refused_fields(&[
        "name",
        "account_id[1]",
        "merchant_reference",
        "installments_plan[0].installment",
        "installments_plan[0].rate",
        "installments_plan[1].rate",
        "installments_plan[1].financial_costs[0].type",
        "installments_plan[1].financial_costs[0].rate",
        "installments_plan[1].financial_costs[1].type",
        "installments_plan[1].financial_costs[1].rate",
        "installments_plan[1].type",
        "installments_plan[2].installment",
        "installments_plan[3].installment",
        "country_code",
        "scheme",
        "brand[1]",
        "issuer",
        "iin[0]",
        "iin[2]",
        "first_installment_deferral",
        "amount.currency",
        "amount.max_value",
        "availability.finish_at",
        "payment_method_type",
    ]);
    let nothing = merchant.post("/v1/installments-plans", json!({})).await.refused(400, "MISSING_PARAMETERS");
    let required = ["name", "account_id", "merchant_reference", "installments_plan"];
    assert_eq!(nothing, required.map(|field| format!("{field}: is required")));
    let mut empty = merchant.plan_body();
    (empty["account_id"], empty["installments_plan"]) = (json!([]), json!([]));
    merchant.post("/v1/installments-plans", empty).await.refused_fields(&["account_id", "installments_plan"]);
    let kept: i64 = sqlx::query_scalar("select count(*) from installments_plans").fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 0);
}

/// One choice with so many costs, of some 100 bytes each.
fn costing(costs: usize) -> Value {
    let cost = json!({"type": "effective rate of a year".repeat(3), "rate": 45.25});
    json!([{"installment": 1, "financial_costs": vec![cost; costs]}])
}

#[tokio::test]
async fn every_limit_is_where_it_is_said_to_be() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (field, right, wrong) in [
        ("name", json!("abc"), json!("ab")),
        ("name", json!("ã".repeat(255)), json!("ã".repeat(256))),
        ("merchant_reference", json!("abc"), json!("ab")),
        ("issuer", json!("abc"), json!("ab")),
        ("first_installment_deferral", json!(3), json!(4)),
        ("first_installment_deferral", json!(0), json!(-1)),
        (
            "amount",
            json!({"currency": "BRL", "min_value": 1, "max_value": 1}),
            json!({"currency": "BRL", "min_value": 1.0001, "max_value": 1}),
        ),
        (
            "availability",
            json!({"start_at": "2026-01-01T00:00:00Z", "finish_at": "2026-01-01T00:00:00.000001Z"}),
            json!({"start_at": "2026-01-01T00:00:00Z", "finish_at": "2025-12-31T23:59:59Z"}),
        ),
        ("iin", json!(["450799", "45079900"]), json!(["450799001"])),
        ("iin", json!(["4507990"]), json!(["45079"])),
        ("payment_method_type", json!("NU_PAY_ENROLLMENT"), json!("NU_PAY")),
        ("payment_method_type", json!("APPLE_PAY"), json!("apple_pay")),
        ("installments_plan", json!([{"installment": 999}]), json!([{"installment": 1000}])),
        (
            "installments_plan",
            json!([{"installment": 1}, {"installment": 2}]),
            json!([{"installment": 2}, {"installment": 2}]),
        ),
        ("installments_plan", costing(150), costing(250)),
    ] {
        let mut body = merchant.plan_body();
        body[field] = right;
        merchant.post("/v1/installments-plans", body.clone()).await.expect(200);
        body[field] = wrong;
        let messages = merchant.post("/v1/installments-plans", body).await.refused(400, "INVALID_PARAMETERS");
        assert!(messages.len() == 1 && messages[0].starts_with(field), "{field}: {messages:?}");
    }
}

#[tokio::test]
async fn is_for_accounts_of_the_key_alone() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let (second, stranger) = (app.another_account().await, app.another_merchant().await);
    let mut body = merchant.plan_body();
    body["account_id"] = json!([second, merchant.account, second]);
    let plan = merchant.post("/v1/installments-plans", body.clone()).await.expect(200);
    let mut accounts = [merchant.account.clone(), second.clone()];
    accounts.sort();
    assert_eq!(plan["account_id"], json!(accounts), "each once");
    for account in [&merchant.account, &second] {
        let listed = merchant.get(format!("/v1/installments-plans?account_id={account}")).await.expect(200);
        assert_eq!(listed[0]["id"], plan["id"]);
    }
    for account in [stranger.account.clone(), Uuid::new_v4().to_string()] {
        body["account_id"] = json!([merchant.account, account]);
        merchant.post("/v1/installments-plans", body.clone()).await.refused(400, "INVALID_ACCOUNT_ID");
    }
}

#[tokio::test]
async fn an_account_has_a_hundred_at_most() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let second = app.another_account().await;
    let first = merchant.make_plan(json!({})).await;
    let fill = "insert into installments_plans select organization_id, gen_random_uuid(), account_ids, name,
            merchant_reference, installments, country_code, scheme, brand, issuer, iin, first_installment_deferral,
            currency, min_value, max_value, start_at, finish_at, payment_method_type, created_at, updated_at
        from installments_plans cross join generate_series(1, 98)";
    sqlx::query(fill).execute(app.pool()).await.unwrap();
    let hundredth = merchant.make_plan(json!({"account_id": [merchant.account, second]})).await;
    let mut body = merchant.plan_body();
    body["account_id"] = json!([second, merchant.account]);
    let messages = merchant.post("/v1/installments-plans", body.clone()).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(messages, [format!("account_id: {} has 100 plans, which is the most there can be", merchant.account)]);
    let listed = merchant.get(format!("/v1/installments-plans?account_id={}", merchant.account)).await.expect(200);
    assert_eq!(listed.as_array().unwrap().len(), 100);
    // The other has room, a plan that an account has takes no more, and one that is gone makes some.
    body["account_id"] = json!([second]);
    let of_second = merchant.post("/v1/installments-plans", body).await.expect(200);
    let both = json!({"account_id": [merchant.account, second]});
    merchant.patch(format!("/v1/installments-plans/{hundredth}"), both.clone()).await.expect(200);
    let path = format!("/v1/installments-plans/{}", of_second["id"].as_str().unwrap());
    merchant.patch(&path, both.clone()).await.refused_fields(&["account_id"]);
    merchant.delete(format!("/v1/installments-plans/{first}")).await.expect(200);
    merchant.patch(&path, both).await.expect(200);
}
