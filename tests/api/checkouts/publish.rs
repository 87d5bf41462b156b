//! `PUT /v1/checkouts/{checkout_code}`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

fn method<'a>(checkout: &'a Value, r#type: &str) -> &'a Value {
    let methods = checkout["config"]["payment_methods"].as_array().unwrap();
    methods.iter().find(|method| method["payment_method_type"] == r#type).unwrap()
}

#[tokio::test]
async fn everything_that_was_sent_is_told_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let body = Client::whole_publish_body();
    let published = merchant.put(&path, body.clone()).await.expect(200);
    assert_eq!(merchant.get(&path).await.expect(200), published);
    let (sent, card) = (&body["config"]["payment_methods"][0], method(&published, "CARD"));
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&card[field], value, "{field}");
    }
    assert_eq!(card["conditions_quantity"], 1);
    assert_eq!(published["config"]["general_settings"], body["config"]["general_settings"]);
    assert_eq!(published["styling"]["styles"]["global"]["accent_color"], "#1A73E8");
    assert_eq!(published["styling"]["styles"]["global"]["primary_background_color"], "#FFFFFF", "the default's");
    assert_eq!(published["styling"]["payment_link_styles"]["checkbox"]["color"], "#282A30");
    assert_eq!(published["styling"].get("flags"), None);
    assert_eq!(merchant.put(&path, body).await.expect(200), published, "sent again it changes nothing");
    let fetched = json!({"config": published["config"], "styling": published["styling"]});
    assert_eq!(merchant.put(&path, fetched).await.expect(200), published, "nor does what was fetched");
}

#[tokio::test]
async fn what_is_not_sent_stays() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    merchant.put(&path, Client::whole_publish_body()).await.expect(200);
    let methods = json!([
        {"payment_method_type": "PIX", "is_active": false},
        {"payment_method_type": "CARD", "order_to_show": 3, "name": ""},
    ]);
    let changed = merchant.publish_methods(&checkout, methods).await;
    assert_eq!(method(&changed, "PIX")["is_active"], false);
    let card = method(&changed, "CARD");
    assert_eq!(
        (&card["order_to_show"], &card["name"], &card["hint"]),
        (&json!(3), &json!("Card"), &json!("Have it at hand"))
    );
    assert_eq!(card["conditions_quantity"], 1);
    assert_eq!(changed["config"]["general_settings"]["country_documents"][0]["country_code"], "BR");
    assert_eq!(changed["styling"]["styles"]["global"]["accent_color"], "#1A73E8");

    let lifted = json!([{"payment_method_type": "CARD", "conditions_to_override": [], "icon": ""}]);
    let changed = merchant.publish_methods(&checkout, lifted).await;
    let card = method(&changed, "CARD");
    assert_eq!(card["conditions_to_override"], json!([]));
    assert_eq!(card["icon"], "https://sessions.example.com/icons/card.svg");

    let reset = json!({"styling": {"flags": {"force_default_styles": true}}});
    let changed = merchant.put(&path, reset).await.expect(200);
    assert_eq!(changed["styling"]["styles"]["global"]["accent_color"], "#282A30");
    assert_eq!(changed["styling"]["settings"]["card"]["save_on_success"], true);
    assert_eq!(method(&changed, "CARD")["order_to_show"], 3);
}

