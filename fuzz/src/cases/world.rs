//! Things that exist, so that cases lead further than to the first look-up.

use std::collections::{BTreeMap, VecDeque};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use yuno_sessions::clock::Clock;
use yuno_sessions::demo;

use super::entropy::Entropy;

/// What exists, by the names of the fields and parameters that lead to it.
pub type Subject = BTreeMap<&'static str, String>;

/// A kind of thing that an operation works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing but the demo account.
    Account,
    Customer,
    Checkout,
    Token,
    CustomerSession,
    ReadyToEnroll,
    Enrolled,
    Authorized,
    Purchased,
    OnSession,
    PaidOnPage,
    Challenged,
    EnrolledOnPage,
    Connection,
    /// A checkout that the merchant shapes; `Checkout` is a session of one.
    Shaped,
    Plan,
    Webhook,
    Delivery,
    /// An organization of its own, with what belongs to it: nothing of the demo's must be moved.
    Organization,
    /// Such an organization with events: those of the demo are more with each case, and are all told.
    Eventful,
}

use Kind::*;

/// What an operation works on, and whether it changes it so that the next needs another.
pub fn kinds(operation: &str) -> (&'static [Kind], bool) {
    match operation {
        "retrieve_customer"
        | "find_customer"
        | "retrieve_external_customer"
        | "list_enrolled_payment_methods"
        | "list_enrolled_payment_methods_alias" => (&[Customer, Enrolled, ReadyToEnroll], false),
        "delete_customer" => (&[Customer, Enrolled, ReadyToEnroll], true),
        "update_customer" => (&[Customer], false),
        "create_customer_session" | "create_customer_session_alias" => (&[Customer, Shaped], false),
        "create_checkout_session" => (&[Customer, Customer, Shaped, Plan], false),
        "retrieve_checkout_session"
        | "explain_checkout_payment_methods"
        | "list_checkout_payment_methods"
        | "list_checkout_installments"
        | "retrieve_checkout_info" => (&[Checkout, Token, OnSession], false),
        "pay_checkout_session" => (&[Token], true),
        "update_checkout_session" | "create_session_token" => (&[Checkout, Enrolled], true),
        "create_token" => (&[Enrolled, Account], false),
        "retrieve_customer_session" | "list_enrollable_payment_methods" => (&[CustomerSession, ReadyToEnroll], false),
        "enroll_session_payment_method" => (&[CustomerSession], true),
        "complete_session_payment_method" => (&[ReadyToEnroll, EnrolledOnPage], true),
        "enroll_payment_method" => (&[Customer, Enrolled], true),
        "retrieve_customer_payment_method" | "retrieve_payment_method" => (&[Enrolled, ReadyToEnroll], false),
        "unenroll_customer_payment_method" | "unenroll_payment_method" => (&[Enrolled, ReadyToEnroll], true),
        "create_payment" => (&[Token, Checkout, Enrolled, Account], true),
        "find_payments" | "retrieve_payment" => (&[Authorized, Purchased, OnSession, PaidOnPage, Challenged], false),
        "retrieve_session_payment" => (&[OnSession, Checkout, PaidOnPage], false),
        "capture_payment" => (&[Authorized], true),
        "cancel_payment" => (&[Authorized, PaidOnPage], true),
        "refund_payment" => (&[Purchased, Purchased, Authorized], true),
        "cancel_or_refund_payment" | "cancel_or_refund_transaction" => (&[Purchased, Authorized, PaidOnPage], true),
        "retrieve_connection" | "list_connections" | "update_connection" => (&[Connection], false),
        "create_checkout" | "list_checkouts" | "retrieve_checkout" => (&[Shaped], false),
        "publish_checkout" | "update_checkout" => (&[Shaped], true),
        "delete_connection" => (&[Connection], true),
        "retrieve_installments_plan" | "list_installments_plans" | "update_installments_plan" => (&[Plan], false),
        "delete_installments_plan" => (&[Plan], true),
        "retrieve_webhook" | "list_webhooks" | "update_webhook" => (&[Webhook], false),
        "delete_webhook" => (&[Webhook], true),
        "list_webhook_deliveries" | "resend_delivery" => (&[Delivery], false),
        "list_events" => (&[Eventful], false),
        "delete_test_organization" => (&[Organization], true),
        "retrieve_test_clock"
        | "set_test_clock"
        | "advance_test_clock"
        | "list_test_outcomes"
        | "list_test_faults"
        | "list_test_log"
        | "clear_test_log"
        | "wait_for_test_deliveries" => (&[Organization], false),
        "create_test_outcome" | "delete_test_outcome" | "create_test_fault" | "delete_test_fault" => {
            (&[Organization], true)
        }
        "settle_test_payment" => (&[PaidOnPage, Challenged], true),
        "dispute_test_payment" => (&[Purchased], true),
        "settle_test_payment_method" => (&[EnrolledOnPage], true),
        "show_page" | "decide_page" => (&[PaidOnPage, Challenged, EnrolledOnPage], true),
        _ => (&[Account], false),
    }
}

