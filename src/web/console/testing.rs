//! `/console/testing`: what a test decides for the organization: its time, how payments end, what goes wrong. Where test
//! controls are on.

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::moment;
use super::frame;
use super::requests::no_test_controls;
use super::sign_in::{Operator, Sent};
use crate::api::testing::OPERATIONS;
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{EnrollmentStatus, FaultId, OutcomeId, PaymentId, TransactionStatus, TransactionType};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// Where it is.
const SECTION: &str = "/console/testing";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(show))
        .route("/console/testing/clock/advance", post(advance))
        .route("/console/testing/clock/set", post(set))
        .route("/console/testing/outcomes", post(add_outcome))
        .route("/console/testing/outcomes/{outcome_id}/delete", post(delete_outcome))
        .route("/console/testing/faults", post(add_fault))
        .route("/console/testing/faults/{fault_id}/delete", post(delete_fault))
        .route("/console/testing/settle", post(settle))
}

async fn show(State(app): State<AppState>, operator: Operator, parts: Parts) -> Response {
    let query = Form::of_query(&parts.uri);
    draw(&app, &operator, None, &query).await
}

/// A number as the API takes it.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}

/// The fields of a form that have something in them, as the API takes them. What is no whole number is sent as it is: the
/// API says what is wrong with it.
fn body(form: &Form, texts: &[&str], numbers: &[&str]) -> Value {
    let sent = |field: &&&str| !form.text(field).is_empty();
    let texts = texts.iter().filter(sent).map(|field| ((*field).to_owned(), Value::from(form.text(field))));
    let numbers = numbers.iter().filter(sent).map(|field| ((*field).to_owned(), number(form.text(field))));
    texts.chain(numbers).collect::<Map<_, _>>().into()
}

async fn advance(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let body = body(&form, &[], &["days", "hours", "minutes", "seconds"]);
    let moved = operator.call(Method::POST, "/v1/testing/clock/advance", Some(&body)).await;
    moved_on(&app, &operator, moved, &form).await
}

async fn set(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let body = body(&form, &["now"], &[]);
    let moved = operator.call(Method::PUT, "/v1/testing/clock", Some(&body)).await;
    moved_on(&app, &operator, moved, &form).await
}

/// Leads to the page, which says what came due on the way.
async fn moved_on(app: &AppState, operator: &Operator, moved: Result<Value, Refusal>, form: &Form) -> Response {
    match moved {
        Ok(moved) => {
            let count = |field: &str| moved[field].as_u64().unwrap_or_default();
            let (payments, sessions) = (count("payments_ended"), count("expiries_told"));
            let query = format!("payments={payments}&sessions={sessions}&deliveries={}", count("deliveries_tried"));
            Redirect::to(&format!("{SECTION}?moved=on&{query}")).into_response()
        }
        Err(refusal) => draw(app, operator, Some(&refusal), form).await,
    }
}

async fn add_outcome(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let texts =
        ["merchant_order_id", "transaction_type", "response_code", "status", "three_d_secure", "enrollment_status"];
    let body = body(&form, &texts, &["times"]);
    let added = operator.call(Method::POST, "/v1/testing/outcomes", Some(&body)).await;
    done(&app, &operator, added, &form).await
}

async fn add_fault(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let numbers = [("times", "fault_times"), ("status", "fault_status")];
    let mut body = body(&form, &["operation"], &["retry_after", "delay_milliseconds"]);
    for (name, field) in numbers {
        if !form.text(field).is_empty() {
            body[name] = number(form.text(field));
        }
    }
    if form.ticked("cut_off") {
        body["cut_off"] = json!(true);
    }
    let added = operator.call(Method::POST, "/v1/testing/faults", Some(&body)).await;
    done(&app, &operator, added, &form).await
}

async fn delete_outcome(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let path = OutcomeId::parse(&id).map(|id| format!("/v1/testing/outcomes/{id}"));
    take_back(&app, &operator, path.ok(), &form).await
}

async fn delete_fault(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let path = FaultId::parse(&id).map(|id| format!("/v1/testing/faults/{id}"));
    take_back(&app, &operator, path.ok(), &form).await
}

async fn take_back(app: &AppState, operator: &Operator, path: Option<String>, form: &Form) -> Response {
    let gone = || {
        let text = "It was used as often as it stood for, or taken back.";
        frame::message(StatusCode::NOT_FOUND, "It is not there any more", text).into_response()
    };
    let Some(path) = path else { return gone() };
    match operator.call::<Value>(Method::DELETE, &path, None).await {
        Err(refusal) if refusal.is_missing() => gone(),
        taken => done(app, operator, taken, form).await,
    }
}

