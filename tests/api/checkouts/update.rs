//! `PATCH /v1/checkouts/{checkout_code}`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

async fn status(merchant: &Client, checkout: &str) -> Value {
    merchant.get(format!("/v1/checkouts/{checkout}")).await.expect(200)["status"].clone()
}

#[tokio::test]
async fn names_are_changed_in_any_status() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let changed = merchant.patch(&path, json!({"name": "Promo (renamed)", "status": "ARCHIVED"})).await.expect(200);
    let expected = json!({
        "id": checkout,
        "name": "Promo (renamed)",
        "description": "",
        "is_default": false,
        "is_active": false,
        "created_at": "2026-01-15T12:00:00.000000Z",
    });
    assert_eq!(changed.to_string(), expected.to_string());
    let changed = merchant.patch(&path, json!({"description": "Put away", "name": null})).await.expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Promo (renamed)"), &json!("Put away")));
    assert_eq!(status(&merchant, &checkout).await, "ARCHIVED");
    merchant.patch(&path, json!({"name": "Default"})).await.refused(409, "DUPLICATE_CHECKOUT_NAME");
    merchant.patch(&path, json!({"name": "Promo (renamed)"})).await.expect(200);
}

#[tokio::test]
async fn every_transition_goes_by_the_table() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let to = async |wanted: &str| merchant.patch(&path, json!({"status": wanted})).await;
    let refused = async |wanted: &str, from: &str| {
        let messages = to(wanted).await.refused(400, "INVALID_STATUS_TRANSITION");
        assert_eq!(messages, [format!("Cannot transition from '{from}' via this operation.")]);
        assert_eq!(status(&merchant, &checkout).await, from);
    };
    refused("PUBLISHED", "PUBLISHED").await;
    assert_eq!(to("NOT_PUBLISHED").await.expect(200)["is_active"], false);
    refused("NOT_PUBLISHED", "NOT_PUBLISHED").await;
    assert_eq!(to("PUBLISHED").await.expect(200)["is_active"], true);
    to("ARCHIVED").await.expect(200);
    refused("ARCHIVED", "ARCHIVED").await;
    refused("PUBLISHED", "ARCHIVED").await;
    to("NOT_PUBLISHED").await.expect(200);
    to("ARCHIVED").await.expect(200);
}

#[tokio::test]
async fn there_is_one_default_which_stays_published() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let old = merchant.default_checkout().await;
    let new = merchant.make_checkout("Promo").await;
    let (old_path, new_path) = (format!("/v1/checkouts/{old}"), format!("/v1/checkouts/{new}"));
    for (wanted, code) in
        [("ARCHIVED", "CANNOT_ARCHIVE_DEFAULT_CHECKOUT"), ("NOT_PUBLISHED", "CANNOT_UNPUBLISH_DEFAULT_CHECKOUT")]
    {
        merchant.patch(&old_path, json!({"status": wanted})).await.refused(409, code);
    }
    for path in [&old_path, &new_path] {
        merchant.patch(path, json!({"is_default": false, "name": "X"})).await.refused(400, "INVALID_OPERATION");
    }
    merchant.patch(&new_path, json!({"status": "ARCHIVED"})).await.expect(200);
    let promoted = merchant.patch(&new_path, json!({"is_default": true, "status": "ARCHIVED"})).await.expect(200);
    assert_eq!((&promoted["is_default"], &promoted["is_active"]), (&json!(true), &json!(true)));
    let list = merchant.get("/v1/checkouts").await.expect(200);
    let defaults: Vec<_> = list.as_array().unwrap().iter().map(|item| (&item["id"], &item["is_default"])).collect();
    assert_eq!(defaults, [(&json!(new), &json!(true)), (&json!(old), &json!(false))]);
    merchant.patch(&new_path, json!({"is_default": true})).await.expect(200);
    merchant.patch(&old_path, json!({"status": "ARCHIVED"})).await.expect(200);
    // The default of one account is not that of another.
    app.another_merchant().await.default_checkout().await;
    assert_eq!(merchant.default_checkout().await, new);
}

#[tokio::test]
async fn two_that_become_the_default_at_once_leave_one() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let mut checkouts = Vec::new();
    for n in 0..4 {
        checkouts.push(merchant.make_checkout(&format!("Checkout {n}")).await);
    }
    let promotions = checkouts.iter().map(|checkout| {
        let merchant = merchant.clone();
        async move { merchant.patch(format!("/v1/checkouts/{checkout}"), json!({"is_default": true})).await.expect(200) }
    });
    futures_util::future::join_all(promotions).await;
    let list = merchant.get("/v1/checkouts").await.expect(200);
    assert_eq!(list.as_array().unwrap().iter().filter(|item| item["is_default"] == true).count(), 1);
}

#[tokio::test]
async fn refuses_what_says_nothing_or_nothing_right() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    for body in [json!({}), json!({"name": null}), json!({"unknown": 1})] {
        merchant.patch(&path, body).await.refused(400, "INVALID_PATCH_BODY");
    }
    let body = json!({"name": " ", "description": 1, "status": "DRAFT", "is_default": "yes"});
    merchant.patch(&path, body).await.refused_fields(&["name", "description", "status", "is_default"]);
    merchant.patch("/v1/checkouts/x", json!({"name": "Y"})).await.refused_fields(&["checkout_code"]);
    let unknown = format!("/v1/checkouts/{}", Uuid::new_v4());
    merchant.patch(unknown, json!({"name": "Y"})).await.refused(404, "CHECKOUT_NOT_FOUND");
}

#[tokio::test]
async fn a_key_that_is_sent_again_is_answered_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let (one, two) = (merchant.make_checkout("One").await, merchant.make_checkout("Two").await);
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let first = keyed.patch(format!("/v1/checkouts/{one}"), json!({"status": "ARCHIVED"})).await.expect(200);
    assert_eq!(keyed.patch(format!("/v1/checkouts/{one}"), json!({"status": "ARCHIVED"})).await.expect(200), first);
    let other = keyed.patch(format!("/v1/checkouts/{two}"), json!({"status": "ARCHIVED"})).await;
    other.refused(409, "IDEMPOTENCY_DUPLICATED");
    assert_eq!(status(&merchant, &two).await, "PUBLISHED");
}