#[tokio::test]
async fn sets_of_conditions_get_an_id_and_keep_one_that_was_sent() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let set = |name: &str| {
        let condition = json!({"condition_type": "CURRENCY", "conditional": "INCLUDE", "values": ["BRL"]});
        json!({"name": name, "conditions": [condition]})
    };
    let mut own = set("own");
    own["code"] = json!("6822f80c-684e-41a3-8628-78963d3d60f7");
    let methods = json!([{"payment_method_type": "CARD", "conditions_to_override": [set("new"), own]}]);
    let published = merchant.publish_methods(&checkout, methods).await;
    let sets = &method(&published, "CARD")["conditions_to_override"];
    assert!(Uuid::try_parse(sets[0]["code"].as_str().unwrap()).is_ok());
    assert_eq!((&sets[0]["is_active"], &sets[0]["priority"]), (&json!(true), &json!(0)));
    assert_eq!(sets[1]["code"], "6822f80c-684e-41a3-8628-78963d3d60f7");
    assert_eq!(sets[1]["conditions"][0]["values"], json!(["BRL"]));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_done() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let before = merchant.get(&path).await.expect(200);
    let condition =
        |r#type: &str, values: Value| json!({"condition_type": r#type, "conditional": "ONE_OF", "values": values});
    let body = json!({
        "config": {
            "payment_methods": [
                {"payment_method_type": "PIX", "order_to_show": -1, "is_active": "no", "icon": "http://x.example.com/i.png"},
                {"payment_method_type": "BITCOIN"},
                {"payment_method_type": "PIX", "active_enrollment_type": "BOTH"},
                {"order_to_show": 0},
                {"payment_method_type": "CARD", "conditions_to_override": [
                    {"name": "a", "conditions": []},
                    {"conditions": [
                        condition("COUNTRY", json!(["XX", "BR"])), condition("CURRENCY", json!([])),
                        condition("AMOUNT", json!([{"min": 5, "max": 4}])), condition("AMOUNT", json!([{}])),
                        condition("AMOUNT", json!([])), condition("METADATA", json!([{"key": "k"}])),
                        condition("WEATHER", json!(["sunny"])),
                        {"condition_type": "COUNTRY", "conditional": "LIKE", "values": ["BR"]},
                    ]},
                ]},
            ],
            "general_settings": {"country_documents": [
                {"country_code": "BR", "documents": []}, {"country_code": "BR", "documents": [""]},
            ]},
        },
        "styling": {"styles": {"global": {"accent_color": "blue"}}, "settings": {"urls": {"success": "x"}}},
    });
    let methods = "config.payment_methods";
    let sets = "config.payment_methods[4].conditions_to_override";
    merchant.put(&path, body).await.refused_fields(&[
        &format!("{methods}[0].order_to_show"),
        &format!("{methods}[0].is_active"),
        &format!("{methods}[0].icon"),
        &format!("{methods}[3].payment_method_type"),
        &format!("{sets}[0].conditions"),
        &format!("{sets}[1].name"),
        &format!("{sets}[1].conditions[0].values[0]"),
        &format!("{sets}[1].conditions[1].values"),
        &format!("{sets}[1].conditions[2].values[0]"),
        &format!("{sets}[1].conditions[3].values[0]"),
        &format!("{sets}[1].conditions[4].values"),
        &format!("{sets}[1].conditions[5].values[0].value"),
        &format!("{sets}[1].conditions[6].condition_type"),
        &format!("{sets}[1].conditions[7].conditional"),
        "config.general_settings.country_documents[1].documents[0]",
        &format!("{methods}[1].payment_method_type"),
        &format!("{methods}[2].payment_method_type"),
        &format!("{methods}[2].active_enrollment_type"),
        "styling.styles.global.accent_color",
        "styling.settings.urls",
    ]);
    let twice = json!({"config": {"general_settings": {"country_documents": [
        {"country_code": "BR", "documents": []}, {"country_code": "BR", "documents": []},
    ]}}});
    let place = "config.general_settings.country_documents[1].country_code";
    merchant.put(&path, twice).await.refused_fields(&[place]);
    for nothing in [json!({}), json!({"config": null, "styling": null}), json!({"unknown": 1})] {
        let messages = merchant.put(&path, nothing).await.refused(400, "INVALID_PARAMETERS");
        assert_eq!(messages, ["The request must have config, styling or both"]);
    }
    assert_eq!(merchant.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn a_field_has_one_set_of_conditions_and_a_method_twenty() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let condition = json!({"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": ["BR"]});
    let sets = |n: usize| vec![json!({"name": "a set", "conditions": [condition]}); n];
    let body = |of_field: usize, of_method: usize| {
        let field = json!({"field_name": "email", "conditions_to_override": sets(of_field)});
        json!({"config": {"payment_methods": [{
            "payment_method_type": "CARD", "conditions_to_override": sets(of_method),
            "required_fields_to_override": {"fields": [field], "enrollment_fields": [field]},
        }]}})
    };
    merchant.put(&path, body(1, 20)).await.expect(200);
    let card = "config.payment_methods[0]";
    merchant.put(&path, body(2, 21)).await.refused_fields(&[
        &format!("{card}.conditions_to_override"),
        &format!("{card}.required_fields_to_override.fields[0].conditions_to_override"),
        &format!("{card}.required_fields_to_override.enrollment_fields[0].conditions_to_override"),
    ]);
}