async fn settle(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let settled = match PaymentId::parse(form.text("payment_id")) {
        Ok(id) => {
            let path = format!("/v1/testing/payments/{id}/settle");
            operator.call(Method::POST, &path, Some(&json!({}))).await
        }
        Err(what) => {
            let messages = vec![format!("payment_id: {what}")];
            Err(Refusal::from(ApiError::InvalidParameters(messages)))
        }
    };
    done(&app, &operator, settled, &form).await
}

async fn done(app: &AppState, operator: &Operator, result: Result<Value, Refusal>, form: &Form) -> Response {
    match result {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) => draw(app, operator, Some(&refusal), form).await,
    }
}

async fn draw(app: &AppState, operator: &Operator, wrong: Option<&Refusal>, form: &Form) -> Response {
    if app.testing.is_none() {
        return no_test_controls();
    }
    let (clock, outcomes, faults) = tokio::join!(
        operator.get::<Value>("/v1/testing/clock"),
        operator.get::<Vec<Value>>("/v1/testing/outcomes"),
        operator.get::<Vec<Value>>("/v1/testing/faults"),
    );
    let (clock, outcomes, faults) = match (clock, outcomes, faults) {
        (Ok(clock), Ok(outcomes), Ok(faults)) => (clock, outcomes, faults),
        (Err(refusal), ..) | (_, Err(refusal), _) | (.., Err(refusal)) => {
            return frame::section_cannot_be_shown(app, operator, SECTION, &refusal);
        }
    };
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        @if wrong.is_none() && form.ticked("moved") { (came_due(form)) }
        h2 { "The organization's time" }
        p #clock data-live=(SECTION) {
            strong { (moment(&clock["now"])) }
            @let ahead = clock["ahead_seconds"].to_string();
            @if ahead.trim_end_matches(['0', '.']).is_empty() { ": the real time." }
            @else { ", " (ahead) " seconds ahead of the real time." }
        }
        (clock_forms(operator, clock["now"].as_str().unwrap_or_default(), form))
        h2 { "How the next payments or enrollments end" }
        (waiting(operator, "outcomes", &outcomes, outcome))
        (outcome_form(operator, form))
        h2 { "What goes wrong with the next calls" }
        (waiting(operator, "faults", &faults, fault))
        (fault_form(operator, form))
        h2 { "End a payment that waits" }
        (settle_form(operator, form))
    };
    let page = frame::page(app, operator, SECTION, "Testing", &inside);
    Page { status: wrong.map_or(StatusCode::OK, |refusal| refusal.status), ..page }.into_response()
}

fn came_due(query: &Form) -> Markup {
    let count = |field: &str| query.text(field).parse::<u64>().unwrap_or_default();
    html! {
        p.done role="status" {
            "The time has moved. On the way: payments that ran out: " (count("payments"))
            ", sessions whose expiry was told: " (count("sessions"))
            ", deliveries that were tried: " (count("deliveries")) "."
        }
    }
}

fn clock_forms(operator: &Operator, now: &str, form: &Form) -> Markup {
    let typed = form.text("now");
    html! {
        div.columns {
            form.panel method="post" action="/console/testing/clock/advance" {
                (operator.proof())
                h3 { "Advance it" }
                div.row {
                    @for (field, name) in [("days", "Days"), ("hours", "Hours"), ("minutes", "Minutes"), ("seconds", "Seconds")] {
                        div {
                            label for=(field) { (name) }
                            input id=(field) name=(field) type="number" min="0" step="1" value=(form.text(field));
                        }
                    }
                }
                button.primary { "Advance" }
            }
            form.panel method="post" action="/console/testing/clock/set" {
                (operator.proof())
                h3 { "Set it" }
                label for="now" { "To, in UTC and forwards only" }
                input #now name="now" required autocomplete="off" value=(if typed.is_empty() { now } else { typed });
                button.primary { "Set" }
            }
        }
    }
}

