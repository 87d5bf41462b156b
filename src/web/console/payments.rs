//! `/console/payments`: the payments of an account, what happened to each, and what can be done with it.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::Timeline;
use super::draw::{self, amount, badge, number, text, time, when};
use super::frame;
use super::list::{self, LOOKED_AT, PAGE, Query};
use super::sign_in::{Operator, Sent};
use crate::db::console::{self, Search};
use crate::db::payments::{self, Row};
use crate::error::ApiError;
use crate::input::{PathParameter, PathParameters};
use crate::state::AppState;
use crate::types::{PaymentId, PaymentStatus, TransactionId};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

const SECTION: &str = "/console/payments";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(show_list))
        .route("/console/payments/{payment}", get(show))
        .route("/console/payments/{payment}/{operation}", post(operate))
}

async fn show_list(State(app): State<AppState>, operator: Operator, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::of(&uri, PaymentStatus::NAMES);
    let organization = operator.organization();
    if let Ok(id) = PaymentId::parse(&query.search) {
        for path in [format!("/v1/payments/{id}"), format!("/v1/checkout/sessions/{id}/payment")] {
            if let Ok(payment) = operator.get::<Value>(&path).await {
                return Ok(Redirect::to(&format!("{SECTION}/{}", text(&payment["id"]))).into_response());
            }
        }
    }
    let before = PaymentId::parse(&query.before).ok();
    let search =
        Search { order: query.searched(), customer: Uuid::try_parse(&query.search).ok(), status: query.status };
    let connection = &mut *app.db.acquire().await?;
    let limit = list::one_more();
    let mut rows =
        console::list_payments(connection, organization, operator.account, before, &search, LOOKED_AT, limit).await?;
    let older = match rows.len() > PAGE {
        true => {
            rows.truncate(PAGE);
            rows.last().map(|row| row.payment_id)
        }
        false => console::payment_after(connection, organization, before, LOOKED_AT - 1).await?,
    };
    // However long ago they were made, those of an order are found.
    if let (Some(order), None) = (query.searched(), before) {
        let of_order = payments::list_by_order(connection, organization, order, limit).await?;
        let known = rows.iter().map(|row| row.payment_id).collect::<Vec<_>>();
        let fits = |row: &Row| {
            row.account_id == operator.account && query.status.is_none_or(|status| row.status.as_str() == status)
        };
        rows.extend(of_order.into_iter().filter(|row| fits(row) && !known.contains(&row.payment_id)));
        rows.truncate(PAGE);
    }
    let page = html! {
        (list::search_form(SECTION, &query, "Payment, session, order or customer", PaymentStatus::NAMES))
        div #payments data-live {
            @if rows.is_empty() { p { (list::nothing("payments", &query, older.is_some())) } }
            @else { (table(&rows)) }
            (list::pages(SECTION, &query, older.map(|id| id.to_string()).as_deref()))
        }
    };
    Ok(frame::page(&app, &operator, SECTION, "Payments", &page).into_response())
}

fn table(rows: &[Row]) -> Markup {
    let columns = ["Order", "Status", "Amount", "Method", "Country", "Made", "Payment"];
    let rows = html! {
        @for row in rows {
            tr {
                th scope="row" { a href={ (SECTION) "/" (row.payment_id) } { (row.merchant_order_id) } }
                td { (badge(row.status.as_str())) " " code { (row.sub_status.as_str()) } }
                td.number { (row.currency.as_str()) " " (row.amount) }
                td { (row.payment_method_type) }
                td { (row.country.as_str()) }
                td { (when(row.created_at)) }
                td { code { (row.payment_id) } }
            }
        }
    };
    draw::table("Payments, newest first", &columns, &rows)
}

async fn show(
    State(app): State<AppState>,
    operator: Operator,
    PathParameter(id): PathParameter,
    uri: Uri,
) -> Result<Response, ApiError> {
    draw(&app, &operator, &id, Form::of_query(&uri).text("failed"), None).await
}

/// What was tried, and why it was not done.
struct Tried<'a> {
    operation: &'a str,
    transaction: &'a str,
    amount: &'a str,
    refusal: &'a Refusal,
}

