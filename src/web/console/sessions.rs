//! `/console/sessions`: the checkout sessions of an account, and what happened to each.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::activity::Timeline;
use super::draw::{self, amount, badge, json, text, time, when};
use super::frame;
use super::list::{self, LOOKED_AT, PAGE, Query};
use super::sign_in::Operator;
use crate::api::checkout_sessions::{SessionStatus, hosted_address};
use crate::db::checkout_sessions::Row;
use crate::db::console::{self, Search};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{CheckoutSessionId, Timestamp, Workflow};

const SECTION: &str = "/console/sessions";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route(SECTION, get(show_list)).route("/console/sessions/{checkout_session}", get(show))
}

async fn show_list(State(app): State<AppState>, operator: Operator, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::of(&uri, &SessionStatus::ALL.map(SessionStatus::as_str));
    let organization = operator.organization();
    if let Ok(id) = CheckoutSessionId::parse(&query.search)
        && operator.get::<Value>(&format!("/v1/checkout/sessions/{id}")).await.is_ok()
    {
        return Ok(Redirect::to(&format!("{SECTION}/{id}")).into_response());
    }
    let before = CheckoutSessionId::parse(&query.before).ok();
    let search =
        Search { order: query.searched(), customer: Uuid::try_parse(&query.search).ok(), status: query.status };
    let now = app.clock.now(organization);
    let connection = &mut *app.db.acquire().await?;
    let mut rows = console::list_checkout_sessions(
        connection,
        organization,
        operator.account,
        before,
        &search,
        now,
        LOOKED_AT,
        list::one_more(),
    )
    .await?;
    let older = match rows.len() > PAGE {
        true => {
            rows.truncate(PAGE);
            rows.last().map(|row| row.checkout_session_id)
        }
        false => console::checkout_session_after(connection, organization, before, LOOKED_AT - 1).await?,
    };
    let page = html! {
        (list::search_form(SECTION, &query, "Session, order or customer", &SessionStatus::ALL.map(SessionStatus::as_str)))
        div #sessions data-live {
            @if rows.is_empty() { p { (list::nothing("sessions", &query, older.is_some())) } }
            @else { (table(&rows, now)) }
            (list::pages(SECTION, &query, older.map(|id| id.to_string()).as_deref()))
        }
    };
    Ok(frame::page(&app, &operator, SECTION, "Sessions", &page).into_response())
}

fn table(rows: &[Row], now: Timestamp) -> Markup {
    let columns = ["Order", "Status", "Amount", "Country", "Workflow", "Created", "Session"];
    let rows = html! {
        @for row in rows {
            tr {
                th scope="row" { a href={ (SECTION) "/" (row.checkout_session_id) } { (row.merchant_order_id) } }
                td { (badge(row.status(now).as_str())) }
                td.number { (row.currency.as_str()) " " (row.amount) }
                td { (row.country.as_str()) }
                td { (row.workflow.as_str()) }
                td { (when(row.created_at)) }
                td { code { (row.checkout_session_id) } }
            }
        }
    };
    draw::table("Sessions, newest first", &columns, &rows)
}

async fn show(
    State(app): State<AppState>,
    operator: Operator,
    PathParameter(id): PathParameter,
) -> Result<Response, ApiError> {
    let Ok(id) = CheckoutSessionId::parse(&id) else { return Ok(frame::missing(&app, &operator, SECTION, "session")) };
    let session: Value = match operator.get(&format!("/v1/checkout/sessions/{id}")).await {
        Ok(session) => session,
        Err(refusal) => return Ok(frame::cannot_be_shown(&app, &operator, SECTION, "session", &refusal)),
    };
    let paid: Option<Value> = operator.get(&format!("/v1/checkout/sessions/{id}/payment")).await.ok();
    let payment: Option<Value> = match paid.as_ref().map(|paid| text(&paid["id"])) {
        Some(payment) => operator.get(&format!("/v1/payments/{payment}")).await.ok(),
        None => None,
    };
    let mut timeline = Timeline::default();
    timeline.add_session(&app, &operator, &session).await?;
    if let Some(payment) = &payment {
        timeline.add_payment(payment);
    }
    let timeline = timeline.draw(&app, &operator).await?;
    let hosted = hosted_address(&app, id, &operator.key.public_api_key);
    let page = html! {
        div #facts data-live { (facts(&session, payment.as_ref(), &hosted)) }
        h2 { "Timeline" }
        div #timeline data-live { (timeline) }
        h2 { "As the API answers it" }
        details { summary { "Session" } (json(&session)) }
    };
    let title = format!("Session {}", text(&session["merchant_order_id"]));
    Ok(frame::page(&app, &operator, SECTION, &title, &page).into_response())
}

fn facts(session: &Value, payment: Option<&Value>, hosted: &str) -> Markup {
    let is_hosted = text(&session["workflow"]) == Workflow::Checkout.as_str();
    html! {
        dl.facts {
            div { dt { "Session" } dd { code { (text(&session["id"])) } } }
            div { dt { "Status" } dd { (badge(text(&session["status"]))) } }
            div { dt { "Amount" } dd { (amount(&session["amount"])) } }
            div { dt { "Country" } dd { (text(&session["country"])) } }
            div { dt { "Description" } dd { (text(&session["payment_description"])) } }
            div { dt { "Workflow" } dd { (text(&session["workflow"])) } }
            @if let Some(customer) = session["customer_id"].as_str() { div { dt { "Customer" } dd { code { (customer) } } } }
            @if let Some(created) = time(&session["created_at"]) { div { dt { "Created" } dd { (when(created)) } } }
            @if let Some(expires) = time(&session["expires_at"]) { div { dt { "Expires" } dd { (when(expires)) } } }
            @if let Some(payment) = payment {
                @let id = text(&payment["id"]);
                div {
                    dt { "Payment" }
                    dd {
                        a href={ "/console/payments/" (id) } { code { (id) } } " "
                        (badge(text(&payment["status"]))) " " code { (text(&payment["sub_status"])) }
                    }
                }
            }
        }
        p {
            a href=(hosted) { "Open its hosted checkout" }
            @if !is_hosted { span.hint { " Its workflow is not CHECKOUT: it is not paid there." } }
        }
    }
}
