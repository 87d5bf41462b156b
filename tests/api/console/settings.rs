//! The console's pages about connections, webhooks, checkouts and test controls: what they do, the API shows.

use serde_json::{Value, json};
use yuno_sessions::demo;

use super::browser::{Browser, text};
use crate::support::{Client, GOOD_CARD, Receiver, Setup, TestApp};

async fn connection(merchant: &Client, provider: &str) -> Value {
    let all = merchant.get(format!("/v1/connections?account_id={}", merchant.account)).await.expect(200);
    let found = all.as_array().unwrap().iter().find(|connection| connection["provider_id"] == provider);
    found.unwrap().clone()
}

#[tokio::test]
async fn a_connection_is_narrowed_paused_and_deleted() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let before = connection(&merchant, "DLOCAL").await;
    let path = format!("/console/connections/{}", before["connection_id"].as_str().unwrap());
    let fields = [("payment_methods", "PIX"), ("payment_methods", "OXXO"), ("countries", "br, mx"), ("currencies", "")];
    Browser::done(&browser.send(&path, &fields).await);
    let after = connection(&merchant, "DLOCAL").await;
    assert_eq!(after["countries"], json!(["BR", "MX"]));
    assert_eq!((&after["currencies"], &after["payment_methods"]), (&Value::Null, &json!(["PIX", "OXXO"])));
    assert!(browser.page("/console/connections").await.contains("BR, MX"));

    // What is wrong stays in the form, with what the API says of it.
    let wrong = browser.send(&path, &[("payment_methods", "PIX"), ("countries", "Brazil"), ("currencies", "")]).await;
    assert_eq!(wrong.status, 400);
    assert!(text(&wrong).contains("value=\"Brazil\"") && text(&wrong).contains("countries[0]"), "{}", text(&wrong));
    assert_eq!(connection(&merchant, "DLOCAL").await, after);

    Browser::done(&browser.send(&path, &[("payment_methods", "PIX"), ("countries", "")]).await);
    assert_eq!(connection(&merchant, "DLOCAL").await["countries"], Value::Null);
    for status in ["PAUSED", "ACTIVE"] {
        Browser::done(&browser.send(&format!("{path}/status"), &[("status", status)]).await);
        assert_eq!(connection(&merchant, "DLOCAL").await["status"], status);
    }
    assert_eq!(browser.send(&format!("{path}/status"), &[("status", "BROKEN")]).await.status, 400);
    Browser::done(&browser.send(&format!("{path}/delete"), &[]).await);
    assert_eq!(browser.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_connection_is_added_with_what_its_provider_needs() {
    const SECRET: &str = "sk_live_of_the_provider";
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let form = browser.page("/console/connections?provider_id=STRIPE").await;
    assert!(form.contains("name=\"param-API_KEY\" type=\"password\" autocomplete=\"off\" required"), "{form}");
    let mut fields = vec![
        ("provider_id", "STRIPE"),
        ("merchant_connection_id", "stripe <b>"),
        ("payment_methods", "CARD"),
        ("countries", "US"),
    ];
    let refused = browser.send("/console/connections", &fields).await;
    assert_eq!(refused.status, 400);
    assert!(text(&refused).contains("API_KEY") && text(&refused).contains("value=\"stripe &lt;b&gt;\""));
    fields.push(("param-API_KEY", SECRET));
    Browser::done(&browser.send("/console/connections", &fields).await);
    let made = connection(&merchant, "STRIPE").await;
    assert_eq!((&made["countries"], &made["status"]), (&json!(["US"]), &json!("ACTIVE")));
    // The same name once more: nothing of the secret comes back.
    let again = browser.send("/console/connections", &fields).await;
    assert_eq!(again.status, 409);
    let shown = browser.page(&format!("/console/connections/{}", made["connection_id"].as_str().unwrap())).await;
    for page in [text(&again), shown, browser.page("/console/connections").await] {
        assert!(!page.contains(SECRET) && !page.contains("***"), "{page}");
    }
}

#[tokio::test]
async fn a_webhook_is_made_and_a_delivery_is_sent_again() {
    const SECRET: &str = "what-it-is-signed-with";
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let receiver = Receiver::new().await;
    let mut fields = vec![("name", "Mine"), ("url", receiver.url.as_str()), ("hmac_client_secret", SECRET)];
    let refused = browser.send("/console/webhooks", &fields).await;
    assert_eq!(refused.status, 400, "it asks for nothing");
    fields.extend([("payment_triggers", "PURCHASE"), ("payment_triggers", "REFUND")]);
    Browser::done(&browser.send("/console/webhooks", &fields).await);
    let all = merchant.get(format!("/v1/webhooks?account_id={}", merchant.account)).await.expect(200);
    assert_eq!((&all[0]["payment_triggers"], &all[0]["state"]), (&json!(["PURCHASE", "REFUND"]), &json!("ACTIVE")));
    let id = all[0]["id"].as_str().unwrap();

    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let delivery = merchant.deliveries(id).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/console/webhooks/{id}");
    let page = browser.page(&path).await;
    assert!(page.contains("payment.purchase") && page.contains(&delivery) && page.contains("order-1"), "{page}");
    Browser::done(&browser.send(&format!("{path}/deliveries/{delivery}/resend"), &[]).await);
    app.deliver().await;
    assert_eq!(receiver.calls().len(), 2);

    Browser::done(&browser.send(&format!("{path}/state"), &[("state", "INACTIVE")]).await);
    let refused = browser.send(&format!("{path}/deliveries/{delivery}/resend"), &[]).await;
    assert_eq!(refused.status, 400);
    assert!(text(&refused).contains("The webhook is INACTIVE."));
    for page in [text(&refused), browser.page("/console/webhooks").await, page] {
        assert!(!page.contains(SECRET));
    }
    Browser::done(&browser.send(&format!("{path}/delete"), &[]).await);
    assert_eq!(browser.get(&path).await.status, 404);
}

#[tokio::test]
async fn deliveries_come_a_page_at_a_time() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let receiver = Receiver::new().await;
    let webhook = merchant.make_webhook(&receiver.url).await;
    for _ in 0..26 {
        merchant.pay_direct(GOOD_CARD).await;
    }
    app.deliver().await;
    let path = format!("/console/webhooks/{webhook}");
    let first = browser.page(&path).await;
    assert_eq!(first.matches(">Resend</button>").count(), 25);
    let older = first.split(&format!("{path}?before=")).nth(1).unwrap().split('"').next().unwrap();
    let second = browser.page(&format!("{path}?before={older}")).await;
    assert_eq!(second.matches(">Resend</button>").count(), 1);
    assert_eq!(second.matches("payment.purchase").count(), 2, "the title, and the body");
}

