//! `GET /v1/installments-plans`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// The names of the plans that a query finds, in their order.
async fn names(merchant: &Client, query: &str) -> String {
    let path = format!("/v1/installments-plans?account_id={}{query}", merchant.account);
    let plans = merchant.get(path).await.expect(200);
    let names = plans.as_array().unwrap().iter().map(|plan| plan["name"].as_str().unwrap().replace("plan-", ""));
    names.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn finds_what_is_for_something_oldest_first() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    assert_eq!(names(&merchant, "").await, "");
    for (name, more) in [
        ("any", json!({})),
        ("brl", json!({"amount": {"currency": "BRL", "min_value": 50, "max_value": 200}})),
        ("usd", json!({"amount": {"currency": "USD", "min_value": 100}})),
        ("iin", json!({"iin": ["450799", "55555555"]})),
        ("over", json!({"availability": {"finish_at": "2020-01-01T00:00:00Z"}})),
        ("nu", json!({"payment_method_type": "NU_PAY_ENROLLMENT"})),
    ] {
        let mut more = more;
        more["name"] = json!(format!("plan-{name}"));
        merchant.make_plan(more).await;
        app.wait(TimeDelta::seconds(1));
    }
    for (query, found) in [
        ("", "any brl usd iin over nu"),
        ("&currency=BRL", "any brl iin over nu"),
        ("&currency=EUR", "any iin over nu"),
        ("&amount=50", "any brl iin over nu"),
        ("&amount=100", "any brl usd iin over nu"),
        ("&amount=200.0001", "any usd iin over nu"),
        ("&iin=450799", "any brl usd iin over nu"),
        ("&iin=45079911", "any brl usd iin over nu"),
        ("&iin=555555", "any brl usd over nu"),
        ("&iin=5555555", "any brl usd over nu"),
        ("&iin=55555555", "any brl usd iin over nu"),
        ("&payment_method_type=NU_PAY_ENROLLMENT", "nu"),
        ("&payment_method_type=APPLE_PAY", ""),
        ("&payment_method_type=CARD&currency=USD&amount=99.99&iin=411111", "any over"),
    ] {
        assert_eq!(names(&merchant, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn says_what_each_choice_costs_of_an_amount() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let parts = json!([{"installment": 1}, {"installment": 3, "rate": 1}, {"installment": 6, "rate": 1.0525}]);
    let plan = |currency: Value| json!({"installments_plan": parts, "amount": currency});
    merchant.make_plan(plan(json!({"currency": "BRL"}))).await;
    let costs = async |query: &str| -> Vec<String> {
        let path = format!("/v1/installments-plans?account_id={}{query}", merchant.account);
        let plans = merchant.get(path).await.expect(200);
        let told = |part: &Value| {
            let [currency, value, total] =
                ["currency", "value", "total_value"].map(|field| part["amount"][field].as_str().unwrap());
            format!("{currency} {value} {total}")
        };
        plans[0]["installments_plan"].as_array().unwrap().iter().map(told).collect()
    };
    assert_eq!(costs("").await, ["BRL 0 0", "BRL 0 0", "BRL 0 0"]);
    assert_eq!(costs("&amount=100").await, ["BRL 100 100", "BRL 33.33 100", "BRL 17.54 105.25"]);
    assert_eq!(costs("&amount=259.9&currency=BRL").await, ["BRL 259.9 259.9", "BRL 86.63 259.9", "BRL 45.59 273.54"]);
    let gone = merchant.get(format!("/v1/installments-plans?account_id={}", merchant.account)).await.expect(200);
    merchant.delete(format!("/v1/installments-plans/{}", gone[0]["id"].as_str().unwrap())).await.expect(200);
    merchant.make_plan(plan(json!(null))).await;
    assert_eq!(costs("&amount=1000&currency=CLP").await, ["CLP 1000 1000", "CLP 333 1000", "CLP 176 1053"]);
    assert_eq!(costs("&amount=10&currency=KWD").await, ["KWD 10 10", "KWD 3.333 10", "KWD 1.754 10.525"]);
    assert_eq!(costs("&amount=10").await, [" 10 10", " 3.33 10", " 1.76 10.53"]);
    let most = "999999999999999.9999";
    assert_eq!(costs(&format!("&amount={most}&currency=CLF")).await[2], format!("CLF 166666666666666.6667 {most}"));
}

#[tokio::test]
async fn names_what_is_wrong_with_the_query() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let list = "/v1/installments-plans";
    assert_eq!(merchant.get(list).await.refused(400, "MISSING_PARAMETERS"), ["account_id: is required"]);
    let wrong = format!("{list}?account_id=x&currency=brl&iin=12345&amount=-1&payment_method_type=PIX");
    merchant.get(wrong).await.refused_fields(&["account_id", "currency", "iin", "amount", "payment_method_type"]);
    let other = app.another_merchant().await;
    other.make_plan(json!({})).await;
    merchant.get(format!("{list}?account_id={}", other.account)).await.refused(400, "INVALID_ACCOUNT_ID");
    assert_eq!(names(&merchant, "").await, "");
}
