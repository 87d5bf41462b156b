//! `/console/checkouts`: the account's checkouts, and one more of them.

mod edit;
mod looks;
mod methods;
mod preview;

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::draw::{self, badge, moment, text};
use super::frame;
use super::sign_in::{Operator, Sent};
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CheckoutId;
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// Where it is.
const SECTION: &str = "/console/checkouts";

/// What it is about.
const WHAT: &str = "checkout";

/// How many are on a page.
const PAGE: usize = 50;

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(list).post(create))
        .route("/console/checkouts/{checkout_id}", get(edit::show))
        .route("/console/checkouts/{checkout_id}/methods", post(edit::save_methods))
        .route("/console/checkouts/{checkout_id}/looks", post(edit::save_looks))
        .route("/console/checkouts/{checkout_id}/status", post(set_status))
}

/// What the API calls a checkout, by the id in a path; `None` for what can be no id.
fn path(id: &str) -> Option<String> {
    CheckoutId::parse(id).ok().map(|id| format!("/v1/checkouts/{id}"))
}

async fn list(State(app): State<AppState>, operator: Operator, parts: Parts) -> Response {
    let query = Form::of_query(&parts.uri);
    draw(&app, &operator, StatusCode::OK, None, &query).await
}

async fn create(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let body = json!({"name": form.text("name"), "description": form.text("description")});
    match operator.call::<Value>(Method::POST, "/v1/checkouts", Some(&body)).await {
        Ok(made) => Redirect::to(&format!("{SECTION}/{}", text(&made["id"]))).into_response(),
        Err(refusal) => draw(&app, &operator, refusal.status, Some(&refusal), &form).await,
    }
}

/// Publishes a checkout, takes that back, puts it away, or makes it the default.
async fn set_status(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    let body = match form.ticked("is_default") {
        true => json!({"is_default": true}),
        false => json!({"status": form.text("status")}),
    };
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
    let page = form.text("page").parse::<u32>().unwrap_or(1).clamp(1, 1_000);
    let listed = match operator.get::<Value>(&format!("/v1/checkouts?page={page}&size={PAGE}")).await {
        Ok(listed) => listed,
        Err(refusal) => return frame::section_cannot_be_shown(app, operator, SECTION, &refusal),
    };
    let checkouts = listed["data"].as_array().map_or(&[][..], Vec::as_slice);
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        p.hint {
            "A checkout says which methods its sessions show, in which order, and how they look. The default shapes the "
            "sessions that name none."
        }
        (table(operator, checkouts))
        p.actions {
            @if page > 1 { a href={ (SECTION) "?page=" (page - 1) } { "Newer" } }
            @if checkouts.len() == PAGE { a href={ (SECTION) "?page=" (page + 1) } { "Older" } }
        }
        h2 { "Create a checkout" }
        form.panel method="post" action=(SECTION) {
            (operator.proof())
            label for="name" { "Name" }
            input #name name="name" required maxlength="255" autocomplete="off" value=(form.text("name"));
            label for="description" { "Description" }
            input #description name="description" maxlength="1024" autocomplete="off" value=(form.text("description"));
            p.hint { "It is a copy of the default, and published at once." }
            button.primary { "Create the checkout" }
        }
    };
    Page { status, ..frame::page(app, operator, SECTION, "Checkouts", &inside) }.into_response()
}

fn table(operator: &Operator, checkouts: &[Value]) -> Markup {
    let rows = html! {
        @for checkout in checkouts {
            @let text = |field: &str| text(&checkout[field]);
            tr {
                th scope="row" {
                    a href={ (SECTION) "/" (text("id")) } { (text("name")) }
                    @if !text("description").is_empty() { div.hint { (text("description")) } }
                }
                td { (state(checkout)) }
                td { (moment(&checkout["updated_at"])) }
                td { (buttons(operator, checkout)) }
            }
        }
    };
    draw::table("Checkouts", &["Name", "Status", "Changed", "Change"], &rows)
}

/// How a checkout stands.
fn state(checkout: &Value) -> Markup {
    html! {
        (badge(text(&checkout["status"])))
        @if checkout["is_default"] == true { " " span.badge.good { "default" } }
    }
}

/// What can be made of a checkout now.
fn buttons(operator: &Operator, checkout: &Value) -> Markup {
    let text = |field: &str| text(&checkout[field]);
    let is_default = checkout["is_default"] == true;
    let statuses: &[(&str, &str)] = match (text("status"), is_default) {
        (_, true) => &[],
        ("PUBLISHED", _) => &[("NOT_PUBLISHED", "Unpublish"), ("ARCHIVED", "Archive")],
        ("NOT_PUBLISHED", _) => &[("PUBLISHED", "Publish"), ("ARCHIVED", "Archive")],
        _ => &[("NOT_PUBLISHED", "Bring back")],
    };
    let (name, action) = (text("name"), format!("{SECTION}/{}/status", text("id")));
    html! {
        div.actions {
            @for (status, button) in statuses {
                form method="post" action=(action) {
                    (operator.proof())
                    input type="hidden" name="status" value=(status);
                    button aria-label={ (button) " " (name) } { (button) }
                }
            }
            @if !is_default {
                form method="post" action=(action) {
                    (operator.proof())
                    input type="hidden" name="is_default" value="true";
                    button aria-label={ "Make default: " (name) } { "Make default" }
                }
            }
        }
    }
}