/// An answer of the server.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

/// The server, and what was made on it.
pub struct World {
    router: Router,
    clock: Clock,
    made: BTreeMap<Kind, VecDeque<Subject>>,
    names: u64,
}

/// How many things of a kind are remembered.
const REMEMBERED: usize = 8;

impl World {
    /// The demo organization of a server whose clock stands still.
    pub fn new(router: Router, clock: Clock) -> Self {
        Self { router, clock, made: BTreeMap::new(), names: 0 }
    }

    /// Makes everything anew from now on: what was made may be gone by what another operation did.
    pub async fn forget(&mut self) {
        for (kind, subjects) in std::mem::take(&mut self.made) {
            for subject in subjects {
                self.remove(kind, &subject).await;
            }
        }
    }

    /// Moves the time, so that things expire. What is worked on is made anew then: little of it may be left.
    pub async fn wait(&mut self, minutes: usize) {
        self.clock.advance(TimeDelta::minutes(i64::try_from(minutes).unwrap_or(0)));
        self.forget().await;
    }

    /// Removes what an operation has made and what there must not be too many of.
    pub async fn clear_away(&self, operation: &str, answer: &Answer) {
        if operation == "create_checkout" {
            let made: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
            let archived = Body::from(json!({"status": "ARCHIVED"}).to_string());
            let path = format!("/v1/checkouts/{}", text(&made["id"]));
            self.send(with_keys(&Method::PATCH, &path, archived)).await;
            return;
        }
        let (kind, name, field) = match operation {
            "create_connection" => (Connection, "connection_id", "connection_id"),
            "create_installments_plan" => (Plan, "installment_code", "id"),
            "create_webhook" => (Webhook, "webhook_id", "id"),
            "create_test_organization" => {
                let made: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
                return self.remove(Organization, &organization(&made)).await;
            }
            _ => return,
        };
        let made: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
        let subject = Subject::from([("account_id", demo::ACCOUNT.to_string()), (name, text(&made[field]))]);
        self.remove(kind, &subject).await;
    }

    /// Removes what an account can have only so many of.
    async fn remove(&self, kind: Kind, subject: &Subject) {
        let path = match kind {
            Connection => format!("/v1/connections/{}", subject["connection_id"]),
            Plan => format!("/v1/installments-plans/{}", subject["installment_code"]),
            Webhook | Delivery => {
                format!("/v1/webhooks/{}?account_id={}", subject["webhook_id"], subject["account_id"])
            }
            Organization | Eventful => format!("/v1/testing/organizations/{}", subject["organization_id"]),
            _ => return,
        };
        // A case may have removed it.
        self.send(with_keys_of(subject, &Method::DELETE, &path, Body::empty())).await;
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body in memory");
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Something for an operation to work on: something known, or made for it.
    pub async fn subject(&mut self, operation: &str, entropy: &mut Entropy<'_>) -> Subject {
        let (kinds, changes) = kinds(operation);
        let kind = *entropy.of(kinds);
        let wants_another = entropy.one_in(if changes { 4 } else { 16 });
        let known = self.made.entry(kind).or_default();
        if known.is_empty() || (wants_another && (changes || known.len() < REMEMBERED)) {
            let subject = self.make(kind).await;
            let known = self.made.entry(kind).or_default();
            known.push_front(subject.clone());
            if let Some(oldest) = known.split_off(REMEMBERED.min(known.len())).pop_front() {
                self.remove(kind, &oldest).await;
            }
            return subject;
        }
        known[entropy.below(known.len())].clone()
    }

    /// A call that must succeed.
    async fn call(&self, method: Method, path: String, body: Option<Value>) -> Value {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.send(with_keys(&method, &path, body)).await;
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(answer.status.is_success(), "{method} {path} answered {} {text}", answer.status);
        serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null)
    }

