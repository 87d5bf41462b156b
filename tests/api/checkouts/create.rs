//! `POST /v1/checkouts`

use serde_json::json;
use sqlx::Executor as _;

use crate::support::TestApp;

#[tokio::test]
async fn is_born_published_as_a_copy_of_the_default() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    merchant.publish_methods(&default, json!([{"payment_method_type": "PIX", "order_to_show": 0}])).await;
    let styling = json!({"styling": {"styles": {"global": {"accent_color": "#1A73E8"}}}});
    merchant.put(format!("/v1/checkouts/{default}"), styling).await.expect(200);
    let general = json!({"config": {"general_settings": {"country_documents": [
        {"country_code": "BR", "documents": ["CPF"]},
    ]}}});
    merchant.put(format!("/v1/checkouts/{default}"), general).await.expect(200);

    let body = json!({"name": "Promo Checkout", "description": "Seasonal promo storefront"});
    let made = merchant.post("/v1/checkouts", body).await.expect(201);
    let expected = json!({
        "id": made["id"],
        "name": "Promo Checkout",
        "description": "Seasonal promo storefront",
        "is_default": false,
        "is_active": true,
        "created_at": "2026-01-15T12:00:00.000000Z",
    });
    assert_eq!(made.to_string(), expected.to_string(), "with its keys in the published order");
    let copy = merchant.get(format!("/v1/checkouts/{}", made["id"].as_str().unwrap())).await.expect(200);
    let original = merchant.get(format!("/v1/checkouts/{default}")).await.expect(200);
    assert_eq!(copy["config"], original["config"]);
    assert_eq!(copy["config"]["payment_methods"][0]["payment_method_type"], "PIX");
    assert_eq!(copy["styling"], original["styling"]);
    assert_eq!(copy["styling"]["styles"]["global"]["accent_color"], "#1A73E8");
    assert_eq!(copy["status"], "PUBLISHED");
}

#[tokio::test]
async fn refuses_names_that_are_missing_blank_or_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    for body in [json!({}), json!({"name": null}), json!({"name": " "}), json!({"name": 7}), json!({"name": ""})] {
        merchant.post("/v1/checkouts", body).await.refused_fields(&["name"]);
    }
    let wrong = json!({"description": ["x"], "name": "x".repeat(256)});
    merchant.post("/v1/checkouts", wrong).await.refused_fields(&["name", "description"]);
    merchant.make_checkout("Promo").await;
    let taken = merchant.post("/v1/checkouts", json!({"name": "Promo"})).await.refused(409, "DUPLICATE_CHECKOUT_NAME");
    assert_eq!(taken, ["A checkout with name 'Promo' already exists for this account."]);
    merchant.post("/v1/checkouts", json!({"name": "Default"})).await.refused(409, "DUPLICATE_CHECKOUT_NAME");
    app.another_merchant().await.make_checkout("Promo").await;
}

#[tokio::test]
async fn the_account_is_that_of_the_header() {
    let app = TestApp::new().await;
    let without = app.merchant().post("/v1/checkouts", json!({"name": "Promo"})).await;
    assert_eq!(without.refused(400, "INVALID_PARAMETERS"), ["X-Account-Code: is required"]);
    let other = app.another_merchant().await;
    let of_another = app.merchant().with("x-account-code", other.account.clone());
    of_another.post("/v1/checkouts", json!({"name": "Promo"})).await.refused(400, "INVALID_ACCOUNT_ID");
    app.anybody().post("/v1/checkouts", json!({"name": "Promo"})).await.refused(401, "NOT_AUTHENTICATED");
    let mut wrong = app.merchant();
    wrong.keys.secret = Some("wrong".to_owned());
    wrong.post("/v1/checkouts", json!({"name": "Promo"})).await.refused(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn fifty_are_published_at_most() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let mut last = String::new();
    for n in 1..50 {
        last = merchant.make_checkout(&format!("Checkout {n}")).await;
    }
    merchant.post("/v1/checkouts", json!({"name": "One more"})).await.refused_fields(&["X-Account-Code"]);
    let last = format!("/v1/checkouts/{last}");
    merchant.patch(&last, json!({"status": "NOT_PUBLISHED"})).await.expect(200);
    merchant.make_checkout("One more").await;
    merchant.patch(&last, json!({"status": "PUBLISHED"})).await.refused_fields(&["status"]);
    merchant.patch(&last, json!({"is_default": true})).await.refused_fields(&["is_default"]);
    merchant.patch(&last, json!({"name": "The last"})).await.expect(200);
}

#[tokio::test]
async fn there_are_a_thousand_at_most() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    merchant.default_checkout().await;
    let more = "insert into checkouts select organization_id, gen_random_uuid(), account_id, 'Checkout ' || n, '',
        'ARCHIVED', false, payment_methods, general_settings, styling, created_at, updated_at
        from checkouts, generate_series(1, 999) n";
    app.pool().execute(more).await.unwrap();
    merchant.post("/v1/checkouts", json!({"name": "One more"})).await.refused_fields(&["X-Account-Code"]);
}

#[tokio::test]
async fn a_key_that_is_sent_again_makes_nothing_twice() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let made = keyed.post("/v1/checkouts", json!({"name": "Promo"})).await.expect(201);
    assert_eq!(keyed.post("/v1/checkouts", json!({"name": "Promo"})).await.expect(201), made);
    keyed.post("/v1/checkouts", json!({"name": "Other"})).await.refused(409, "IDEMPOTENCY_DUPLICATED");
    assert_eq!(merchant.get("/v1/checkouts").await.expect(200).as_array().unwrap().len(), 2);
    // A refusal uses no key up.
    let refused = merchant.with("x-idempotency-key", "k-2");
    refused.post("/v1/checkouts", json!({"name": "Promo"})).await.refused(409, "DUPLICATE_CHECKOUT_NAME");
    refused.post("/v1/checkouts", json!({"name": "Other"})).await.expect(201);
}