/// What was decided and waits, each with a button that takes it back.
fn waiting(operator: &Operator, kind: &str, all: &[Value], told: fn(&Value) -> String) -> Markup {
    html! {
        ul.log id=(kind) data-live {
            @if all.is_empty() { li { "Nothing was decided." } }
            @for one in all {
                @let id = one["id"].as_str().unwrap_or_default();
                li.side {
                    span { (told(one)) " " span.hint { "× " (one["times"]) } }
                    form method="post" action={ (SECTION) "/" (kind) "/" (id) "/delete" } {
                        (operator.proof())
                        button { "Take back" }
                    }
                }
            }
        }
    }
}

fn outcome(outcome: &Value) -> String {
    let text = |field: &str| outcome[field].as_str();
    let end = ["response_code", "three_d_secure", "enrollment_status"].into_iter().find_map(text).unwrap_or_default();
    let status = text("status").map(|status| format!("{status} ")).unwrap_or_default();
    let of = text("transaction_type").map(|of| format!("{of}: ")).unwrap_or_default();
    let order = text("merchant_order_id").map(|order| format!(" for order {order}")).unwrap_or_default();
    format!("{of}{status}{end}{order}")
}

fn fault(fault: &Value) -> String {
    let operation = fault["operation"].as_str().unwrap_or_default();
    match (fault["status"].as_u64(), fault["delay_milliseconds"].as_u64()) {
        (Some(status), _) => format!("{operation} is answered {status}"),
        (_, Some(delay)) => format!("{operation} is begun {delay} ms later"),
        _ => format!("{operation} is done, and cut off without an answer"),
    }
}

/// A field to choose one of some names, or none.
fn choice(field: &str, name: &str, names: &[&str], nothing: &str, form: &Form) -> Markup {
    html! {
        div {
            label for=(field) { (name) }
            select id=(field) name=(field) {
                option value="" { (nothing) }
                @for one in names { option value=(one) selected[*one == form.text(field)] { (one) } }
            }
        }
    }
}

fn typed(field: &str, name: &str, kind: &str, form: &Form) -> Markup {
    html! {
        div {
            label for=(field) { (name) }
            input id=(field) name=(field) type=(kind) autocomplete="off" spellcheck="false" value=(form.text(field));
        }
    }
}

fn outcome_form(operator: &Operator, form: &Form) -> Markup {
    html! {
        form.panel method="post" action="/console/testing/outcomes" {
            (operator.proof())
            h3 { "Decide one more" }
            p.hint { "One of response code, 3-D Secure and enrollment." }
            div.row {
                (typed("response_code", "Response code, such as INSUFFICIENT_FUNDS", "text", form))
                (choice("status", "Status, where the code has several", TransactionStatus::NAMES, "any", form))
                (choice("transaction_type", "Of transactions of the type", TransactionType::NAMES, "the first ones", form))
            }
            div.row {
                (typed("three_d_secure", "3-D Secure, such as BROWSER_CHALLENGE", "text", form))
                (choice("enrollment_status", "Enrollment", EnrollmentStatus::NAMES, "not of enrollments", form))
            }
            div.row {
                (typed("merchant_order_id", "For this order alone", "text", form))
                (typed("times", "How often (1)", "number", form))
            }
            button.primary { "Decide" }
        }
    }
}

fn fault_form(operator: &Operator, form: &Form) -> Markup {
    let operations: Vec<_> = OPERATIONS.iter().map(|(id, ..)| id.as_str()).collect();
    html! {
        form.panel method="post" action="/console/testing/faults" {
            (operator.proof())
            h3 { "Let calls go wrong" }
            p.hint { "One of status, delay and cutting off." }
            div.row {
                (choice("operation", "Operation", &operations, "Choose one", form))
                (choice("fault_status", "Answered with", &["408", "429", "500", "502", "503", "504"], "no status", form))
                (typed("retry_after", "Retry-After in seconds (429, 503)", "number", form))
            }
            div.row {
                (typed("delay_milliseconds", "Or begun later, in ms", "number", form))
                (typed("fault_times", "For how many calls (1)", "number", form))
            }
            label.check {
                input type="checkbox" name="cut_off" checked[form.ticked("cut_off")];
                " Or done, and cut off without an answer"
            }
            button.primary { "Let it go wrong" }
        }
    }
}

fn settle_form(operator: &Operator, form: &Form) -> Markup {
    html! {
        form.panel method="post" action="/console/testing/settle" {
            (operator.proof())
            label for="payment_id" { "Id of the payment" }
            input #payment_id name="payment_id" required autocomplete="off" value=(form.text("payment_id"));
            p.hint { "As its provider or its customer would: it succeeds." }
            button.primary { "End it" }
        }
    }
}
