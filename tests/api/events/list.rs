//! `GET /v1/events`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, GOOD_CARD, Receiver, Reply, TestApp};

/// The kinds of the events after a place.
pub async fn kinds(merchant: &Client, after: i64) -> Vec<String> {
    let page = merchant.get(format!("/v1/events?after={after}&limit=100")).await.expect(200);
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["body"]["type_event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everything_can_be_read_page_by_page_without_any_webhook() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let nothing = merchant.get("/v1/events").await.expect(200);
    assert_eq!(nothing, json!({"events": [], "next_after": 0, "latest": 0}));
    let mut payments = Vec::new();
    for _ in 0..5 {
        payments.push(merchant.pay_direct(GOOD_CARD).await["id"].clone());
    }
    app.another_merchant().await.pay_direct(GOOD_CARD).await;
    let (mut after, mut read) = (0, Vec::new());
    for expected in [2, 2, 1, 0] {
        let page = merchant.get(format!("/v1/events?after={after}&limit=2")).await.expect(200);
        let events = page["events"].as_array().unwrap();
        assert_eq!((events.len(), &page["latest"]), (expected, &json!(5)));
        read.extend(events.iter().cloned());
        after = page["next_after"].as_i64().unwrap();
    }
    let positions: Vec<_> = read.iter().map(|event| event["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    let told: Vec<_> = read.iter().map(|event| event["body"]["data"]["payment"]["id"].clone()).collect();
    assert!(payments.iter().all(|payment| told.contains(payment)));
    assert!(read.iter().all(|event| event["id"] == event["body"]["data"]["payment"]["idempotency_key"]));
    for (query, place) in [("after=-1", "after"), ("after=x", "after"), ("limit=101", "limit")] {
        merchant.get(format!("/v1/events?{query}")).await.refused_fields(&[place]);
    }
}

#[tokio::test]
async fn an_event_shows_to_whom_it_went() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let page = merchant.get("/v1/events").await.expect(200);
    assert_eq!(page["events"][0]["deliveries"], json!(merchant.deliveries(&webhook).await));
    assert_eq!(page["events"][0]["body"], receiver.calls()[0].json());
}

#[tokio::test]
async fn are_kept_for_30_days_with_their_deliveries() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.do_what_is_due().await;
    app.wait(TimeDelta::days(30));
    merchant.pay_direct(GOOD_CARD).await;
    app.do_what_is_due().await;
    assert_eq!(merchant.deliveries(&webhook).await.len(), 2);
    app.wait(TimeDelta::microseconds(1));
    app.do_what_is_due().await;
    let page = merchant.get("/v1/events").await.expect(200);
    let positions: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| &event["position"]).collect();
    assert_eq!((positions, &page["latest"]), (vec![&json!(2)], &json!(2)));
    assert_eq!(merchant.deliveries(&webhook).await.len(), 1);
}

/// What waits for it in its lane is delivered then, and so is what it would have been lost with.
#[tokio::test]
async fn what_was_not_delivered_in_30_days_never_is_and_what_waited_for_it_has_its_turn() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    let paid = merchant.authorize().await;
    merchant.get("/v1/events").await.expect(200);
    merchant.change_webhook(&webhook, json!({"state": "INACTIVE"})).await;
    app.do_what_is_due().await;
    app.wait(TimeDelta::days(10));
    merchant.change_webhook(&webhook, json!({"state": "ACTIVE"})).await;
    let (id, transaction) = (paid["id"].as_str().unwrap(), paid["transactions"]["id"].as_str().unwrap());
    let cancel = format!("/v1/payments/{id}/transactions/{transaction}/cancel");
    merchant.post(cancel, json!({"merchant_reference": "ref-1"})).await.expect(200);
    merchant.get("/v1/events").await.expect(200);
    merchant.change_webhook(&webhook, json!({"state": "INACTIVE"})).await;
    app.wait(TimeDelta::days(20) + TimeDelta::seconds(1));
    app.do_what_is_due().await;
    assert!(receiver.calls().is_empty());
    merchant.change_webhook(&webhook, json!({"state": "ACTIVE"})).await;
    app.wait(TimeDelta::minutes(1));
    app.do_what_is_due().await;
    let kinds: Vec<_> = receiver.told().into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["payment.cancel"]);
    let page = merchant.get("/v1/events").await.expect(200);
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
}