    async fn post(&self, path: impl Into<String>, body: Value) -> Value {
        self.call(Method::POST, path.into(), Some(body)).await
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("known-{}", self.names)
    }

    async fn make(&mut self, kind: Kind) -> Subject {
        let mut subject = match kind {
            Account | Connection | Plan | Webhook | Delivery => Subject::new(),
            Organization | Eventful => {
                let made = organization(&self.call(Method::POST, "/v1/testing/organizations".into(), None).await);
                return match kind {
                    Organization => self.with_controls(made).await,
                    _ => self.with_events(made).await,
                };
            }
            // Who pays or enrolls with it is a customer.
            Shaped | Customer | CustomerSession | ReadyToEnroll | Enrolled | EnrolledOnPage => {
                self.make_customer().await
            }
            Checkout | Token | OnSession => self.make_checkout_session().await,
            Authorized | Purchased | PaidOnPage | Challenged => self.make_payment(kind).await,
        };
        subject.insert("account_id", demo::ACCOUNT.to_string());
        match kind {
            Token | OnSession => self.add_token(&mut subject, kind == OnSession).await,
            CustomerSession | ReadyToEnroll | EnrolledOnPage => self.add_customer_session(&mut subject, kind).await,
            Enrolled => self.add_enrolled(&mut subject).await,
            Connection => self.add_connection(&mut subject).await,
            Shaped => self.add_shaped(&mut subject).await,
            Plan => self.add_plan(&mut subject).await,
            Webhook | Delivery => self.add_webhook(&mut subject, kind).await,
            _ => {}
        }
        subject
    }

    /// The organization with something that was decided for it, and what more can be.
    async fn with_controls(&self, mut subject: Subject) -> Subject {
        let outcome = json!({"response_code": "EXPIRED_CARD", "times": 1_000});
        let fault = json!({"operation": "delete_customer", "status": 503});
        for (name, path, body) in
            [("outcome_id", "/v1/testing/outcomes", outcome), ("fault_id", "/v1/testing/faults", fault)]
        {
            let body = Body::from(body.to_string());
            let made = self.send(with_keys_of(&subject, &Method::POST, path, body)).await;
            let made: Value = serde_json::from_slice(&made.bytes).unwrap_or(Value::Null);
            subject.insert(name, text(&made["id"]));
        }
        for (name, value) in
            [("response_code", "SUCCEEDED"), ("three_d_secure", "AUTHENTICATED"), ("operation", "create_payment")]
        {
            subject.insert(name, value.to_owned());
        }
        subject
    }

    /// The organization with a webhook and two payments that it tells of.
    async fn with_events(&mut self, subject: Subject) -> Subject {
        let account = &subject["account_id"];
        let webhook = json!({
            "account_id": account, "url": "http://127.0.0.1:1/events", "name": "events", "payment_triggers": ["PURCHASE"],
        });
        let payment = json!({
            "account_id": account, "merchant_order_id": self.name(), "description": "Running shoes", "country": "BR",
            "amount": {"currency": "BRL", "value": 100}, "workflow": "DIRECT",
            "payment_method": {"type": "CARD", "detail": {"card": {"card_data": card_data("4507990000000002")}}},
        });
        for (path, body) in [("/v1/webhooks", &webhook), ("/v1/payments", &payment), ("/v1/payments", &payment)] {
            let made = self.send(with_keys_of(&subject, &Method::POST, path, Body::from(body.to_string()))).await;
            let told = String::from_utf8_lossy(&made.bytes);
            assert!(made.status.is_success(), "POST {path} answered {} {told}", made.status);
        }
        subject
    }

    async fn make_customer(&mut self) -> Subject {
        let name = self.name();
        let customer =
            self.post("/v1/customers", json!({"merchant_customer_id": name, "email": "a@example.com"})).await;
        Subject::from([("customer_id", text(&customer["id"])), ("merchant_customer_id", name)])
    }

