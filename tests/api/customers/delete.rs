//! `DELETE /v1/customers/{customer_id}`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, GOOD_CARD, TestApp};

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

/// Every row of every table that a client can make, as text.
async fn everything(app: &TestApp) -> String {
    let mut text = String::new();
    for table in [
        "customers",
        "checkout_sessions",
        "customer_sessions",
        "idempotency_keys",
        "tokens",
        "payment_methods",
        "payments",
        "transactions",
    ] {
        let select = sqlx::AssertSqlSafe(format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"));
        text += &sqlx::query_scalar::<_, String>(select).fetch_one(app.pool()).await.unwrap();
    }
    text.to_lowercase()
}

#[tokio::test]
async fn nothing_of_the_customer_stays_in_payments_tokens_and_enrollments_and_nothing_comes_back() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let body = json!({"merchant_customer_id": "c-1", "first_name": "Remember"});
    let customer = merchant.post("/v1/customers", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let mut card = Client::card(GOOD_CARD);
    card["holder_name"] = json!("Remember Me");
    let keyed = merchant.with("x-idempotency-key", "k");
    let enroll = json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": card});
    let enrolled = keyed.post(format!("/v1/customers/{customer}/payment-methods"), enroll).await.expect(201);
    // Held, to be vaulted when it is taken.
    let mut held = merchant.direct_body(GOOD_CARD);
    held["customer_payer"] = json!({"id": customer, "email": "remember@example.com"});
    held["additional_data"] = json!({"order": {"note": "remember"}});
    held["payment_method"]["vault_on_success"] = json!(true);
    held["payment_method"]["detail"]["card"] = json!({"capture": false, "card_data": card});
    let held = keyed.post("/v1/payments", held).await.expect(201);
    // A session of nobody, paid by the customer with a token of it.
    let mut session = merchant.session_body("BR", "BRL");
    session["customer_payer"] = json!({"first_name": "Remember"});
    let session = merchant.post("/v1/checkout/sessions", session).await.expect(200)["checkout_session"].clone();
    let session = session.as_str().unwrap();
    let token = json!({"payment_method": {"type": "CARD", "card": card}});
    let token = app.sdk().post(format!("/v1/checkout/sessions/{session}/token"), token).await.expect(201);
    let mut body = merchant.payment_body(session, "BR", "BRL", json!({"token": token["token"]}));
    body["customer_payer"] = json!({"id": customer});
    merchant.post("/v1/payments", body).await.expect(201);
    let unpaid = merchant.make_session_of(&customer).await;
    merchant.make_token(&unpaid, GOOD_CARD).await;

    merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
    let kept = everything(&app).await;
    assert!(!kept.contains("remember"), "{kept}");
    assert!(!kept.contains("ana souza"), "{kept}");
    let found = merchant.get(format!("/v1/payment-methods/{}", enrolled["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(
        (&found["status"], &found["name"], &found["customer_payer"]),
        (&json!("UNENROLLED"), &json!("Card"), &Value::Null)
    );

    let path = format!("/v1/payments/{}", held["id"].as_str().unwrap());
    let capture = format!("{path}/transactions/{}/capture", held["transactions"]["id"].as_str().unwrap());
    merchant.post(capture, json!({"merchant_reference": "ref-1", "reason": "PRODUCT_CONFIRMED"})).await.expect(200);
    let taken = merchant.get(path).await.expect(200);
    assert_eq!((&taken["status"], &taken["payment_method"]["vaulted_token"]), (&json!("SUCCEEDED"), &json!("")));
    assert_eq!(taken["customer_payer"], Value::Null);

    // A session outlives its customer: it can be paid with a card.
    let token = merchant.make_token(&unpaid, GOOD_CARD).await;
    let body = merchant.payment_body(&unpaid, "BR", "BRL", json!({"token": token}));
    assert_eq!(merchant.post("/v1/payments", body).await.expect(201)["status"], "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_enrolled_at_the_same_time_does_not_outlive_the_customer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for _ in 0..25 {
        let customer = merchant.make_customer().await;
        let enrolling: Vec<_> = (0..4)
            .map(|_| {
                let (merchant, customer) = (merchant.clone(), customer.clone());
                tokio::spawn(async move {
                    let card = Client::card(GOOD_CARD);
                    let body =
                        json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": card});
                    merchant.post(format!("/v1/customers/{customer}/payment-methods"), body).await.status.as_u16()
                })
            })
            .collect();
        merchant.delete(format!("/v1/customers/{customer}")).await.expect(202);
        for made in enrolling {
            assert!([201, 400].contains(&made.await.unwrap()));
        }
    }
    let select = "select count(*) from payment_methods where status = 'ENROLLED' or card is not null";
    let kept: i64 = sqlx::query_scalar(select).fetch_one(app.pool()).await.unwrap();
    assert_eq!(kept, 0);
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
