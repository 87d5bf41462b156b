//! The examples of webhooks: every event has each key of the example, with the same type. `events.json` has their
//! shape: the name of a JSON type in place of each value.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Leeway, compare};
use crate::support::{GOOD_CARD, TestApp};

/// Where a text of the example may be `null` here, and why.
fn may_be_null(path: &str) -> Option<&'static str> {
    match path {
        ".data.payment.routing_rules.condition.id" => Some("connections are not chosen by rules"),
        path if path.ends_with(".third_party_session_id") => Some("nobody sends one"),
        path if path.ends_with(".third_party_account_id") => Some("null in the example of a refund too"),
        path if path.ends_with(".vaulted_token") || path.ends_with(".payment_method.token") => {
            Some("null in the example of a refund too")
        }
        path if path.ends_with(".connection_data.name") => Some("null in the example of a refund too"),
        path if path.ends_with("card.verify") => Some("null in the example of a purchase"),
        _ => None,
    }
}

/// What an example has and no event here does.
fn is_left_out(path: &str) -> bool {
    [
        // A conversion of currencies, which nothing makes.
        ".data.payment.amount.currency_conversion",
        // Of what the merchant sends as it likes.
        ".data.payment.additional_data.",
        ".merchant_customer_validations.",
        // What a provider says in its own words.
        ".raw_response.",
        // A second name of each id.
        ".customer_payer.code",
        ".customer_payer.organization_customer_external_id",
        ".transactions.code",
        // Under the name that answers have for it.
        ".customer_payer.geo_location",
        ".routing_rules.smart_routing",
        ".routing_rules.monitors",
        ".transactions.receipt",
        ".transactions.receipt_language",
        ".transactions.receipt_url",
        ".transactions.device_fingerprint",
        ".strong_customer_authentication_exemptions",
    ]
    .iter()
    .any(|part| path.contains(part))
}

#[tokio::test]
async fn every_event_has_what_the_example_has() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let customer = merchant.post("/v1/customers", merchant.whole_customer_body()).await.expect(201);
    let customer = customer["id"].as_str().unwrap();
    let mut session = merchant.session_body("BR", "BRL");
    session["customer_id"] = json!(customer);
    let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
    let session = session["checkout_session"].as_str().unwrap();
    let token = merchant.make_token(session, GOOD_CARD).await;
    let mut payment = merchant.payment_body(session, "BR", "BRL", json!({"token": token, "vault_on_success": true}));
    let mut payer = merchant.whole_payment_body()["customer_payer"].clone();
    payer["id"] = json!(customer);
    payment["customer_payer"] = payer;
    payment["additional_data"] = json!({"order": {"shipping_amount": 0}});
    let payment = merchant.post("/v1/payments", payment).await.expect(201);
    merchant.refund(&payment).await;

    let page = merchant.get("/v1/events").await.expect(200);
    let bodies: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| &event["body"]).collect();
    let examples: Vec<Value> = serde_json::from_str(include_str!("events.json")).unwrap();
    let mut problems = BTreeSet::new();
    for example in &examples {
        let ours = bodies.iter().find(|body| body["type_event"] == example["type_event"]).unwrap();
        let leeway = Leeway {
            example: example["name"].as_str().unwrap().to_owned(),
            left_out: &is_left_out,
            nullable: &|path| may_be_null(path).is_some(),
        };
        compare(&leeway, &example["body"], ours, "", &mut problems);
        // In the order of the purchase's example; what only another has stands after it.
        let order = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        if example["name"] == "payment-refund-v2" {
            continue;
        }
        let place = format!("/data/{}", ours["type"].as_str().unwrap().replace("enrollment", "payment_method"));
        for place in [String::new(), place.clone(), place.clone() + "/amount", place + "/transactions"] {
            let (Some(shape), Some(ours)) = (example["body"].pointer(&place), ours.pointer(&place)) else { continue };
            let ours: Vec<_> = order(ours).into_iter().filter(|key| shape.get(key).is_some()).collect();
            assert_eq!(order(shape), ours, "{place}");
        }
    }
    assert_eq!(examples.len(), 3);
    assert!(problems.is_empty(), "{problems:#?}");
}
