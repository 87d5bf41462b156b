//! `DELETE /v1/installments-plans/{installment_code}`

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn takes_a_plan_away() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let kept = merchant.make_plan(json!({})).await;
    let plan = merchant.post("/v1/installments-plans", merchant.whole_plan_body()).await.expect(200);
    let path = format!("/v1/installments-plans/{}", plan["id"].as_str().unwrap());
    app.another_merchant().await.delete(&path).await.refused(400, "INVALID_REQUEST");
    assert_eq!(merchant.delete(&path).await.expect(200), plan);
    merchant.get(&path).await.refused(400, "INVALID_REQUEST");
    merchant.delete(&path).await.refused(400, "INVALID_REQUEST");
    let left = merchant.get(format!("/v1/installments-plans?account_id={}", merchant.account)).await.expect(200);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["id"]), (1, &json!(kept)));
}
