//! What happens in an organization, as the console shows it: the overview, sessions, payments, and that pages follow.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{Request, Response, StatusCode};
use chrono::TimeDelta;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use url::form_urlencoded;
use yuno_sessions::db::console;
use yuno_sessions::types::OrganizationId;

use super::browser::{Browser, field, text};
use crate::support::{Answer, Client, GOOD_CARD, Receiver, Reply, Server, TestApp, command, http};

/// A page as it was answered.
struct Page {
    status: StatusCode,
    location: String,
    html: String,
}

impl Page {
    fn of(answer: &Answer) -> Self {
        let location = answer.headers.get(LOCATION).map(|place| place.to_str().unwrap().to_owned());
        Self { status: answer.status, location: location.unwrap_or_default(), html: text(answer) }
    }

    #[track_caller]
    fn shows(&self, texts: &[&str]) {
        assert_eq!(self.status, 200, "{}", self.html);
        for text in texts {
            assert!(self.html.contains(text), "no {text:?} in {}", self.html);
        }
    }
}

async fn get(operator: &Browser, path: &str) -> Page {
    Page::of(&operator.get(path).await)
}

/// Begins to listen to what changes, after what was seen.
async fn listen(operator: &Browser, cookie: &str, seen: Option<&str>) -> Response<Body> {
    let mut request = Request::get("/console/live").header(COOKIE, cookie);
    if let Some(seen) = seen {
        request = request.header("last-event-id", seen);
    }
    operator.client.oneshot(request.body(Body::empty()).unwrap()).await
}

