//! `GET /v1/payments?merchant_order_id=`

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{GOOD_CARD, TestApp};

#[tokio::test]
async fn lists_the_payments_of_an_order_newest_first() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let first = merchant.pay_direct("4507990000000010").await;
    app.wait(TimeDelta::seconds(1));
    let second = merchant.pay_direct(GOOD_CARD).await;
    let found = merchant.get("/v1/payments?merchant_order_id=order-1").await.expect(200);
    let ids: Vec<_> = found.as_array().unwrap().iter().map(|payment| payment["id"].clone()).collect();
    assert_eq!(ids, [second["id"].clone(), first["id"].clone()]);
    assert_eq!(found[0]["transactions"][0]["id"], second["transactions"]["id"]);
    assert_eq!(merchant.get("/v1/payments?merchant_order_id=order-9").await.expect(200), json!([]));
    merchant.get("/v1/payments").await.refused(400, "MISSING_PARAMETERS");
}
