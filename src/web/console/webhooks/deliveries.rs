//! `/console/webhooks/{webhook_id}`: what a webhook is, and what came of telling it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::{SECTION, WHAT, asked, path, state_button};
use crate::input::{PathParameter, PathParameters};
use crate::state::AppState;
use crate::types::DeliveryId;
use crate::web::console::draw::{badge, json, moment, text};
use crate::web::console::frame;
use crate::web::console::sign_in::{Operator, Sent};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// How many are on a page.
const PAGE: usize = 25;

/// The bodies of events, by their places.
type Bodies = BTreeMap<i64, Value>;

pub(super) async fn show(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    operator: Operator,
    parts: Parts,
) -> Response {
    let query = Form::of_query(&parts.uri);
    draw(&app, &operator, &id, DeliveryId::parse(query.text("before")).ok(), None).await
}

pub(super) async fn resend(
    State(app): State<AppState>,
    PathParameters(webhook, delivery): PathParameters,
    Sent { operator, .. }: Sent,
) -> Response {
    let (Some(_), Ok(delivery)) = (path(&webhook), DeliveryId::parse(&delivery)) else {
        return frame::missing(&app, &operator, SECTION, WHAT);
    };
    let path = format!("/v1/webhooks/deliveries/{delivery}/resend");
    match operator.call::<Value>(Method::POST, &path, None).await {
        Ok(_) => Redirect::to(&format!("{SECTION}/{webhook}")).into_response(),
        Err(refusal) => draw(&app, &operator, &webhook, None, Some(&refusal)).await,
    }
}

async fn draw(
    app: &AppState,
    operator: &Operator,
    id: &str,
    before: Option<DeliveryId>,
    wrong: Option<&Refusal>,
) -> Response {
    let Some(path) = path(id) else { return frame::missing(app, operator, SECTION, WHAT) };
    let webhook = match operator.get::<Value>(&format!("{path}?account_id={}", operator.account)).await {
        Ok(webhook) => webhook,
        Err(refusal) => return frame::cannot_be_shown(app, operator, SECTION, WHAT, &refusal),
    };
    let page = before.map(|before| format!("&before={before}")).unwrap_or_default();
    let listed = operator.get::<Vec<Value>>(&format!("{path}/deliveries?limit={PAGE}{page}")).await;
    let told = match listed {
        Ok(deliveries) => bodies(operator, &deliveries).await.map(|bodies| (deliveries, bodies)),
        Err(refusal) => Err(refusal),
    };
    let (deliveries, bodies) = match told {
        Ok(told) => told,
        Err(refusal) => return frame::cannot_be_shown(app, operator, SECTION, WHAT, &refusal),
    };
    let shown_at = before.map(|before| format!("?before={before}")).unwrap_or_default();
    let older = deliveries.get(PAGE - 1).and_then(|last| last["id"].as_str());
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        (facts(&webhook))
        div.actions {
            (state_button(operator, &webhook))
            (frame::asks_first(operator, &format!("{SECTION}/{id}/delete"), "Delete it",
                "What was not delivered to it yet never is."))
        }
        section #deliveries data-live={ (SECTION) "/" (id) (shown_at) } aria-labelledby="deliveries-heading" {
            h2 #deliveries-heading { "Deliveries" }
            p.hint { "Of the last 30 days, newest first." }
            ol.log { @for delivery in &deliveries { (drawn(operator, id, delivery, &bodies)) } }
            @if deliveries.is_empty() { p { "There are none." } }
            @if let Some(older) = older { p { a href={ (SECTION) "/" (id) "?before=" (older) } { "Older" } } }
        }
    };
    let title = format!("Webhook {}", text(&webhook["name"]));
    let page = frame::page(app, operator, SECTION, &title, &inside);
    Page { status: wrong.map_or(StatusCode::OK, |refusal| refusal.status), ..page }.into_response()
}

/// The bodies of what is delivered. Places that are near to each other are read together.
async fn bodies(operator: &Operator, deliveries: &[Value]) -> Result<Bodies, Refusal> {
    let mut wanted: Vec<i64> = deliveries.iter().filter_map(|delivery| delivery["position"].as_i64()).collect();
    wanted.sort_unstable();
    let mut bodies = Bodies::new();
    let mut read_to = 0;
    for (place, first) in wanted.iter().enumerate() {
        if *first <= read_to {
            continue;
        }
        let near = wanted[place..].iter().take_while(|position| **position < first + 100).last().unwrap_or(first);
        let path = format!("/v1/events?after={}&limit={}", first - 1, near - first + 1);
        let page: Value = operator.get(&path).await?;
        for event in page["events"].as_array().into_iter().flatten() {
            bodies.insert(event["position"].as_i64().unwrap_or_default(), event["body"].clone());
        }
        read_to = *near;
    }
    Ok(bodies)
}

fn facts(webhook: &Value) -> Markup {
    let text = |field: &str| text(&webhook[field]);
    let secrets = super::SECRETS.iter().chain(&[("oauth2_client_secret", "Token")]);
    let set: Vec<_> = secrets.filter(|(field, _)| webhook[*field].is_string()).map(|(_, name)| *name).collect();
    html! {
        dl.facts {
            div { dt { "Address" } dd { code { (text("url")) } } }
            div { dt { "State" } dd { (badge(text("state"))) } }
            div { dt { "Asks for" } dd { (asked(webhook)) } }
            div { dt { "Secrets that are set" } dd { @if set.is_empty() { "none" } (set.join(", ")) } }
            div { dt { "Created" } dd { (moment(&webhook["created_at"])) } }
            div { dt { "Id" } dd { code { (text("id")) } } }
        }
    }
}

fn drawn(operator: &Operator, webhook: &str, delivery: &Value, bodies: &Bodies) -> Markup {
    let text = |field: &str| text(&delivery[field]);
    let body = delivery["position"].as_i64().and_then(|position| bodies.get(&position));
    let kind = body.and_then(|body| body["type_event"].as_str()).unwrap_or("An event that is not kept any more");
    let id = text("id");
    html! {
        li {
            p.title {
                (badge(text("status"))) " " strong { (kind) }
                span.hint { " event " (delivery["position"]) " · " (moment(&delivery["created_at"])) }
            }
            dl.facts {
                div { dt { "Tries" } dd { (delivery["tries"]) } }
                @if delivery["next_try_at"].is_string() {
                    div { dt { "Next try" } dd { (moment(&delivery["next_try_at"])) } }
                }
                @if delivery["answer_status"].is_number() {
                    div { dt { "Last answer" } dd { (delivery["answer_status"]) " " code { (text("answer_body")) } } }
                }
                @if !text("problem").is_empty() { div { dt { "Problem" } dd { (text("problem")) } } }
            }
            @if let Some(body) = body {
                details id={ "body-" (id) } {
                    summary { "Body" }
                    (json(body))
                }
            }
            form method="post" action={ (SECTION) "/" (webhook) "/deliveries/" (id) "/resend" } {
                (operator.proof())
                button { "Resend" }
            }
        }
    }
}
