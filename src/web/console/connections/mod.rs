//! `/console/connections`: which providers the account uses, and one more of them.

mod edit;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::draw::{self, badge, text};
use super::frame;
use super::sign_in::{Operator, Sent};
use crate::catalog::CATALOG;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::ConnectionId;
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// Where it is.
const SECTION: &str = "/console/connections";

/// What it is about.
const WHAT: &str = "connection";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(list).post(create))
        .route("/console/connections/{connection_id}", get(edit::show).post(edit::change))
        .route("/console/connections/{connection_id}/status", post(set_status))
        .route("/console/connections/{connection_id}/delete", post(edit::delete))
}

/// What the API calls a connection, by the id in a path; `None` for what can be no id.
fn path(id: &str) -> Option<String> {
    ConnectionId::parse(id).ok().map(|id| format!("/v1/connections/{id}"))
}

/// The codes in a text, with commas or spaces between them.
fn codes(text: &str) -> Vec<String> {
    let codes = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|code| !code.is_empty());
    codes.map(str::to_uppercase).collect()
}

/// A list of codes as it is read and typed; empty when it is not narrowed.
fn joined(list: &Value) -> String {
    let codes: Vec<_> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    codes.join(", ")
}

async fn list(State(app): State<AppState>, operator: Operator, parts: Parts) -> Response {
    let query = Form::of_query(&parts.uri);
    draw(&app, &operator, StatusCode::OK, None, &query).await
}

async fn create(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let provider = form.text("provider_id");
    let params = CATALOG.params_of(provider).filter_map(|param| {
        let text = form.text(&field_of(&param.param_id));
        let value = match param.field_type.as_str() {
            "string" => Value::from(text),
            "array" => Value::from(text.split(',').map(str::trim).collect::<Vec<_>>()),
            _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        (!text.is_empty()).then(|| json!({"param_id": param.param_id, "value": value}))
    });
    let body = json!({
        "account_id": operator.account,
        "merchant_connection_id": form.text("merchant_connection_id"),
        "provider_id": provider,
        "flow_type": "PAYIN",
        "payment_methods": form.all("payment_methods").collect::<Vec<_>>(),
        "params": params.collect::<Vec<_>>(),
        "countries": codes(form.text("countries")),
        "currencies": codes(form.text("currencies")),
    });
    match operator.call::<Value>(Method::POST, "/v1/connections", Some(&body)).await {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) => draw(&app, &operator, refusal.status, Some(&refusal), &form).await,
    }
}

/// Pauses a connection, or brings it back.
async fn set_status(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    let body = json!({"status": form.text("status")});
    match operator.call::<Value>(Method::PATCH, &path, Some(&body)).await {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) if refusal.is_missing() => frame::missing(&app, &operator, SECTION, WHAT),
        Err(refusal) => draw(&app, &operator, refusal.status, Some(&refusal), &Form::default()).await,
    }
}

async fn draw(
    app: &AppState,
    operator: &Operator,
    status: StatusCode,
    wrong: Option<&Refusal>,
    form: &Form,
) -> Response {
    let listed = operator.get::<Vec<Value>>(&format!("/v1/connections?account_id={}", operator.account)).await;
    let connections = match listed {
        Ok(connections) => connections,
        Err(refusal) => return frame::section_cannot_be_shown(app, operator, SECTION, &refusal),
    };
    let chosen = form.text("provider_id");
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        p.hint { "Through these providers the account takes payments." }
        (table(operator, &connections))
        h2 #add { "Add a connection" }
        form.row method="get" action="/console/connections#add" {
            div {
                label for="provider_id" { "Provider" }
                select #provider_id name="provider_id" required {
                    option value="" { "Choose one" }
                    @for provider in providers() { option value=(provider) selected[provider == chosen] { (provider) } }
                }
            }
            button { "Choose its methods" }
        }
        @if let Some(offered) = CATALOG.offered_by(chosen) { (form_of(operator, chosen, offered, form)) }
    };
    Page { status, ..frame::page(app, operator, SECTION, "Connections", &inside) }.into_response()
}

