//! `GET /v1/checkouts`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn names(merchant: &Client, query: &str) -> Vec<String> {
    let list = merchant.get(format!("/v1/checkouts{query}")).await.expect(200);
    let items = if list.is_array() { list } else { list["data"].clone() };
    items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_account_always_has_a_default() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let list = merchant.get("/v1/checkouts").await.expect(200);
    let expected = json!([{
        "id": list[0]["id"],
        "name": "Default",
        "description": "Default",
        "status": "PUBLISHED",
        "is_default": true,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
    }]);
    assert_eq!(list.to_string(), expected.to_string());
    assert_eq!(merchant.get("/v1/checkouts").await.expect(200), list, "the same one each time");
    assert_eq!(app.merchant().get("/v1/checkouts").await.refused(400, "INVALID_PARAMETERS").len(), 1);
    app.anybody().get("/v1/checkouts").await.refused(401, "NOT_AUTHENTICATED");
}

#[tokio::test]
async fn the_default_comes_first_then_what_was_changed_last() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        app.clock.advance(TimeDelta::minutes(1));
        ids.push(merchant.make_checkout(name).await);
    }
    assert_eq!(names(&merchant, "").await, ["Default", "C", "B", "A"]);
    app.clock.advance(TimeDelta::minutes(1));
    merchant.patch(format!("/v1/checkouts/{}", ids[0]), json!({"status": "ARCHIVED"})).await.expect(200);
    assert_eq!(names(&merchant, "").await, ["Default", "A", "C", "B"]);
    app.clock.advance(TimeDelta::minutes(1));
    merchant.patch(format!("/v1/checkouts/{}", ids[1]), json!({"is_default": true})).await.expect(200);
    assert_eq!(names(&merchant, "").await, ["B", "Default", "A", "C"]);
}

#[tokio::test]
async fn filters_go_together() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    merchant.default_checkout().await;
    app.clock.advance(TimeDelta::hours(1));
    let promo = merchant.make_checkout("Promo 100%").await;
    app.clock.advance(TimeDelta::hours(1));
    let other = merchant.make_checkout("Promo 100x").await;
    merchant.patch(format!("/v1/checkouts/{other}"), json!({"status": "ARCHIVED"})).await.expect(200);
    app.clock.advance(TimeDelta::hours(1));
    merchant.patch(format!("/v1/checkouts/{promo}"), json!({"status": "NOT_PUBLISHED"})).await.expect(200);
    for (query, expected) in [
        ("?name=PROMO", vec!["Promo 100%", "Promo 100x"]),
        ("?name=100%25", vec!["Promo 100%"]),
        ("?name=_", vec![]),
        (&format!("?id={}", &other.to_uppercase()[24..]), vec!["Promo 100x"]),
        ("?status=ARCHIVED", vec!["Promo 100x"]),
        ("?status=ARCHIVED,NOT_PUBLISHED", vec!["Promo 100%", "Promo 100x"]),
        ("?status=ARCHIVED&status=NOT_PUBLISHED", vec!["Promo 100%", "Promo 100x"]),
        ("?status=ARCHIVED&status=NOT_PUBLISHED,PUBLISHED", vec!["Default", "Promo 100%", "Promo 100x"]),
        ("?created_after=2026-01-15T13:00:00Z", vec!["Promo 100%", "Promo 100x"]),
        ("?created_after=2026-01-15T13:00:00.000001Z", vec!["Promo 100x"]),
        ("?created_before=2026-01-15T13:00:00Z", vec!["Default", "Promo 100%"]),
        ("?created_before=2026-01-15T12:59:59.999999Z", vec!["Default"]),
        ("?updated_after=2026-01-15T15:00:00Z", vec!["Promo 100%"]),
        ("?updated_before=2026-01-15T14:00:00Z", vec!["Default", "Promo 100x"]),
        ("?name=promo&status=ARCHIVED&updated_before=2026-01-15T14:00:00Z", vec!["Promo 100x"]),
        ("?name=promo&created_before=2026-01-15T12:00:00Z", vec![]),
    ] {
        assert_eq!(names(&merchant, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_are_told_when_they_are_asked_for() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    for n in 0..27 {
        app.clock.advance(TimeDelta::minutes(1));
        merchant.make_checkout(&format!("C{n:02}")).await;
    }
    assert_eq!(names(&merchant, "").await.len(), 28);
    let page = |query: &'static str| {
        let merchant = merchant.clone();
        async move { merchant.get(format!("/v1/checkouts{query}")).await.expect(200) }
    };
    let first = page("?page=1").await;
    assert_eq!(first["pagination"].to_string(), r#"{"page":1,"size":25,"total":28}"#);
    assert_eq!(first["data"].as_array().unwrap().len(), 25);
    assert_eq!(first["data"][0]["name"], "Default");
    let second = page("?page=2&size=20").await;
    assert_eq!(second["data"].as_array().unwrap().len(), 8);
    assert_eq!(second["data"][7]["name"], "C00");
    assert_eq!(page("?size=3").await["pagination"], json!({"page": 1, "size": 3, "total": 28}));
    let filtered = page("?size=2&page=5&name=C0").await;
    assert_eq!(filtered["pagination"]["total"], 10);
    assert_eq!(filtered["data"].as_array().unwrap().len(), 2);
    assert_eq!(page("?page=1000000&size=100").await["data"], Value::Array(Vec::new()));
    for (query, fields) in [
        ("?page=0", vec!["page"]),
        ("?page=x&size=101", vec!["page", "size"]),
        ("?size=0", vec!["size"]),
        ("?status=DRAFT", vec!["status"]),
        ("?status=PUBLISHED,", vec!["status"]),
        ("?created_after=yesterday&page=-1", vec!["created_after", "page"]),
        ("?page=1&page=2", vec!["page"]),
    ] {
        let messages = merchant.get(format!("/v1/checkouts{query}")).await.refused(400, "ILLEGAL_ARGUMENT");
        let named: Vec<_> = messages.iter().map(|message| message.split(": ").next().unwrap()).collect();
        assert_eq!(named, fields, "{query}");
    }
}
