//! `GET /v1/webhooks`

use serde_json::json;

use crate::support::{GOOD_CARD, Receiver, TestApp};

#[tokio::test]
async fn lists_those_of_an_account_oldest_first_by_state() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let path = format!("/v1/webhooks?account_id={}", merchant.account);
    assert_eq!(merchant.get(&path).await.expect(200), json!([]));
    let one = merchant.make_webhook("https://example.com/one").await;
    app.wait(chrono::TimeDelta::seconds(1));
    let two = merchant.make_webhook("https://example.com/two").await;
    merchant.change_webhook(&two, json!({"state": "INACTIVE"})).await;
    let listed = async |path: &str| {
        let webhooks = merchant.get(path).await.expect(200);
        webhooks
            .as_array()
            .unwrap()
            .iter()
            .map(|webhook| webhook["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&path).await, [one.clone(), two.clone()]);
    assert_eq!(listed(&format!("{path}&state=ACTIVE")).await, [one]);
    assert_eq!(listed(&format!("{path}&state=INACTIVE")).await, [two]);
}

/// Two accounts of one organization share nothing.
#[tokio::test]
async fn an_account_sees_and_gets_its_own_and_no_other() {
    let app = TestApp::new().await;
    let second = app.another_account().await;
    let merchant = app.merchant();
    let (ours, theirs) = (Receiver::new().await, Receiver::new().await);
    let mut of_second = merchant.webhook_body(&theirs.url);
    of_second["account_id"] = json!(second);
    of_second["checkout_session_triggers"] = json!(["COMPLETED", "EXPIRED"]);
    let of_second = merchant.post("/v1/webhooks", of_second).await.expect(201);
    // The same name and the same URL, in another account.
    let mut same = merchant.webhook_body(&theirs.url);
    same["name"] = of_second["name"].clone();
    let same = merchant.post("/v1/webhooks", same).await.expect(201)["id"].as_str().unwrap().to_owned();
    merchant.change_webhook(&same, json!({"url": ours.url})).await;

    let id = of_second["id"].as_str().unwrap();
    let account = format!("?account_id={}", merchant.account);
    assert_eq!(merchant.get(format!("/v1/webhooks{account}")).await.expect(200).as_array().unwrap().len(), 1);
    for answer in [
        merchant.get(format!("/v1/webhooks/{id}{account}")).await,
        merchant.delete(format!("/v1/webhooks/{id}{account}")).await,
        merchant.patch(format!("/v1/webhooks/{id}"), json!({"account_id": merchant.account, "name": "x"})).await,
    ] {
        answer.refused(404, "WEBHOOK_NOT_FOUND");
    }
    let session = merchant.make_checkout_session("BR", "BRL").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let payment = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    merchant.post("/v1/payments", payment).await.expect(201);
    let mut of_second = merchant.direct_body(GOOD_CARD);
    of_second["account_id"] = json!(second);
    let of_second = merchant.post("/v1/payments", of_second).await.expect(201);
    merchant.make_checkout_session("BR", "BRL").await;
    app.wait(chrono::TimeDelta::hours(6));
    app.do_what_is_due().await;
    let told = |receiver: &Receiver| -> Vec<_> {
        receiver.calls().iter().map(|call| call.json()["data"]["payment"]["id"].clone()).collect()
    };
    assert_eq!(told(&theirs), [of_second["id"].clone()]);
    assert_eq!((told(&ours).len(), told(&ours).contains(&of_second["id"])), (1, false));
    let events = merchant.get("/v1/events").await.expect(200);
    assert_eq!(events["events"].as_array().unwrap().len(), 2, "no webhook of the first account asks for sessions");
}

#[tokio::test]
async fn wants_an_account_of_the_organization() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let messages = merchant.get("/v1/webhooks").await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(messages, ["account_id: is required"]);
    let path = format!("/v1/webhooks?account_id={}&state=PAUSED", merchant.account);
    let messages = merchant.get(path).await.refused(400, "WEBHOOK_INVALID_REQUEST");
    assert_eq!(messages, ["state: must be one of ACTIVE INACTIVE"]);
    let stranger = app.another_merchant().await;
    merchant.get(format!("/v1/webhooks?account_id={}", stranger.account)).await.refused(400, "INVALID_ACCOUNT_ID");
}