fn providers() -> BTreeSet<&'static str> {
    CATALOG.methods().flat_map(|method| CATALOG.providers_of(&method.r#type)).collect()
}

fn table(operator: &Operator, connections: &[Value]) -> Markup {
    let or_all = |list: &Value| match list.as_array() {
        Some(_) => joined(list),
        None => "all".to_owned(),
    };
    let columns = ["Name", "Provider", "Status", "Methods", "Countries", "Currencies", "Change"];
    let rows = html! {
        @for connection in connections {
            @let text = |field: &str| text(&connection[field]);
            tr {
                th scope="row" {
                    a href={ (SECTION) "/" (text("connection_id")) } { (text("merchant_connection_id")) }
                }
                td { (text("provider_id")) }
                td { (badge(text("status"))) }
                td.wide { (joined(&connection["payment_methods"])) }
                td { (or_all(&connection["countries"])) }
                td { (or_all(&connection["currencies"])) }
                td { (status_button(operator, connection)) }
            }
        }
        @if connections.is_empty() { tr { td colspan="7" { "There is none yet: no session offers anything." } } }
    };
    draw::table("Connections", &columns, &rows)
}

fn status_button(operator: &Operator, connection: &Value) -> Markup {
    let text = |field: &str| text(&connection[field]);
    let (other, button) = if text("status") == "ACTIVE" { ("PAUSED", "Pause") } else { ("ACTIVE", "Activate") };
    html! {
        form method="post" action={ (SECTION) "/" (text("connection_id")) "/status" } {
            (operator.proof())
            input type="hidden" name="status" value=(other);
            button aria-label={ (button) " " (text("merchant_connection_id")) } { (button) }
        }
    }
}

fn form_of(operator: &Operator, provider: &str, offered: &[String], form: &Form) -> Markup {
    let ticked: Vec<_> = form.all("payment_methods").collect();
    html! {
        form.panel method="post" action=(SECTION) {
            (operator.proof())
            input type="hidden" name="provider_id" value=(provider);
            h3 { "To " (provider) }
            label for="merchant_connection_id" { "Your name of it" }
            input #merchant_connection_id name="merchant_connection_id" required maxlength="255"
                value=(form.text("merchant_connection_id")) autocomplete="off";
            (boxes(offered, |method| ticked.contains(&method) || offered.len() == 1))
            @for param in CATALOG.params_of(provider) {
                @let field = field_of(&param.param_id);
                label for=(field) { (param.description) " (" code { (param.param_id) } ")" }
                @if param.secret {
                    input id=(field) name=(field) type="password" autocomplete="off" required[!param.optional];
                } @else {
                    input id=(field) name=(field) autocomplete="off" required[!param.optional] value=(form.text(&field));
                }
            }
            (narrowing(form.text("countries"), form.text("currencies")))
            p.hint { "Nothing here calls a provider: what is secret must be there, and is not kept." }
            button.primary { "Add the connection" }
        }
    }
}

/// The field of something that a provider needs to know.
fn field_of(param: &str) -> String {
    format!("param-{param}")
}

/// A box for each method that the provider offers.
fn boxes(offered: &[String], is_ticked: impl Fn(&str) -> bool) -> Markup {
    html! {
        fieldset {
            legend { "Payment methods" }
            div.boxes {
                @for method in offered {
                    label.check {
                        input type="checkbox" name="payment_methods" value=(method) checked[is_ticked(method)];
                        " " (method)
                    }
                }
            }
        }
    }
}

/// Fields for what a connection is narrowed to.
fn narrowing(countries: &str, currencies: &str) -> Markup {
    html! {
        label for="countries" { "Only in these countries" }
        input #countries name="countries" value=(countries) spellcheck="false" autocomplete="off"
            aria-describedby="countries-hint";
        p.hint #countries-hint { "Codes such as BR, MX; empty for everywhere that the methods are served." }
        label for="currencies" { "Only in these currencies" }
        input #currencies name="currencies" value=(currencies) spellcheck="false" autocomplete="off"
            aria-describedby="currencies-hint";
        p.hint #currencies-hint { "Codes such as BRL, USD; empty for all." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_commas_or_spaces_between_them() {
        assert_eq!(codes(" br, MX;"), ["BR", "MX;"]);
        assert_eq!(codes("brl usd,,\tcop"), ["BRL", "USD", "COP"]);
        assert_eq!(codes(" , "), Vec::<String>::new());
    }
}