/// What a stream says until it has said that something has changed; gives the id of what it said last.
async fn told(stream: &mut Body) -> String {
    let mut text = String::new();
    while !text.contains("\n\n") || !text.contains("event: changed") {
        let frame = stream.frame().await.expect("it goes on").unwrap();
        text += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
    }
    text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

/// Makes a session for an order and gives its id.
async fn session_of(merchant: &Client, order: &str) -> String {
    let mut body = merchant.session_body("BR", "BRL");
    body["merchant_order_id"] = json!(order);
    let session = merchant.post("/v1/checkout/sessions", body).await.expect(200);
    session["checkout_session"].as_str().unwrap().to_owned()
}

/// Pays a session with a card and gives the payment.
async fn pay(merchant: &Client, session: &str, number: &str) -> Value {
    let token = merchant.make_token(session, number).await;
    let body = merchant.payment_body(session, "BR", "BRL", json!({"token": token}));
    merchant.post("/v1/payments", body).await.expect(201)
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_session_that_was_paid_tells_all_that_happened_to_it() {
    let app = TestApp::new().await;
    let (merchant, receiver) = (app.merchant(), Receiver::new().await);
    let webhook = merchant.make_webhook(&receiver.url).await;
    let session = session_of(&merchant, "order-<b>1</b>").await;
    let token = merchant.make_token(&session, GOOD_CARD).await;
    let body = merchant.payment_body(&session, "BR", "BRL", json!({"token": token}));
    let payment = merchant.post("/v1/payments", body).await.expect(201);
    app.deliver().await;
    receiver.called().await;
    let key = receiver.calls()[0].json()["data"]["payment"]["idempotency_key"].as_str().unwrap().to_owned();

    let operator = Browser::of(&app, &merchant).await;
    let shown = get(&operator, &format!("/console/sessions/{session}")).await;
    shown.shows(&[
        "Session order-&lt;b&gt;1&lt;/b&gt;",
        "COMPLETED",
        "Session created",
        "One-time token made",
        "SUCCEEDED",
        id(&payment),
        "payment.purchase",
        &webhook,
        "DELIVERED",
        "Body that was sent",
        &format!("&quot;idempotency_key&quot;: &quot;{key}&quot;"),
        &format!("/checkout/{session}?public_api_key="),
    ]);
    assert!(!shown.html.contains("<b>1</b>"), "a text is a text");
    let events = shown.html.split_once("id=\"timeline\"").unwrap().1.split_once("As the API").unwrap().0;
    assert!(!events.contains(&format!("<code>{token}")), "a token is not told of as itself");

    let shown = get(&operator, &format!("/console/payments/{}", id(&payment))).await;
    shown.shows(&["SUCCEEDED", "APPROVED", &session, "PURCHASE", "payment.purchase", "DELIVERED", &key]);
}

#[tokio::test]
async fn a_delivery_that_failed_says_why_and_when_it_is_tried_next() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let receiver = Receiver::answering(|_, _| Reply::Body(500, "<i>broken</i>".to_owned())).await;
    merchant.make_webhook(&receiver.url).await;
    let payment = merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    let operator = Browser::of(&app, &merchant).await;
    let shown = get(&operator, &format!("/console/payments/{}", id(&payment))).await;
    shown.shows(&["PENDING", "tried once", "<code>500</code>", "&lt;i&gt;broken", "2026-01-15 12:05:00 UTC"]);
}

#[tokio::test]
async fn lists_are_searched_filtered_and_paged_within_the_organization() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let (paid, open) = (session_of(&merchant, "shoes-1").await, session_of(&merchant, "hat-1").await);
    let payment = pay(&merchant, &paid, GOOD_CARD).await;
    let theirs = session_of(&other, "shoes-1").await;
    let their_payment = pay(&other, &theirs, GOOD_CARD).await;
    let operator = Browser::of(&app, &merchant).await;

    for (query, found, missing) in [
        ("", vec![&paid, &open], vec![&theirs]),
        ("?search=shoes-1", vec![&paid], vec![&open, &theirs]),
        ("?search=hat", vec![&open], vec![&paid, &theirs]),
        ("?search=at-1", vec![], vec![&open, &paid, &theirs]),
        ("?status=COMPLETED", vec![&paid], vec![&open, &theirs]),
        ("?status=EXPIRED", vec![], vec![&paid, &open, &theirs]),
        ("?search=%00%25&before=x&status=x", vec![], vec![&paid, &open]),
    ] {
        let shown = get(&operator, &format!("/console/sessions{query}")).await;
        shown.shows(&[]);
        let links = |session: &&String| shown.html.contains(&format!("/console/sessions/{session}"));
        assert!(found.iter().all(&links), "{query}: {}", shown.html);
        assert!(!missing.iter().any(links), "{query}: {}", shown.html);
    }
    // An id leads to what has it.
    let led = get(&operator, &format!("/console/sessions?search={open}")).await;
    assert_eq!((led.status.as_u16(), led.location), (303, format!("/console/sessions/{open}")));
    for search in [paid.as_str(), id(&payment)] {
        let led = get(&operator, &format!("/console/payments?search={search}")).await;
        assert_eq!((led.status.as_u16(), led.location), (303, format!("/console/payments/{}", id(&payment))));
    }
    // What is another organization's is not there.
    for path in [format!("sessions/{theirs}"), format!("payments/{}", id(&their_payment)), "payments/x".to_owned()] {
        assert_eq!(get(&operator, &format!("/console/{path}")).await.status, 404, "{path}");
    }
    let search = format!("/console/sessions?search={theirs}");
    get(&operator, &search).await.shows(&["No such sessions"]);
    let shown = get(&operator, "/console/payments?search=order-1&status=SUCCEEDED").await;
    shown.shows(&[id(&payment)]);
    assert!(!shown.html.contains(id(&their_payment)));
    get(&operator, "/console/payments?search=order-1&status=DECLINED").await.shows(&["No such payments"]);

    // Fifty a page.
    app.wait(TimeDelta::seconds(1));
    for number in 0..49 {
        session_of(&merchant, &format!("many-{number}")).await;
    }
    let first = get(&operator, "/console/sessions").await;
    assert_eq!(first.html.matches("scope=\"row\"").count(), 50);
    let older = first.html.split_once("href=\"/console/sessions?before=").expect("a link").1.split_once('"').unwrap().0;
    let second = get(&operator, &format!("/console/sessions?before={older}")).await;
    assert_eq!(second.html.matches("scope=\"row\"").count(), 1);
    assert!(!second.html.contains("Older"));
}

#[tokio::test]
async fn the_overview_counts_what_was_made_and_paid_and_why_it_was_not() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    session_of(&merchant, "long ago").await;
    app.wait(TimeDelta::hours(3));
    let declined_card = "4507990000000010";
    for number in [GOOD_CARD, GOOD_CARD, declined_card] {
        let session = session_of(&merchant, "order-1").await;
        pay(&merchant, &session, number).await;
    }
    session_of(&merchant, "nobody pays").await;
    session_of(&other, "order-1").await;
    let operator = Browser::of(&app, &merchant).await;
    let shown = get(&operator, "/console?window=hour").await;
    shown.shows(&[
        "<strong>4</strong> created",
        "<strong>2</strong> paid",
        "<strong>50.0 %</strong> conversion",
        "INSUFFICIENT_FUNDS",
        "<svg",
    ]);
    let row = |name: &str, numbers: [&str; 3]| {
        let cells: String = numbers.iter().map(|number| format!("<td class=\"number\">{number}</td>")).collect();
        format!("<th scope=\"row\">{name}</th>{cells}")
    };
    shown.shows(&[&row("CARD", ["3", "2", "66.7 %"]), &row("BR", ["4", "2", "50.0 %"])]);
    get(&operator, "/console?window=day").await.shows(&["<strong>5</strong> created"]);
    get(&operator, "/console?window=%00").await.shows(&["<strong>5</strong> created"]);
    get(&Browser::of(&app, &other).await, "/console")
        .await
        .shows(&["<strong>1</strong> created", "None in this time."]);
}