/// The types that a preview lists, in their order.
fn previewed(page: &str) -> Vec<String> {
    page.split("<li data-type=\"").skip(1).map(|item| item.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_preview_lists_what_a_session_offers() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let browser = Browser::of(&app, &merchant).await;
    let checkout = merchant.make_checkout("Promo").await;
    let path = format!("/console/checkouts/{checkout}");
    let conditions = json!([{"name": "big", "conditions": [
        {"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"min": 50}]},
    ]}]);
    let methods = json!([
        {"payment_method_type": "BOLETO", "order_to_show": 0, "conditions_to_override": conditions},
        {"payment_method_type": "PIX", "order_to_show": 1, "name": "Pix, at once"},
    ]);
    merchant.publish_methods(&checkout, methods).await;
    for (country, currency, amount) in [("BR", "BRL", 100), ("BR", "BRL", 49), ("MX", "MXN", 100), ("CO", "USD", 10)] {
        let mut body = merchant.session_body(country, currency);
        body["amount"]["value"] = json!(amount);
        body["checkout_id"] = json!(checkout);
        let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
        let offered = merchant.offered(session["checkout_session"].as_str().unwrap()).await;
        let page = browser.page(&format!("{path}?country={country}&currency={currency}&amount={amount}")).await;
        assert_eq!(previewed(&page), offered, "{country} {currency} {amount}");
    }
    let page = browser.page(&format!("{path}?country=br&currency=BRL&amount=49")).await;
    assert!(page.contains("<span>Pix, at once</span>"), "{page}");
    assert!(page.contains("The checkout shows BOLETO under conditions"));
    assert!(page.contains("OXXO is not served in BR."));
    let wrong = browser.page(&format!("{path}?country=XX&currency=&amount=-1")).await;
    for field in ["country: ", "currency: ", "amount: "] {
        assert!(wrong.contains(&format!("<li>{field}")), "{field}: {wrong}");
    }
    // What is not published is previewed too.
    Browser::done(&browser.send(&format!("{path}/status"), &[("status", "NOT_PUBLISHED")]).await);
    assert_eq!(previewed(&browser.page(&path).await)[0], "BOLETO");
}

#[tokio::test]
async fn a_checkout_is_shaped_by_its_forms() {
    let app = TestApp::new().await;
    let merchant = app.merchant().with_account();
    let browser = Browser::of(&app, &merchant).await;
    let made = browser.send("/console/checkouts", &[("name", "Promo"), ("description", "For the sale")]).await;
    Browser::done(&made);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap();
    let api = format!("/v1/checkouts/{id}");
    assert_eq!(browser.send("/console/checkouts", &[("name", "Promo")]).await.status, 409);

    let fields =
        [("order-PIX", "0"), ("shown-PIX", "on"), ("name-PIX", "At once"), ("order-BOLETO", "7"), ("name-BOLETO", "")];
    Browser::done(&browser.send(&format!("{path}/methods"), &fields).await);
    let methods = merchant.get(&api).await.expect(200)["config"]["payment_methods"].clone();
    let of = |name: &str| {
        let mut all = methods.as_array().unwrap().iter();
        all.find(|method| method["payment_method_type"] == name).unwrap().clone()
    };
    let pix = of("PIX");
    assert_eq!((&pix["order_to_show"], &pix["name"], &pix["is_active"]), (&json!(0), &json!("At once"), &json!(true)));
    assert_eq!((&of("BOLETO")["is_active"], &of("CARD")["is_active"]), (&json!(false), &json!(true)));
    let wrong = browser.send(&format!("{path}/methods"), &[("order-PIX", "first"), ("name-PIX", "Mine")]).await;
    assert_eq!(wrong.status, 400);
    assert!(text(&wrong).contains("value=\"first\"") && text(&wrong).contains("value=\"Mine\""), "{}", text(&wrong));

    let looks = [("accent_color", "#1a73e8"), ("font_family", "Roboto"), ("corner_radius", "4")];
    Browser::done(&browser.send(&format!("{path}/looks"), &looks).await);
    let styles = merchant.get(&api).await.expect(200)["styling"]["styles"].clone();
    assert_eq!(styles["global"]["accent_color"], "#1a73e8");
    assert_eq!((&styles["global"]["font_family"], &styles["button"]["corner_radius"]), (&json!("Roboto"), &json!(4)));
    assert!(browser.page(&path).await.contains("--accent:#1a73e8;"));
    assert_eq!(browser.send(&format!("{path}/looks"), &[("accent_color", "blue")]).await.status, 400);

    let status = format!("{path}/status");
    for status_now in ["NOT_PUBLISHED", "ARCHIVED", "NOT_PUBLISHED", "PUBLISHED"] {
        Browser::done(&browser.send(&status, &[("status", status_now)]).await);
        assert_eq!(merchant.get(&api).await.expect(200)["status"], status_now);
    }
    Browser::done(&browser.send(&status, &[("is_default", "true")]).await);
    assert_eq!(merchant.get(&api).await.expect(200)["is_default"], true);
    assert_eq!(browser.send(&status, &[("status", "ARCHIVED")]).await.status, 409, "the default stays");
}

#[tokio::test]
async fn the_last_requests_are_shown_and_filtered() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    merchant.pay_direct(GOOD_CARD).await;
    merchant.get("/v1/customers/nobody").await;
    let count = |page: &str| page.matches("<details id=\"request-").count();
    let all = browser.page("/console/requests").await;
    assert_eq!(count(&all), 2, "{all}");
    let place = |path: &str| all.find(&format!("<code>{path}</code>")).unwrap();
    assert!(place("/v1/customers/nobody") < place("/v1/payments"), "newest first");
    assert!(!all.contains(GOOD_CARD) && !all.contains(demo::PRIVATE_SECRET_KEY));
    for (query, shown) in
        [("path=customers", 1), ("status=2xx", 1), ("status=4xx&path=payments", 0), ("path=%3Cb%3E", 0)]
    {
        let page = browser.page(&format!("/console/requests?{query}")).await;
        assert_eq!(count(&page), shown, "{query}");
        assert!(!page.contains("<b>"));
    }
}

#[tokio::test]
async fn a_test_decides_in_the_console_too() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let browser = Browser::of(&app, &merchant).await;
    let send =
        async |path: &str, fields: &[(&str, &str)]| browser.send(&format!("/console/testing/{path}"), fields).await;
    Browser::done(&send("clock/advance", &[("hours", "2"), ("days", "")]).await);
    assert_eq!(merchant.get("/v1/testing/clock").await.expect(200)["now"], "2026-01-15T14:00:00.000000Z");
    Browser::done(&send("clock/set", &[("now", "2026-01-16T12:00:00Z")]).await);
    for (path, fields) in [
        ("clock/set", [("now", "2026-01-15T12:00:00Z")]),
        ("clock/advance", [("days", "some")]),
        ("outcomes", [("response_code", "NOTHING_LIKE_IT")]),
        ("faults", [("fault_status", "503")]),
        ("settle", [("payment_id", "x")]),
    ] {
        assert_eq!(send(path, &fields).await.status, 400, "{path}");
    }
    Browser::done(&send("outcomes", &[("response_code", "INSUFFICIENT_FUNDS"), ("times", "2")]).await);
    assert_eq!(merchant.pay_direct(GOOD_CARD).await["status"], "DECLINED");
    let outcomes = merchant.get("/v1/testing/outcomes").await.expect(200);
    assert!(browser.page("/console/testing").await.contains("INSUFFICIENT_FUNDS"));
    let taken = format!("outcomes/{}/delete", outcomes[0]["id"].as_str().unwrap());
    Browser::done(&send(&taken, &[]).await);
    assert_eq!(send(&taken, &[]).await.status, 404);
    assert_eq!(merchant.pay_direct(GOOD_CARD).await["status"], "SUCCEEDED");

    Browser::done(&send("faults", &[("operation", "create_payment"), ("fault_status", "503")]).await);
    let faults = merchant.get("/v1/testing/faults").await.expect(200);
    assert_eq!((&faults[0]["operation"], &faults[0]["status"]), (&json!("create_payment"), &json!(503)));
    Browser::done(&send(&format!("faults/{}/delete", faults[0]["id"].as_str().unwrap()), &[]).await);

    let mut body = merchant.direct_body(GOOD_CARD);
    body["payment_method"] = json!({"type": "PIX"});
    let payment = merchant.post("/v1/payments", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    Browser::done(&send("settle", &[("payment_id", &payment)]).await);
    assert_eq!(merchant.get(format!("/v1/payments/{payment}")).await.expect(200)["status"], "SUCCEEDED");
}

#[tokio::test]
async fn without_test_controls_their_pages_are_not_there() {
    let app = TestApp::with(Setup { testing: false, ..Setup::default() }).await;
    let browser = Browser::of(&app, &app.merchant()).await;
    for path in ["/console/requests", "/console/testing"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    for path in ["clock/advance", "outcomes", "faults", "settle"] {
        let fields = [("days", "1"), ("response_code", "SUCCEEDED"), ("operation", "create_payment")];
        assert_eq!(browser.send(&format!("/console/testing/{path}"), &fields).await.status, 404, "{path}");
    }
}

/// What another organization has, as the addresses that change it and the forms for them.
async fn of_another(app: &TestApp, other: &Client) -> (Vec<(String, Vec<(&'static str, String)>)>, Value) {
    let account = &other.account;
    let connection = connection(other, "YUNO_TEST_PAYMENT_GW").await["connection_id"].as_str().unwrap().to_owned();
    let receiver = Receiver::new().await;
    let webhook = other.make_webhook(&receiver.url).await;
    let payment = other.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let delivery = other.deliveries(&webhook).await[0]["id"].as_str().unwrap().to_owned();
    let checkout = other.with_account().make_checkout("Theirs").await;
    let key = other.keys.public.clone().unwrap();
    let field = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let posts = vec![
        (
            format!("connections/{connection}"),
            vec![("payment_methods", "CARD".to_owned()), ("countries", "BR".to_owned())],
        ),
        (format!("connections/{connection}/status"), field("status", "PAUSED")),
        (format!("connections/{connection}/delete"), vec![]),
        (format!("webhooks/{webhook}/state"), field("state", "INACTIVE")),
        (format!("webhooks/{webhook}/deliveries/{delivery}/resend"), vec![]),
        (format!("webhooks/{webhook}/delete"), vec![]),
        (
            format!("checkouts/{checkout}/methods"),
            vec![("order-CARD", "1".to_owned()), ("name-CARD", "Mine".to_owned())],
        ),
        (format!("checkouts/{checkout}/looks"), field("accent_color", "#1a73e8")),
        (format!("checkouts/{checkout}/status"), field("status", "ARCHIVED")),
        ("accounts/keys/revoke".to_owned(), field("public_api_key", &key)),
        (
            format!("payments/{}/refund", payment["id"].as_str().unwrap()),
            field("transaction", payment["transactions"]["id"].as_str().unwrap()),
        ),
    ];
    (posts, json!({"account": account, "webhook": webhook, "checkout": checkout, "payment": payment["id"]}))
}

/// How all that stands which could have been changed.
async fn stands(other: &Client, of: &Value) -> Value {
    let text = |field: &str| of[field].as_str().unwrap();
    let account = text("account");
    json!([
        other.get(format!("/v1/connections?account_id={account}")).await.expect(200),
        other.get(format!("/v1/webhooks?account_id={account}")).await.expect(200),
        other.deliveries(text("webhook")).await,
        other.with_account().get(format!("/v1/checkouts/{}", text("checkout"))).await.expect(200),
        other.get(format!("/v1/payments/{}", text("payment"))).await.expect(200),
        other.get("/v1/testing/outcomes").await.expect(200),
        other.get("/v1/testing/faults").await.expect(200),
    ])
}

#[tokio::test]
async fn nobody_touches_what_is_another_organizations() {
    let app = TestApp::new().await;
    let other = app.another_merchant().await;
    let (posts, of) = of_another(&app, &other).await;
    let browser = Browser::of(&app, &app.merchant()).await;
    let outcome = json!({"response_code": "EXPIRED_CARD", "times": 2});
    let outcome = other.post("/v1/testing/outcomes", outcome).await.expect(201)["id"].clone();
    let fault = json!({"operation": "delete_customer", "status": 503});
    let fault = other.post("/v1/testing/faults", fault).await.expect(201)["id"].clone();
    let before = stands(&other, &of).await;
    for (kind, id) in [("outcomes", &outcome), ("faults", &fault)] {
        let path = format!("/console/testing/{kind}/{}/delete", id.as_str().unwrap());
        assert_eq!(browser.send(&path, &[]).await.status, 404, "{path}");
    }
    let settled = browser.send("/console/testing/settle", &[("payment_id", of["payment"].as_str().unwrap())]).await;
    assert!(settled.status == 400 && text(&settled).contains("PAYMENT_NOT_FOUND"));
    assert_eq!(stands(&other, &of).await, before);
    for (path, fields) in &posts {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(browser.send(&format!("/console/{path}"), &fields).await.status, 404, "{path}");
        let page = format!("/console/{}", path.split('/').take(2).collect::<Vec<_>>().join("/"));
        if !page.starts_with("/console/accounts") {
            assert_eq!(browser.get(&page).await.status, 404, "{page}");
        }
        assert_eq!(stands(&other, &of).await, before, "{path}");
    }
    assert!(!browser.page("/console/accounts").await.contains(other.keys.public.as_deref().unwrap()));
}

#[tokio::test]
async fn a_form_without_the_proof_does_nothing() {
    let app = TestApp::new().await;
    // It is its own: only the proof is missing.
    let merchant = app.another_merchant().await;
    let (mut posts, of) = of_another(&app, &merchant).await;
    let more = [
        ("connections", vec![("provider_id", "DLOCAL"), ("merchant_connection_id", "x"), ("payment_methods", "PIX")]),
        ("webhooks", vec![("name", "x"), ("url", "https://example.com/x"), ("payment_triggers", "REFUND")]),
        ("checkouts", vec![("name", "x")]),
        ("accounts/keys", vec![]),
        ("testing/clock/advance", vec![("hours", "1")]),
        ("testing/clock/set", vec![("now", "2026-02-15T12:00:00Z")]),
        ("testing/outcomes", vec![("response_code", "SUCCEEDED")]),
        ("testing/faults", vec![("operation", "create_payment"), ("fault_status", "503")]),
        ("testing/settle", vec![]),
    ];
    posts.extend(more.map(|(path, fields)| {
        (path.to_owned(), fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }));
    let browser = Browser::of(&app, &merchant).await;
    let before = stands(&merchant, &of).await;
    let keys = browser.page("/console/accounts").await;
    for (path, fields) in &posts {
        for proof in [None, Some(""), Some("0000")] {
            let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
            let fields: Vec<_> = fields.chain(proof.map(|proof| ("csrf_token", proof))).collect();
            assert_eq!(browser.without_proof(&format!("/console/{path}"), &fields).await.status, 403, "{path}");
        }
        assert_eq!(stands(&merchant, &of).await, before, "{path}");
    }
    assert_eq!(browser.page("/console/accounts").await, keys);
    assert_eq!(merchant.get("/v1/testing/clock").await.expect(200)["ahead_seconds"], json!(0.0));
    for path in ["/v1/testing/outcomes", "/v1/testing/faults"] {
        assert_eq!(merchant.get(path).await.expect(200), json!([]));
    }
}
