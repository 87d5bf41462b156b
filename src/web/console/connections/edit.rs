//! `/console/connections/{connection_id}`: what one connection is used for, and the end of it.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{SECTION, WHAT, boxes, codes, joined, narrowing, path, status_button};
use crate::catalog::CATALOG;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::web::console::draw::{badge, moment, text};
use crate::web::console::frame;
use crate::web::console::sign_in::{Operator, Sent};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

pub(super) async fn show(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    operator: Operator,
) -> Response {
    draw(&app, &operator, &id, None).await
}

pub(super) async fn change(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    let body = json!({
        "payment_methods": form.all("payment_methods").collect::<Vec<_>>(),
        "countries": codes(form.text("countries")),
        "currencies": codes(form.text("currencies")),
    });
    match operator.call::<Value>(Method::PATCH, &path, Some(&body)).await {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) => draw(&app, &operator, &id, Some((&refusal, &form))).await,
    }
}

pub(super) async fn delete(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    match operator.call::<Value>(Method::DELETE, &path, None).await {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) => draw(&app, &operator, &id, Some((&refusal, &form))).await,
    }
}

async fn draw(app: &AppState, operator: &Operator, id: &str, wrong: Option<(&Refusal, &Form)>) -> Response {
    let Some(path) = path(id) else { return frame::missing(app, operator, SECTION, WHAT) };
    let connection = match operator.get::<Value>(&path).await {
        Ok(connection) => connection,
        Err(refusal) => return frame::cannot_be_shown(app, operator, SECTION, WHAT, &refusal),
    };
    let text = |field: &str| text(&connection[field]);
    let inside = html! {
        @if let Some((refusal, _)) = wrong { (frame::refused(refusal)) }
        dl.facts {
            div { dt { "Provider" } dd { (text("provider_id")) } }
            div { dt { "Status" } dd { (badge(text("status"))) } }
            div { dt { "Parameters" } dd { (params(&connection["params"])) } }
            div { dt { "Created" } dd { (moment(&connection["created_at"])) } }
            div { dt { "Changed" } dd { (moment(&connection["updated_at"])) } }
            div { dt { "Id" } dd { code { (text("connection_id")) } } }
        }
        div.actions {
            (status_button(operator, &connection))
            (frame::asks_first(operator, &format!("{SECTION}/{id}/delete"), "Delete it",
                "It is out of every session at once, and cannot be brought back."))
        }
        h2 { "What it is used for" }
        (form_of(operator, id, &connection, wrong.map(|(_, form)| form)))
    };
    let title = format!("Connection {}", text("merchant_connection_id"));
    let page = frame::page(app, operator, SECTION, &title, &inside);
    Page { status: wrong.map_or(StatusCode::OK, |(refusal, _)| refusal.status), ..page }.into_response()
}

/// Which parameters were given; never a value that may be a secret.
fn params(params: &Value) -> Markup {
    let params = params.as_array().map_or(&[][..], Vec::as_slice);
    html! {
        @if params.is_empty() { "none" }
        @for param in params {
            code { (text(&param["param_id"])) " is set" } " "
        }
    }
}

fn form_of(operator: &Operator, id: &str, connection: &Value, typed: Option<&Form>) -> Markup {
    let offered = CATALOG.offered_by(connection["provider_id"].as_str().unwrap_or_default()).unwrap_or_default();
    // What was typed is kept, if it was this form that was refused.
    let typed = typed.filter(|form| form.ticked("countries"));
    let enabled: Vec<&str> = match typed {
        Some(form) => form.all("payment_methods").collect(),
        None => connection["payment_methods"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let narrowed = |field: &str| typed.map_or_else(|| joined(&connection[field]), |form| form.text(field).to_owned());
    html! {
        form.panel method="post" action={ (SECTION) "/" (id) } {
            (operator.proof())
            (boxes(offered, |method| enabled.contains(&method)))
            (narrowing(&narrowed("countries"), &narrowed("currencies")))
            button.primary { "Save" }
        }
    }
}
