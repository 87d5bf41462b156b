//! `DELETE /v1/customers/{customer_id}`

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn forgets_who_it_was_everywhere_and_keeps_the_id_taken() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({
        "merchant_customer_id": "remember-me@example.com", "first_name": "Remember", "email": "remember@example.com",
        "document": {"document_number": "remember-1"}, "metadata": {"remember": "remember"},
    });
    let customer = merchant.with("x-idempotency-key", "k").post("/v1/customers", body.clone()).await.expect(201);
    let id = customer["id"].as_str().unwrap();
    let mut session = merchant.session_body("BR", "BRL");
    session["customer_id"] = json!(id);
    session["customer_payer"] = json!({"first_name": "Remember"});
    session["additional_data"] = json!({"airline": {"passengers": [{"name": "Remember"}]}});
    let session = merchant.post("/v1/checkout/sessions", session).await.expect(200);
    let session = session["checkout_session"].as_str().unwrap();

    let answer = merchant.delete(format!("/v1/customers/{id}")).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (202, 0));

    merchant.get(format!("/v1/customers/{id}")).await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.patch(format!("/v1/customers/{id}"), json!({})).await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.delete(format!("/v1/customers/{id}")).await.refused(400, "CUSTOMER_NOT_FOUND");
    merchant.post("/v1/customers", body.clone()).await.refused(400, "CUSTOMER_ID_DUPLICATED");
    merchant.with("x-idempotency-key", "k").post("/v1/customers", body).await.refused(400, "CUSTOMER_ID_DUPLICATED");
    let read = merchant.get(format!("/v1/checkout/sessions/{session}")).await.expect(200);
    assert_eq!(read["customer_id"], id);

    for table in ["customers", "checkout_sessions", "idempotency_keys"] {
        let select = sqlx::AssertSqlSafe(format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"));
        let rows: String = sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap();
        assert!(!rows.to_lowercase().contains("remember"), "{table}: {rows}");
    }
}

#[tokio::test]
async fn there_must_be_such_a_customer() {
    let app = TestApp::new().await;
    for id in [Uuid::new_v4().to_string(), "1".into()] {
        app.merchant().delete(format!("/v1/customers/{id}")).await.refused(400, "CUSTOMER_NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_made_at_the_same_time_keeps_nothing_of_the_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..25 {
        let customer = merchant.make_customer().await;
        let mut body = merchant.session_body("BR", "BRL");
        body["customer_id"] = json!(customer);
        body["customer_payer"] = json!({"first_name": "Remember"});
        let making: Vec<_> = (0..4)
            .map(|_| {
                let (merchant, body) = (merchant.clone(), body.clone());
                tokio::spawn(async move { merchant.post("/v1/checkout/sessions", body).await.status.as_u16() })
            })
            .collect();
        merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
        for made in making {
            assert!([200, 400].contains(&made.await.unwrap()));
        }
    }
    let select = "select count(*) from checkout_sessions where customer_payer is not null";
    let kept: i64 = sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 0);
}