#[tokio::test]
async fn money_is_captured_and_refunded_by_forms_that_are_this_consoles() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.authorize().await;
    let operator = Browser::of(&app, &merchant).await;
    let path = format!("/console/payments/{}", id(&payment));
    let answer = operator.get(&path).await;
    let shown = Page::of(&answer);
    shown.shows(&["Capture", "Cancel"]);
    assert!(!shown.html.contains("Refund the"), "nothing was taken yet");
    let (proof, held) = (field(&answer, "csrf_token"), field(&answer, "transaction"));
    let form = |proof: &'static str, amount: &'static str| [("csrf_token", proof), ("amount", amount)];
    let with = |first: [(&'static str, &'static str); 2], transaction: &str, proof: &str| {
        let filled = first
            .map(|(name, value)| (name.to_owned(), if value == "proof" { proof.to_owned() } else { value.to_owned() }));
        let mut all = filled.to_vec();
        all.extend([("transaction".to_owned(), transaction.to_owned()), ("currency".to_owned(), "BRL".to_owned())]);
        all
    };
    let post = async |operation: &str, form: Vec<(String, String)>| {
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Page::of(&operator.without_proof(&format!("{path}/{operation}"), &form).await)
    };

    for wrong in ["", "wrong"] {
        let refused = post("capture", with(form(wrong, "60"), &held, &proof)).await;
        assert_eq!(refused.status, 403);
        assert_eq!(merchant.get(format!("/v1/payments/{}", id(&payment))).await.expect(200)["status"], "PENDING");
    }
    // What is refused stays as it was typed.
    let refused = post("capture", with(form("proof", "<much>"), &held, &proof)).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.html.contains("value=\"&lt;much&gt;\"") && refused.html.contains("INVALID_PARAMETERS"),
        "{}",
        refused.html
    );

    let captured = post("capture", with(form("proof", "60"), &held, &proof)).await;
    assert_eq!((captured.status.as_u16(), captured.location.as_str()), (303, path.as_str()));
    let shown = get(&operator, &path).await;
    shown.shows(&["PARTIALLY_CAPTURED", "Refund the capture of BRL 60", "BRL 60"]);
    let payment = merchant.get(format!("/v1/payments/{}", id(&payment))).await.expect(200);
    let capture = id(&payment["transactions"][1]).to_owned();
    assert_eq!(post("refund", with(form("proof", ""), &capture, &proof)).await.status, 303);
    let payment = merchant.get(format!("/v1/payments/{}", id(&payment))).await.expect(200);
    assert_eq!((&payment["status"], &payment["amount"]["refunded"]), (&json!("REFUNDED"), &json!(60)));
    assert!(!get(&operator, &path).await.html.contains("details class=\"asks\""), "nothing can be done any more");
    for nothing in ["steal", "capture/x", "cancel%2F.."] {
        assert_eq!(post(nothing, with(form("proof", ""), &capture, &proof)).await.status, 404, "{nothing}");
    }

    let payment = merchant.authorize().await;
    let path = format!("/console/payments/{}", id(&payment));
    let held = id(&payment["transactions"]).to_owned();
    let form = [("csrf_token", proof.as_str()), ("transaction", held.as_str())];
    assert_eq!(operator.without_proof(&format!("{path}/cancel"), &form).await.status, 303);
    get(&operator, &path).await.shows(&["CANCELED"]);
}