    async fn make_checkout_session(&mut self) -> Subject {
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": self.name(), "country": "BR",
            "payment_description": "Running shoes", "amount": {"currency": "BRL", "value": 100}, "workflow": "CHECKOUT",
        });
        let session = text(&self.post("/v1/checkout/sessions", body).await["checkout_session"]);
        Subject::from([
            ("session", session.clone()),
            ("checkout_session", session),
            ("country", "BR".into()),
            ("currency", "BRL".into()),
            ("workflow", "SDK_CHECKOUT".into()),
        ])
    }

    async fn make_payment(&mut self, kind: Kind) -> Subject {
        let order = self.name();
        let card = match kind {
            Challenged => "4000000000003220",
            _ => "4507990000000002",
        };
        let method = match kind {
            PaidOnPage => json!({"type": "PIX"}),
            _ => {
                json!({"type": "CARD", "detail": {"card": {"card_data": card_data(card), "capture": kind != Authorized}}})
            }
        };
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": order, "description": "Running shoes",
            "country": "BR", "amount": {"currency": "BRL", "value": 100}, "workflow": "DIRECT", "payment_method": method,
            "callback_url": "https://example.com/back",
        });
        let payment = self.post("/v1/payments", body).await;
        Subject::from([
            ("payment_id", text(&payment["id"])),
            ("transaction_id", text(&payment["transactions"]["id"])),
            ("merchant_order_id", order),
            ("page", page_of(&payment).unwrap_or_default()),
            ("currency", "BRL".into()),
        ])
    }

    async fn add_token(&mut self, subject: &mut Subject, pay: bool) {
        let body = json!({"payment_method": {"type": "CARD", "card": card_data("4507990000000002")}});
        let path = format!("/v1/checkout/sessions/{}/token", subject["checkout_session"]);
        let token = text(&self.post(path, body).await["token"]);
        if pay {
            let body = json!({
                "account_id": demo::ACCOUNT.to_string(), "country": "BR", "amount": {"currency": "BRL", "value": 100},
                "checkout": {"session": subject["checkout_session"]}, "payment_method": {"token": token},
                "merchant_order_id": self.name(), "description": "Running shoes",
            });
            let payment = self.post("/v1/payments", body).await;
            subject.insert("payment_id", text(&payment["id"]));
            subject.insert("transaction_id", text(&payment["transactions"]["id"]));
        }
        subject.insert("token", token);
    }

    async fn add_customer_session(&mut self, subject: &mut Subject, kind: Kind) {
        let account = demo::ACCOUNT.to_string();
        let body = json!({
            "account_id": account, "country": "CO", "customer_id": subject["customer_id"],
            "callback_url": "https://example.com/back",
        });
        let session = text(&self.post("/v1/customers/sessions", body).await["customer_session"]);
        if kind != CustomerSession {
            let method = if kind == EnrolledOnPage { "NEQUI" } else { "CARD" };
            let body = json!({"account_id": account, "country": "CO", "payment_method_type": method});
            let path = format!("/v1/customers/sessions/{session}/payment-methods");
            let enrolling = self.post(path, body).await;
            subject.insert("payment_method_id", text(&enrolling["id"]));
            subject.insert("page", page_of(&enrolling).unwrap_or_default());
        }
        subject.insert("customer_session", session);
        subject.insert("country", "CO".into());
    }

    async fn add_enrolled(&mut self, subject: &mut Subject) {
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "country": "BR", "type": "CARD",
            "card_data": card_data("4507990000000002"),
        });
        let path = format!("/v1/customers/{}/payment-methods", subject["customer_id"]);
        let method = self.post(path, body).await;
        subject.insert("payment_method_id", text(&method["id"]));
        subject.insert("vaulted_token", text(&method["vaulted_token"]));
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_order_id": self.name(), "country": "BR",
            "payment_description": "Running shoes", "amount": {"currency": "BRL", "value": 100},
            "customer_id": subject["customer_id"],
        });
        let session = text(&self.post("/v1/checkout/sessions", body).await["checkout_session"]);
        subject.insert("session", session.clone());
        subject.insert("checkout_session", session);
    }

    async fn add_connection(&mut self, subject: &mut Subject) {
        let name = self.name();
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "merchant_connection_id": name, "flow_type": "PAYIN",
            "provider_id": "YUNO_TEST_PAYMENT_GW", "payment_methods": ["CARD"], "params": [],
        });
        subject.insert("connection_id", text(&self.post("/v1/connections", body).await["connection_id"]));
        subject.insert("provider_id", "YUNO_TEST_PAYMENT_GW".into());
    }

    /// The default, and what others there are: an account can have only so many.
    /// One that is archived would let nothing through.
    async fn add_shaped(&mut self, subject: &mut Subject) {
        let list = self.call(Method::GET, "/v1/checkouts?size=4&status=PUBLISHED,NOT_PUBLISHED".to_owned(), None).await;
        let checkouts = list["data"].as_array().map_or(&[][..], Vec::as_slice);
        self.names += 1;
        let checkout = &checkouts[usize::try_from(self.names).unwrap_or(0) % checkouts.len()];
        subject.insert("checkout_code", text(&checkout["id"]));
        subject.insert("checkout_id", text(&checkout["id"]));
        subject.insert("payment_method_type", "CARD".into());
        subject.insert("country", "BR".into());
    }

    async fn add_plan(&mut self, subject: &mut Subject) {
        let body = json!({
            "account_id": [demo::ACCOUNT.to_string()], "name": self.name(), "merchant_reference": "plan",
            "installments_plan": [{"installment": 1}, {"installment": 3, "rate": 1.2}],
        });
        let plan = text(&self.post("/v1/installments-plans", body).await["id"]);
        subject.insert("installment_code", plan.clone());
        subject.insert("plan_id", plan);
    }

    async fn add_webhook(&mut self, subject: &mut Subject, kind: Kind) {
        let name = self.name();
        let body = json!({
            "account_id": demo::ACCOUNT.to_string(), "url": format!("http://127.0.0.1:1/{name}"), "name": name,
            "payment_triggers": ["PURCHASE"],
        });
        let webhook = text(&self.post("/v1/webhooks", body).await["id"]);
        if kind == Delivery {
            self.make_payment(Purchased).await;
            // Nothing is delivered here: the list of events makes the deliveries, which wait.
            self.call(Method::GET, "/v1/events".into(), None).await;
            let path = format!("/v1/webhooks/{webhook}/deliveries");
            let deliveries = self.call(Method::GET, path, None).await;
            subject.insert("delivery_id", text(&deliveries[0]["id"]));
            subject.insert("before", text(&deliveries[0]["id"]));
        }
        subject.insert("webhook_id", webhook);
    }
}