/// The page of a payment; `failed` is a transaction that was just asked for and did not succeed, if one was.
async fn draw(
    app: &AppState,
    operator: &Operator,
    id: &str,
    failed: &str,
    tried: Option<Tried<'_>>,
) -> Result<Response, ApiError> {
    let Ok(id) = PaymentId::parse(id) else { return Ok(frame::missing(app, operator, SECTION, "payment")) };
    let payment: Value = match operator.get(&format!("/v1/payments/{id}")).await {
        Ok(payment) => payment,
        Err(refusal) => return Ok(frame::cannot_be_shown(app, operator, SECTION, "payment", &refusal)),
    };
    let session = text(&payment["checkout"]["session"]);
    let mut timeline = Timeline::default();
    if !session.is_empty()
        && let Ok(session) = operator.get::<Value>(&format!("/v1/checkout/sessions/{session}")).await
    {
        timeline.add_session(app, operator, &session).await?;
    }
    timeline.add_payment(&payment);
    let timeline = timeline.draw(app, operator).await?;
    let address = format!("{SECTION}/{id}");
    let page = html! {
        @if let Some(tried) = &tried { (frame::refused(tried.refusal)) }
        @for transaction in transactions(&payment).filter(|one| text(&one["id"]) == failed && is_failed(one)) {
            (not_done(transaction))
        }
        div #facts data-live=(address) { (facts(&payment)) }
        div #operations data-live { (operations(operator, &payment, tried.as_ref())) }
        h2 { "Timeline" }
        div #timeline data-live { (timeline) }
        h2 { "As the API answers it" }
        details { summary { "Payment" } (draw::json(&payment)) }
    };
    let title = format!("Payment {}", text(&payment["merchant_order_id"]));
    let page = frame::page(app, operator, SECTION, &title, &page);
    let status = tried.map_or(page.status, |tried| tried.refusal.status);
    Ok(Page { status, ..page }.into_response())
}

fn facts(payment: &Value) -> Markup {
    let money = &payment["amount"];
    let currency = text(&money["currency"]);
    let session = text(&payment["checkout"]["session"]);
    html! {
        dl.facts {
            div { dt { "Payment" } dd { code { (text(&payment["id"])) } } }
            div {
                dt { "Status" }
                dd { (badge(text(&payment["status"]))) " " code { (text(&payment["sub_status"])) } }
            }
            div { dt { "Amount" } dd { (amount(money)) } }
            div { dt { "Captured" } dd { (currency) " " (number(&money["captured"])) } }
            div { dt { "Refunded" } dd { (currency) " " (number(&money["refunded"])) } }
            div { dt { "Method" } dd { code { (text(&payment["payment_method"]["type"])) } } }
            div { dt { "Country" } dd { (text(&payment["country"])) } }
            div { dt { "Description" } dd { (text(&payment["description"])) } }
            div { dt { "Workflow" } dd { (text(&payment["workflow"])) } }
            @if let Some(made) = time(&payment["created_at"]) { div { dt { "Made" } dd { (when(made)) } } }
            @if let Some(moved) = time(&payment["updated_at"]) { div { dt { "Last moved" } dd { (when(moved)) } } }
            @if !session.is_empty() {
                div { dt { "Session" } dd { a href={ "/console/sessions/" (session) } { code { (session) } } } }
            }
        }
    }
}

fn transactions(payment: &Value) -> impl Iterator<Item = &Value> {
    payment["transactions"].as_array().into_iter().flatten()
}

/// Whether a transaction ended without that anything was done.
fn is_failed(transaction: &Value) -> bool {
    matches!(text(&transaction["status"]), "DECLINED" | "REJECTED" | "ERROR" | "EXPIRED")
}

/// That the gateway did not do what it was asked for.
fn not_done(transaction: &Value) -> Markup {
    let field = |name: &str| text(&transaction[name]);
    html! {
        div.alert role="alert" {
            p {
                "The " (field("type").to_lowercase()) " was not done: " (badge(field("status"))) " "
                code { (field("response_code")) }
            }
        }
    }
}

