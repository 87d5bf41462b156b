//! What every published test card does.

use serde_json::{Value, json};

use super::state;
use crate::support::TestApp;

/// The rows of a file of the catalog: number, brand and outcome.
fn rows(file: &str) -> Vec<(String, String, String)> {
    let path = format!("{}/catalog/{file}", env!("CARGO_MANIFEST_DIR"));
    csv::Reader::from_path(path).unwrap().deserialize().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn every_card_of_the_testing_gateway_gives_its_response_code() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let rows = rows("test_cards.csv");
    assert_eq!(rows.len(), 43);
    for (number, brand, code) in rows {
        let payment = merchant.pay_direct(&number).await;
        let transaction = &payment["transactions"];
        assert_eq!(transaction["response_code"], code, "{number}");
        assert!(!transaction["response_message"].as_str().unwrap().is_empty(), "{number}");
        let expected = match code.as_str() {
            "SUCCEEDED" => ("SUCCEEDED", "APPROVED"),
            "ERROR" => ("ERROR", "ERROR"),
            _ => ("DECLINED", "DECLINED"),
        };
        assert_eq!(state(&payment), expected, "{number}");
        let card = &payment["payment_method"]["payment_method_detail"]["card"]["card_data"];
        assert_eq!(card["brand"], brand, "{number}");
        let advised = transaction.get("merchant_advice_code").is_some();
        assert_eq!(advised, expected.0 == "DECLINED", "{number}");
    }
}

#[tokio::test]
async fn every_card_of_the_authentication_simulator_gives_its_result() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let rows = rows("test_cards_3ds.csv");
    assert_eq!(rows.len(), 94);
    for (number, brand, result) in rows {
        let payment = merchant.pay_direct(&number).await;
        let history = payment["transactions_history"].as_array().unwrap();
        let authentication = history.iter().find(|one| one["type"] == "THREE_D_SECURE").unwrap();
        assert_eq!(authentication["provider_data"]["status_detail"], result, "{number}");
        let (expected, proof, code) = match result.as_str() {
            "BROWSER_CHALLENGE" | "APPLICATION_CHALLENGE" => {
                (("PENDING", "WAITING_ADDITIONAL_STEP"), Value::Null, "CHALLENGE_REQUIRED")
            }
            result if result.starts_with("AUTHENTICATED_") => {
                (("SUCCEEDED", "APPROVED"), json!("Y"), "SUCCEEDED_THREE_D_SECURE")
            }
            result if result.starts_with("ATTEMPTED_") => {
                (("SUCCEEDED", "APPROVED"), json!("A"), "SUCCEEDED_THREE_D_SECURE")
            }
            result if result.starts_with("NOT_AUTHENTICATED_") => {
                (("DECLINED", "DECLINED"), json!("N"), "AUTHENTICATION_FAILED_THREE_D_SECURE")
            }
            result if result.starts_with("UNAVAILABLE_") => {
                (("DECLINED", "DECLINED"), json!("U"), "AUTHENTICATION_ATTEMPT")
            }
            _ => (("DECLINED", "DECLINED"), Value::Null, "AUTHENTICATION_FAILED_THREE_D_SECURE"),
        };
        assert_eq!(state(&payment), expected, "{number} {result}");
        assert_eq!(authentication["response_code"], code, "{number} {result}");
        let card = &payment["payment_method"]["payment_method_detail"]["card"]["card_data"];
        assert_eq!(card["three_d_secure"]["pares_status"], proof, "{number} {result}");
        // Two numbers of the list lie outside of their brand's ranges.
        assert!(card["brand"] == brand || number.starts_with("3095"), "{number} is {}", card["brand"]);
    }
}

#[tokio::test]
async fn a_challenge_is_decided_by_its_password_on_its_page() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (password, expected, status) in [
        ("1234", ("SUCCEEDED", "APPROVED"), "Y"),
        ("4444", ("SUCCEEDED", "APPROVED"), "A"),
        ("1111", ("DECLINED", "DECLINED"), "N"),
        ("2222", ("DECLINED", "DECLINED"), "R"),
        ("3333", ("DECLINED", "DECLINED"), "U"),
    ] {
        let session = merchant.make_checkout_session("BR", "BRL").await;
        let token = merchant.make_token(&session, "4000000000003220").await;
        let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!(payment["checkout"]["sdk_action_required"], true);
        assert_eq!(
            (&payment["transactions"]["type"], &payment["transactions"]["status"]),
            (&json!("THREE_D_SECURE"), &json!("PENDING"))
        );
        let page = payment["payment_method"]["payment_method_detail"]["card"]["redirect_url"].as_str().unwrap();
        assert_eq!(app.decide(page, "otp=0000").await.status, 400, "a password that is not listed is asked again");
        assert_eq!(app.decide(page, "decision=approve").await.status, 400);
        assert_eq!(app.decide(page, &format!("otp={password}")).await.status, 200);
        let payment = merchant.get(format!("/v1/checkout/sessions/{session}/payment")).await.expect(200);
        assert_eq!(state(&payment), expected, "{password}");
        let card = &payment["payment_method"]["payment_method_detail"]["card"];
        assert_eq!(card["card_data"]["three_d_secure"]["pares_status"], status);
        assert!(card.get("redirect_url").is_none(), "there is nothing left to do");
        assert_eq!(payment["checkout"]["sdk_action_required"], false);
    }
}

#[tokio::test]
async fn the_description_decides_about_a_card_that_is_not_listed() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (description, expected) in [
        ("Running shoes", ("SUCCEEDED", "APPROVED")),
        ("insufficient_funds", ("SUCCEEDED", "APPROVED")),
        ("INSUFFICIENT_FUNDS", ("DECLINED", "DECLINED")),
        ("FRAUD_VERIFICATION_DECLINED", ("DECLINED", "FRAUD_DECLINED")),
        ("INTERNAL_ERROR", ("REJECTED", "REJECTED")),
        ("PROVIDER_TIMEOUT", ("ERROR", "TIMEOUT")),
        ("PROVIDER_ERROR", ("ERROR", "ERROR")),
        ("EXPIRED_BY_PROVIDER", ("EXPIRED", "EXPIRED")),
        ("PENDING_FRAUD_REVIEW", ("PENDING", "PENDING_FRAUD_REVIEW")),
        ("PENDING_PROVIDER_CONFIRMATION", ("PENDING", "PENDING_PROVIDER_CONFIRMATION")),
        ("CHALLENGE_REQUIRED", ("PENDING", "WAITING_ADDITIONAL_STEP")),
    ] {
        let mut body = merchant.direct_body("4999999999999999");
        body["description"] = json!(description);
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!(state(&payment), expected, "{description}");
    }
}

#[tokio::test]
async fn a_held_payment_of_a_card_that_declines_is_declined() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body("4507990000000036");
    body["payment_method"]["detail"]["card"]["capture"] = json!(false);
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    assert_eq!(state(&payment), ("DECLINED", "DECLINED"));
    assert_eq!(
        (&payment["transactions"]["type"], &payment["transactions"]["response_code"]),
        (&json!("AUTHORIZE"), &json!("DO_NOT_HONOR"))
    );
}
