//! `/console/requests`: the last requests of the organization with their answers, where test controls are on.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;

use super::draw::{moment, pretty, text};
use super::frame;
use super::sign_in::Operator;
use crate::state::AppState;
use crate::web::form::Form;

/// Where it is.
const SECTION: &str = "/console/requests";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route(SECTION, get(list))
}

/// The page in place of what is there only with test controls.
pub(super) fn no_test_controls() -> Response {
    let text = "This is there where the server runs with test controls.";
    frame::message(StatusCode::NOT_FOUND, "Test controls are off", text).into_response()
}

async fn list(State(app): State<AppState>, operator: Operator, parts: Parts) -> Response {
    if app.testing.is_none() {
        return no_test_controls();
    }
    let query = Form::of_query(&parts.uri);
    let (path, class) = (query.text("path"), query.text("status"));
    let requests = match operator.get::<Vec<Value>>("/v1/testing/log").await {
        Ok(requests) => named(requests),
        Err(refusal) => return frame::section_cannot_be_shown(&app, &operator, SECTION, &refusal),
    };
    let all = requests.len();
    let fits = |request: &Value| {
        request["path"].as_str().is_some_and(|text| text.contains(path))
            && (class.is_empty() || request["status"].to_string().chars().next() == class.chars().next())
    };
    let shown: Vec<_> = requests.iter().rev().filter(|(_, request)| fits(request)).collect();
    let inside = html! {
        p.hint { "The last 100 of the organization, newest first, without card data and secrets." }
        form.row method="get" action=(SECTION) {
            div { label for="path" { "Path has" } input #path name="path" value=(path) spellcheck="false"; }
            div {
                label for="status" { "Status" }
                select #status name="status" {
                    @for (value, name) in [("", "all"), ("2xx", "2xx"), ("3xx", "3xx"), ("4xx", "4xx"), ("5xx", "5xx")] {
                        option value=(value) selected[value == class] { (name) }
                    }
                }
            }
            button { "Show" }
        }
        section #requests data-live aria-label="Requests" {
            p { (shown.len()) " of " (all) }
            ol.log { @for (id, request) in shown { (drawn(id, request)) } }
        }
    };
    frame::page(&app, &operator, SECTION, "Requests", &inside).into_response()
}

/// The requests, each with an id that stays the same while newer ones come: the time at which it came, and how many came
/// at the same before it.
fn named(requests: Vec<Value>) -> Vec<(String, Value)> {
    let mut before: HashMap<String, usize> = HashMap::new();
    let named = requests.into_iter().map(|request| {
        let at: String = request["at"].as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        let count = before.entry(at.clone()).or_default();
        *count += 1;
        (format!("request-{at}-{count}"), request)
    });
    named.collect()
}

fn drawn(id: &str, request: &Value) -> Markup {
    let text = |field: &str| text(&request[field]);
    let status = request["status"].as_u64().unwrap_or_default();
    let class = match status {
        200..400 => "badge good",
        400..500 => "badge warn",
        _ => "badge bad",
    };
    let headers = request["headers"].as_object().into_iter().flatten();
    let headers: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default())).collect();
    let part = |name: &str, text: &str| {
        html! { @if !text.is_empty() { p.label { (name) } pre tabindex="0" aria-label=(name) { (text) } } }
    };
    html! {
        li {
            details id=(id) {
                summary {
                    span class=(class) { (status) }
                    " " strong { (text("method")) } " " code { (text("path")) }
                    span.hint { " " (moment(&request["at"])) " · " (request["milliseconds"]) " ms" }
                    @if let Some(fault) = request["fault"].as_str() { " " span.badge.warn { (fault) } }
                }
                p.hint { @if request["with_secret"] == true { "With the secret key." } @else { "With the public key alone." } }
                (part("Headers", &headers.join("\n")))
                (part("Body", &pretty(&request["body"])))
                (part("Answer", &pretty(&request["answer"])))
            }
        }
    }
}