/// What can be done with a payment as it stands: the operation, the transaction that it is about, and its amount where a
/// part can be taken. The API decides; this only leaves out what the payment's state rules out.
fn offered(payment: &Value) -> Vec<(&'static str, &Value)> {
    let state = (text(&payment["status"]), text(&payment["sub_status"]));
    let of = |types: &'static [&'static str]| transactions(payment).filter(|one| types.contains(&text(&one["type"])));
    let succeeded = |one: &&Value| text(&one["status"]) == "SUCCEEDED";
    let mut offered = Vec::new();
    if matches!(state.1, "AUTHORIZED" | "PARTIALLY_CAPTURED") {
        offered.extend(of(&["AUTHORIZE"]).filter(succeeded).map(|one| ("capture", one)));
    }
    if state.0 == "PENDING" && state.1 != "WAITING_ADDITIONAL_STEP" {
        offered.extend(of(&["PURCHASE", "AUTHORIZE", "VERIFY"]).take(1).map(|one| ("cancel", one)));
    }
    if state.0 == "SUCCEEDED" {
        offered.extend(of(&["PURCHASE", "CAPTURE"]).filter(succeeded).map(|one| ("refund", one)));
    }
    offered
}

fn operations(operator: &Operator, payment: &Value, tried: Option<&Tried<'_>>) -> Markup {
    let currency = text(&payment["amount"]["currency"]);
    // Every operation adds one, so that a form is another one after it.
    let seen = transactions(payment).count();
    html! {
        @for (operation, transaction) in offered(payment) {
            @let id = text(&transaction["id"]);
            @let tried = tried.filter(|tried| tried.operation == operation && tried.transaction == id);
            @let field = format!("{operation}-{id}");
            @let of = number(&transaction["amount"]);
            details.asks open[tried.is_some()] {
                summary {
                    @match operation {
                        "capture" => "Capture",
                        "cancel" => "Cancel",
                        _ => { "Refund the " (text(&transaction["type"]).to_lowercase()) " of " (currency) " " (of) },
                    }
                }
                form method="post" action={ (SECTION) "/" (text(&payment["id"])) "/" (operation) } {
                    (operator.proof())
                    input type="hidden" name="transaction" value=(id);
                    input type="hidden" name="currency" value=(currency);
                    input type="hidden" name="seen" value=(seen);
                    @if operation == "cancel" {
                        p { "The payment is given up, and held money is let go. This cannot be undone." }
                    } @else {
                        label for=(field) { "Amount in " (currency) }
                        input #(field) name="amount" inputmode="decimal" autocomplete="off"
                            value=[tried.map(|tried| tried.amount)] aria-describedby={ (field) "-hint" };
                        p.hint id={ (field) "-hint" } { "All that is left when it is empty. This cannot be undone." }
                    }
                    button.danger { "Yes, " (operation) }
                }
            }
        }
    }
}

async fn operate(
    State(app): State<AppState>,
    PathParameters(payment, operation): PathParameters,
    Sent { operator, form }: Sent,
) -> Result<Response, ApiError> {
    let known = ["capture", "cancel", "refund"].contains(&operation.as_str());
    let ids = (PaymentId::parse(&payment), TransactionId::parse(form.text("transaction")));
    let (Ok(id), Ok(transaction), true) = (ids.0, ids.1, known) else { return Err(ApiError::NotFound) };
    let mut body = json!({"merchant_reference": "console", "reason": "REQUESTED_BY_CUSTOMER"});
    let amount = form.text("amount");
    if operation != "cancel" && !amount.is_empty() {
        body["amount"] = json!({"currency": form.text("currency"), "value": amount});
    }
    let path = format!("/v1/payments/{id}/transactions/{transaction}/{operation}");
    let to_payment = |query: &str| Ok(Redirect::to(&format!("{SECTION}/{id}{query}")).into_response());
    match operator.post_once::<Value>(&path, &body, form.text("seen")).await {
        Ok(answer) => {
            // A refund is answered with its payment, the others with it.
            let asked = if operation == "refund" { &answer["transactions"] } else { &answer };
            match is_failed(asked) {
                true => to_payment(&format!("?failed={}", text(&asked["id"]))),
                false => to_payment(""),
            }
        }
        // The form came twice: the page follows what the first one does.
        Err(refusal) if refusal.code == "REQUEST_IN_PROCESS" => to_payment(""),
        Err(refusal) => {
            let tried =
                Tried { operation: &operation, transaction: form.text("transaction"), amount, refusal: &refusal };
            draw(&app, &operator, &payment, "", Some(tried)).await
        }
    }
}