fn with_keys(method: &Method, path: &str, body: Body) -> Request<Body> {
    with_keys_of(&Subject::new(), method, path, body)
}

/// With the keys of the organization that a subject is in: the demo's, unless it has some.
fn with_keys_of(subject: &Subject, method: &Method, path: &str, body: Body) -> Request<Body> {
    let key = |name, of_demo| subject.get(name).map_or(of_demo, String::as_str);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("public-api-key", key("public-api-key", demo::PUBLIC_API_KEY))
        .header("private-secret-key", key("private-secret-key", demo::PRIVATE_SECRET_KEY))
        .header("x-account-code", key("account_id", &demo::ACCOUNT.to_string()))
        .header("content-type", "application/json");
    request.body(body).expect("a request")
}

/// An organization that was made for a test.
fn organization(made: &Value) -> Subject {
    Subject::from([
        ("organization_id", text(&made["organization_id"])),
        ("account_id", text(&made["account_id"])),
        ("public-api-key", text(&made["public_api_key"])),
        ("private-secret-key", text(&made["private_secret_key"])),
    ])
}

fn card_data(number: &str) -> Value {
    json!({
        "number": number, "expiration_month": 11, "expiration_year": 28, "security_code": "123",
        "holder_name": "Ana Souza",
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The path of the simulated provider's page that is somewhere in an answer.
fn page_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.find("/simulator/").map(|at| text[at..].to_owned()),
        Value::Array(items) => items.iter().find_map(page_of),
        Value::Object(object) => object.values().find_map(page_of),
        _ => None,
    }
}
