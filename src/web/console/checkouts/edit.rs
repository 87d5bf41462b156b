//! `/console/checkouts/{checkout_id}`: what a checkout makes of methods, how it looks, and what its sessions would offer.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use serde_json::{Value, json};

use super::preview::Preview;
use super::{SECTION, WHAT, looks, methods, path, state};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CheckoutId;
use crate::web::console::draw::text;
use crate::web::console::frame;
use crate::web::console::sign_in::{Operator, Sent};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// A form that was refused, and why.
pub(super) struct Wrong<'a> {
    pub(super) refusal: &'a Refusal,
    pub(super) form: &'a Form,
}

pub(super) async fn show(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    operator: Operator,
    parts: Parts,
) -> Result<Response, ApiError> {
    let query = Form::of_query(&parts.uri);
    draw(&app, &operator, &id, &query, None).await
}

pub(super) async fn save_methods(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    sent: Sent,
) -> Result<Response, ApiError> {
    let body = |checkout: &Value, form: &Form| {
        methods::changed(&checkout["config"]["payment_methods"], form)
            .map(|methods| json!({"config": {"payment_methods": methods}}))
    };
    save(&app, &id, sent, body).await
}

pub(super) async fn save_looks(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    sent: Sent,
) -> Result<Response, ApiError> {
    let body = |checkout: &Value, form: &Form| {
        looks::changed(&checkout["styling"], form).map(|styles| json!({"styling": {"styles": styles}}))
    };
    save(&app, &id, sent, body).await
}

/// Publishes what a form changes of a checkout; nothing, when that is nothing.
async fn save(
    app: &AppState,
    id: &str,
    Sent { operator, form }: Sent,
    body: impl FnOnce(&Value, &Form) -> Option<Value>,
) -> Result<Response, ApiError> {
    let Some(path) = path(id) else { return Ok(frame::missing(app, &operator, SECTION, WHAT)) };
    let saved = match operator.get::<Value>(&path).await {
        Ok(checkout) => match body(&checkout, &form) {
            Some(body) => operator.call::<Value>(Method::PUT, &path, Some(&body)).await,
            None => Ok(checkout),
        },
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(_) => Ok(Redirect::to(&format!("{SECTION}/{id}")).into_response()),
        Err(refusal) if refusal.is_missing() => Ok(frame::missing(app, &operator, SECTION, WHAT)),
        Err(refusal) => {
            let wrong = Wrong { refusal: &refusal, form: &form };
            draw(app, &operator, id, &Form::default(), Some(wrong)).await
        }
    }
}

async fn draw(
    app: &AppState,
    operator: &Operator,
    id: &str,
    query: &Form,
    wrong: Option<Wrong<'_>>,
) -> Result<Response, ApiError> {
    let missing = || Ok(frame::missing(app, operator, SECTION, WHAT));
    let (Some(path), Ok(checkout_id)) = (path(id), CheckoutId::parse(id)) else { return missing() };
    let checkout = match operator.get::<Value>(&path).await {
        Ok(checkout) => checkout,
        Err(refusal) => return Ok(frame::cannot_be_shown(app, operator, SECTION, WHAT, &refusal)),
    };
    let Some(preview) = Preview::of(app, operator, checkout_id, query).await? else { return missing() };
    let text = |field: &str| text(&checkout[field]);
    let typed = wrong.as_ref().map(|wrong| wrong.form);
    let inside = html! {
        @if let Some(wrong) = &wrong { (frame::refused(wrong.refusal)) }
        p {
            (state(&checkout)) " " (text("description"))
        }
        div.editor {
            div {
                h2 { "Payment methods" }
                (methods::form_of(operator, id, &checkout["config"]["payment_methods"], typed))
                h2 { "Looks" }
                (looks::form_of(operator, id, &checkout["styling"], typed))
            }
            section aria-labelledby="preview-heading" {
                h2 #preview-heading { "Preview" }
                (preview.drawn(id, query))
            }
        }
    };
    let title = format!("Checkout {}", text("name"));
    let page = frame::page(app, operator, SECTION, &title, &inside);
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.refusal.status);
    Ok(Page {
        status,
        style: looks::style(&checkout["styling"]),
        pictures: preview.pictures.into_iter().collect(),
        ..page
    }
    .into_response())
}