#[tokio::test]
async fn a_form_that_comes_twice_moves_money_once_and_what_was_declined_is_told() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let payment = merchant.pay_direct(GOOD_CARD).await;
    let operator = Browser::of(&app, &merchant).await;
    let (path, transaction) = (format!("/console/payments/{}", id(&payment)), id(&payment["transactions"]).to_owned());
    let refunded = async || merchant.get(format!("/v1/payments/{}", id(&payment))).await.expect(200)["amount"].clone();
    let refund = async |amount: &str| {
        let seen = field(&operator.get(&path).await, "seen");
        let fields = [("transaction", transaction.as_str()), ("currency", "BRL"), ("amount", amount), ("seen", &seen)];
        let mut locations = Vec::new();
        for _ in 0..2 {
            let sent = Page::of(&operator.send(&format!("{path}/refund"), &fields).await);
            assert_eq!(sent.status, 303, "{}", sent.html);
            locations.push(sent.location);
        }
        assert_eq!(locations[0], locations[1]);
        locations.remove(0)
    };
    assert_eq!(refund("10").await, path);
    assert_eq!(refunded().await["refunded"], json!(10));
    // The same amount once more, from a page that shows the first: that is meant.
    assert_eq!(refund("10").await, path);
    assert_eq!(refunded().await["refunded"], json!(20));

    let outcome = json!({"response_code": "INSUFFICIENT_FUNDS", "transaction_type": "REFUND", "times": 1});
    merchant.post("/v1/testing/outcomes", outcome).await.expect(201);
    let declined = refund("5").await;
    assert!(declined.starts_with(&format!("{path}?failed=")), "{declined}");
    get(&operator, &declined).await.shows(&["The refund was not done: ", "INSUFFICIENT_FUNDS"]);
    assert!(!get(&operator, &format!("{path}?failed={transaction}")).await.html.contains("was not done"));
    assert_eq!(refunded().await["refunded"], json!(20));
}

#[tokio::test]
async fn an_open_page_is_told_that_something_has_changed() {
    let app = TestApp::new().await;
    let (merchant, other) = (app.merchant(), app.another_merchant().await);
    let operator = Browser::of(&app, &merchant).await;
    let mut stream = listen(&operator, &operator.cookie, None).await.into_body();
    let mut seen = told(&mut stream).await;
    let session = merchant.make_checkout_session("BR", "BRL").await;
    // On another server.
    let elsewhere = app.on_another_instance(&merchant);
    for step in 0..3 {
        let now = told(&mut stream).await;
        assert_ne!(now, seen, "step {step}");
        seen = now;
        match step {
            0 => drop(session_of(&elsewhere, "order-2").await),
            1 => {
                app.wait(TimeDelta::seconds(1));
                merchant.patch(format!("/v1/checkout/sessions/{session}"), json!({"country": "MX"})).await.expect(200);
            }
            _ => {}
        }
    }
    // Who comes back is told of what came meanwhile, and nobody of what is another organization's.
    let digest = async || {
        let organization = OrganizationId::parse("00000000-0000-4000-8000-000000000000").unwrap();
        console::digest(&mut app.pool().acquire().await.unwrap(), organization, 50).await.unwrap()
    };
    other.make_checkout_session("BR", "BRL").await;
    assert_eq!(digest().await, seen);
    merchant.make_checkout_session("BR", "BRL").await;
    let mut again = listen(&operator, &operator.cookie, Some(&seen)).await.into_body();
    assert_eq!(told(&mut again).await, digest().await);
}

#[tokio::test]
async fn nobody_listens_without_keys_that_work_and_only_so_many_do() {
    let app = TestApp::new().await;
    let merchant =
        app.with_another_key(|key| key.expires_at = Some(app.clock.machine_time().plus(TimeDelta::hours(1)))).await;
    let operator = Browser::of(&app, &merchant).await;
    assert_eq!(listen(&operator, "", None).await.status(), 303);
    let another = async || listen(&operator, &operator.cookie, None).await;
    let mut stream = another().await;
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    told(stream.body_mut()).await;
    let mut open = Vec::new();
    let refused = loop {
        match another().await {
            answer if answer.status() == 200 => open.push(answer),
            refused => break refused,
        }
    };
    assert_eq!((refused.status().as_u16(), open.len()), (503, 63));
    get(&operator, "/console/sessions").await.shows(&[]);
    open.pop();
    assert_eq!(another().await.status(), 200, "one has gone");
    // It ends with the keys.
    app.wait(TimeDelta::hours(2));
    assert!(stream.into_body().frame().await.is_none());
    assert_eq!(get(&operator, "/console/sessions").await.status, 303);
}

/// The end of the server waits for no page.
#[tokio::test]
async fn a_server_that_stops_ends_what_its_pages_listen_to() {
    let server = Server::start(command().arg("--ephemeral"));
    let keys = [("public_api_key", "sandbox_demo_public_key"), ("private_secret_key", "sandbox_demo_secret_key")];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(keys).finish();
    let signing = http().post(format!("{}/console/sign-in", server.url)).body(form);
    let signed = signing.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let mut stream = http().get(format!("{}/console/live", server.url)).header("cookie", cookie).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    server.tell("-TERM");
    while stream.chunk().await.unwrap().is_some() {}
    let (status, log) = server.ended();
    assert!(status.success() && !log.contains("did not finish"), "{log}");
}
