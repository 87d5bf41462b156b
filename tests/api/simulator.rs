//! The pages of the simulated provider.

use serde_json::json;

use crate::support::{GOOD_CARD, TestApp};

#[tokio::test]
async fn a_customer_declines_or_approves_and_goes_back_to_the_merchant() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    for (decision, expected) in
        [("approve", ("SUCCEEDED", "SUCCEEDED")), ("decline", ("DECLINED", "DECLINED_BY_PROVIDER"))]
    {
        let mut session = merchant.session_body("BR", "BRL");
        session["callback_url"] = json!("https://shop.example.com/callback");
        session["return_url"] = json!("myshop://done?a=b#end");
        let session = merchant.post("/v1/checkout/sessions", session).await.expect(200)["checkout_session"].clone();
        let session = session.as_str().unwrap();
        let mut body = merchant.payment_body(session, "BR", "BRL", json!({"type": "PIX"}));
        // What is notified; the customer goes to the session's return address all the same.
        body["callback_url"] = json!("https://shop.example.com/payments");
        let payment = merchant.post("/v1/payments", body).await.expect(201);
        assert_eq!(payment["callback_url"], "https://shop.example.com/payments");
        let page =
            payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
        assert_eq!(app.decide(page, &"x".repeat(300 * 1024)).await.refused(413, "PAYLOAD_TOO_LARGE").len(), 1);
        for nothing in ["", "decision=perhaps", "otp=1234", "%ff=%00&&&"] {
            assert_eq!(app.decide(page, nothing).await.status, 400, "{nothing}");
        }
        // The second time nothing is decided any more, and the customer still gets back.
        for _ in 0..2 {
            let decided = app.decide(page, &format!("decision={decision}")).await;
            assert_eq!(decided.status, 303);
            let address = format!("myshop://done?a=b&checkoutSession={session}#end");
            assert_eq!(decided.headers["location"], address.as_str());
            let path = format!("/v1/checkout/sessions/{session}/payment");
            let payment = merchant.get(path).await.expect(200);
            let transaction = &payment["transactions"];
            assert_eq!((&payment["status"], &transaction["response_code"]), (&json!(expected.0), &json!(expected.1)));
            let decided = app.decide(page, "decision=approve").await;
            assert_eq!(decided.status, 303);
        }
        let path = format!("/v1/checkout/sessions/{session}");
        assert_eq!(merchant.get(path).await.expect(200)["status"], "COMPLETED");
    }
}

#[tokio::test]
async fn a_page_runs_nothing_and_shows_texts_as_texts() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    body["description"] = json!("<script>alert(1)</script>\"'&");
    body["callback_url"] = json!("www.example.com/back");
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    let page = payment["payment_method"]["payment_method_detail"]["bank_transfer"]["redirect_url"].as_str().unwrap();
    let path = page.strip_prefix("https://sessions.example.com").unwrap();
    let shown = app.anybody().get(path).await;
    let html = String::from_utf8(shown.bytes.to_vec()).unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;") && !html.contains("<script"), "{html}");
    assert!(shown.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(
        (&shown.headers["cache-control"], &shown.headers["referrer-policy"]),
        (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
    );
    let decided = app.decide(page, "decision=approve").await;
    assert_eq!(decided.headers["location"], "https://www.example.com/back", "there is no session to append");
}

#[tokio::test]
async fn there_is_no_page_for_anything_else() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let payment = merchant.pay_direct("4000000000003220").await;
    let page = payment["payment_method"]["payment_method_detail"]["card"]["redirect_url"].as_str().unwrap();
    let id = page.rsplit('/').next().unwrap();
    // Of another organization, whose id stands in the address of its own page.
    let theirs = other.pay_direct("4000000000003220").await;
    let theirs = theirs["payment_method"]["payment_method_detail"]["card"]["redirect_url"].as_str().unwrap();
    let crossed = format!("{}/{id}", theirs.rsplit_once('/').unwrap().0);
    for nothing in [crossed.as_str(), "/simulator/x/y", "/simulator/00000000-0000-4000-8000-000000000000/%00"] {
        assert_eq!(app.decide(nothing, "otp=1234").await.status, 404, "{nothing}");
        let path = nothing.strip_prefix("https://sessions.example.com").unwrap_or(nothing);
        assert_eq!(app.anybody().get(path).await.status, 404, "{nothing}");
    }
    assert_eq!(app.decide(page, "otp=1234").await.status, 200);
}