#[tokio::test]
async fn what_is_kept_of_a_checkout_does_not_grow_for_ever() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let styling = |name: &str| json!({"styling": {"styles": {name: "x".repeat(40_000)}}});
    merchant.put(&path, styling("one")).await.expect(200);
    merchant.put(&path, styling("two")).await.refused_fields(&["styling"]);
    merchant.put(&path, styling("one")).await.expect(200);
    let fields = vec![json!({"field_name": "x".repeat(255)}); 150];
    let method =
        |r#type: &str| json!({"payment_method_type": r#type, "required_fields_to_override": {"fields": fields}});
    merchant.publish_methods(&checkout, json!([method("CARD")])).await;
    let body = json!({"config": {"payment_methods": [method("PIX")]}});
    merchant.put(&path, body).await.refused_fields(&["config.payment_methods"]);
}

#[tokio::test]
async fn only_what_is_there_and_not_put_away_can_be_published() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/v1/checkouts/{checkout}");
    let body = || json!({"config": {"payment_methods": [{"payment_method_type": "PIX", "is_active": false}]}});
    merchant.patch(&path, json!({"status": "NOT_PUBLISHED"})).await.expect(200);
    assert_eq!(merchant.put(&path, body()).await.expect(200)["status"], "NOT_PUBLISHED");
    merchant.patch(&path, json!({"status": "ARCHIVED"})).await.expect(200);
    merchant.put(&path, body()).await.refused(400, "INVALID_OPERATION");
    merchant.put("/v1/checkouts/x", body()).await.refused_fields(&["checkout_code"]);
    let theirs = app.another_merchant().await.default_checkout().await;
    for unknown in [Uuid::new_v4().to_string(), theirs] {
        merchant.put(format!("/v1/checkouts/{unknown}"), body()).await.refused(404, "CHECKOUT_NOT_FOUND");
    }
}

#[tokio::test]
async fn what_was_fetched_can_be_published_again() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let path = format!("/v1/checkouts/{default}");
    let mut fetched = merchant.get(&path).await.expect(200);
    fetched["config"]["payment_methods"][0]["is_active"] = json!(false);
    merchant.put(&path, json!({"config": fetched["config"]})).await.expect(200);
    let kept: Value = sqlx::query_scalar("select payment_methods from checkouts").fetch_one(app.pool()).await.unwrap();
    for method in kept.as_array().unwrap() {
        for field in ["name", "description", "icon", "short_name"] {
            assert!(method[field].is_null(), "{field} of the catalog is no word of the merchant's: {method}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_sent_again_publishes_once() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let path = format!("/v1/checkouts/{default}");
    let body = |order: u32| {
        let condition = json!({"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": ["BR"]});
        let sets = json!([{"name": "a set", "conditions": [condition]}]);
        json!({"config": {"payment_methods": [
            {"payment_method_type": "PIX", "order_to_show": order, "conditions_to_override": sets},
        ]}})
    };
    let keyed = merchant.with("x-idempotency-key", "k-1");
    let first = keyed.put(&path, body(0)).await.expect(200);
    app.clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(keyed.put(&path, body(0)).await.expect(200), first, "with the ids that its sets got");
    keyed.put(&path, body(1)).await.refused(409, "IDEMPOTENCY_DUPLICATED");
    assert_eq!(merchant.get(&path).await.expect(200), first);
}

#[tokio::test]
async fn a_body_full_of_faults_gets_a_short_answer() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let default = merchant.default_checkout().await;
    let path = format!("/v1/checkouts/{default}");
    let wrong: Value = (0..7_000).map(|n| (format!("a{n}_size"), json!(""))).collect::<serde_json::Map<_, _>>().into();
    let long = json!({"styling": {"styles": {"k".repeat(100_000): wrong}}});
    merchant.put(&path, long).await.refused_fields(&["styling.styles"]);
    let messages = merchant.put(&path, json!({"styling": {"styles": wrong}})).await.refused(400, "INVALID_PARAMETERS");
    assert_eq!(messages.len(), 300);
    let nothing = vec![json!({"payment_method_type": "A"}); 9_000];
    let messages = merchant.put(&path, json!({"config": {"payment_methods": nothing}})).await;
    assert_eq!(messages.refused(400, "INVALID_PARAMETERS").len(), 300);
}