/// What a receiver answers is kept of every event, those of customers too, until the customer is deleted.
#[tokio::test]
async fn answers_are_kept_of_what_has_no_personal_data() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, _| Reply::Body(500, "not now".to_owned())).await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    let customer = merchant.make_customer().await;
    let nequi = json!({"account_id": merchant.account, "country": "CO", "type": "NEQUI"});
    let nequi = merchant.post(format!("/v1/customers/{customer}/payment-methods"), nequi).await.expect(201);
    app.decide(nequi["redirect_url"].as_str().unwrap(), "decision=approve").await;
    app.deliver().await;
    assert_eq!(merchant.deliveries(&webhook).await[0]["answer_body"], "not now");
    merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
    assert_eq!(merchant.deliveries(&webhook).await[0]["answer_body"], Value::Null);
    app.wait(TimeDelta::minutes(5));
    app.deliver().await;
    // That it was taken away waits for that it was enrolled.
    let enrolled = &merchant.deliveries(&webhook).await[1];
    assert_eq!((&enrolled["tries"], &enrolled["answer_status"]), (&json!(2), &json!(500)));
    assert_eq!(enrolled["answer_body"], Value::Null);
}

/// Personal data goes with the customer, what happened stays, and what was not delivered yet still is.
#[tokio::test]
async fn forget_a_deleted_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let echo = Receiver::answering(|call, _| Reply::Body(500, String::from_utf8_lossy(&call.bytes).into())).await;
    let webhook = merchant.make_webhook(&echo.url).await;
    let customer = merchant.post("/v1/customers", merchant.whole_customer_body()).await.expect(201);
    let customer = customer["id"].as_str().unwrap();
    merchant.enroll(customer, GOOD_CARD).await;
    let mut body = merchant.direct_body(GOOD_CARD);
    body["customer_payer"] = json!({"id": customer});
    body["additional_data"] = json!({"order": {"items": [{"name": "A gift for Zoe"}]}});
    merchant.post("/v1/payments", body).await.expect(201);
    let page = merchant.get("/v1/events").await.expect(200).to_string();
    for known in ["ana@example.com", "Ana Souza", "A gift for Zoe"] {
        assert!(page.contains(known), "{known}");
    }
    app.deliver().await;
    merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
    let page = merchant.get("/v1/events").await.expect(200);
    let rows: Vec<String> =
        sqlx::query_scalar("select t::text from events t union all select t::text from deliveries t")
            .fetch_all(app.pool())
            .await
            .unwrap();
    for known in ["ana@example.com", "Ana Souza", "A gift for Zoe", "11987654321", "VISA ****0002"] {
        assert!(!page.to_string().contains(known), "{known}");
        assert!(!rows.iter().any(|row| row.contains(known)), "{known}");
    }
    assert_eq!(kinds(&merchant, 0).await, ["enrollment.enroll", "payment.purchase", "enrollment.unenroll"]);
    app.wait(TimeDelta::minutes(5));
    app.deliver().await;
    let again = echo.calls().into_iter().filter(|call| call.json()["retry"] == 1);
    let again: Vec<Value> = again.map(|call| call.json()).collect();
    assert_eq!(again.len(), 2);
    let payment = again.iter().find(|body| body["type"] == "payment").unwrap();
    assert_eq!(payment["data"]["payment"]["customer_payer"], Value::Null);
    let kept = merchant.deliveries(&webhook).await;
    assert!(kept.iter().all(|delivery| delivery["answer_body"].is_null()), "{kept:?}");
}
