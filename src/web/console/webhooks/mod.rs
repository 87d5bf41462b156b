//! `/console/webhooks`: where the account is told what happens, and one more such place.

mod deliveries;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::{self, badge, text};
use super::frame;
use super::sign_in::{Operator, Sent};
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{
    CheckoutSessionTrigger, EnrollmentTrigger, OnboardingTrigger, PaymentTrigger, ReportTrigger, SubscriptionTrigger,
    WebhookId,
};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// Where it is.
const SECTION: &str = "/console/webhooks";

/// What it is about.
const WHAT: &str = "webhook";

/// Lists of triggers: field, name and what can be in it.
type Groups = [(&'static str, &'static str, &'static [&'static str]); 3];

/// What happens here.
const HAPPENS: Groups = [
    ("payment_triggers", "Payments", PaymentTrigger::NAMES),
    ("enrollment_triggers", "Payment methods of customers", EnrollmentTrigger::NAMES),
    ("checkout_session_triggers", "Checkout sessions", CheckoutSessionTrigger::NAMES),
];

/// What can be asked for and never happens here.
const NEVER: Groups = [
    ("report_triggers", "Reports", ReportTrigger::NAMES),
    ("subscription_triggers", "Subscriptions", SubscriptionTrigger::NAMES),
    ("onboarding_triggers", "Onboarding of sellers", OnboardingTrigger::NAMES),
];

/// Secrets that what is sent comes with: field and name.
const SECRETS: [(&str, &str); 3] = [
    ("hmac_client_secret", "Secret to sign with (x-hmac-signature)"),
    ("api_key", "Sent as x-api-key"),
    ("secret", "Sent as x-secret"),
];

/// What a token is fetched with besides its secret: field, name and kind of input.
const TOKEN: [(&str, &str, &str); 3] = [
    ("oauth2_authentication_url", "Address where a token is fetched", "url"),
    ("oauth2_client_id", "Client id", "text"),
    ("oauth2_scope", "Scope", "text"),
];

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(list).post(create))
        .route("/console/webhooks/{webhook_id}", get(deliveries::show))
        .route("/console/webhooks/{webhook_id}/state", post(set_state))
        .route("/console/webhooks/{webhook_id}/delete", post(delete))
        .route("/console/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", post(deliveries::resend))
}

/// What the API calls a webhook, by the id in a path; `None` for what can be no id.
fn path(id: &str) -> Option<String> {
    WebhookId::parse(id).ok().map(|id| format!("/v1/webhooks/{id}"))
}

async fn list(State(app): State<AppState>, operator: Operator) -> Response {
    draw(&app, &operator, StatusCode::OK, None, &Form::default()).await
}

async fn create(State(app): State<AppState>, Sent { operator, form }: Sent) -> Response {
    let mut body = Map::new();
    body.insert("account_id".to_owned(), json!(operator.account));
    body.insert("name".to_owned(), json!(form.text("name")));
    body.insert("url".to_owned(), json!(form.text("url")));
    let told = TOKEN.iter().map(|(field, ..)| (*field, form.text(field)));
    let secrets = SECRETS.iter().map(|(field, _)| *field).chain(["oauth2_client_secret"]);
    for (field, value) in told.chain(secrets.map(|field| (field, form.secret(field)))) {
        if !value.is_empty() {
            body.insert(field.to_owned(), json!(value));
        }
    }
    if body.contains_key("oauth2_authentication_url") {
        body.insert("oauth2_grant_type".to_owned(), json!("client_credentials"));
    }
    for (field, ..) in HAPPENS.iter().chain(&NEVER) {
        let asked: Vec<_> = form.all(field).collect();
        if !asked.is_empty() {
            body.insert((*field).to_owned(), json!(asked));
        }
    }
    match operator.call::<Value>(Method::POST, "/v1/webhooks", Some(&body.into())).await {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) => draw(&app, &operator, refusal.status, Some(&refusal), &form).await,
    }
}

/// Pauses a webhook, or brings it back.
async fn set_state(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, form }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    let body = json!({"account_id": operator.account, "state": form.text("state")});
    let changed = operator.call::<Value>(Method::PATCH, &path, Some(&body)).await;
    done(&app, &operator, changed).await
}

async fn delete(
    State(app): State<AppState>,
    PathParameter(id): PathParameter,
    Sent { operator, .. }: Sent,
) -> Response {
    let Some(path) = path(&id) else { return frame::missing(&app, &operator, SECTION, WHAT) };
    let path = format!("{path}?account_id={}", operator.account);
    let deleted = operator.call::<Value>(Method::DELETE, &path, None).await;
    done(&app, &operator, deleted).await
}

async fn done(app: &AppState, operator: &Operator, result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(_) => Redirect::to(SECTION).into_response(),
        Err(refusal) if refusal.is_missing() => frame::missing(app, operator, SECTION, WHAT),
        Err(refusal) => draw(app, operator, refusal.status, Some(&refusal), &Form::default()).await,
    }
}

async fn draw(
    app: &AppState,
    operator: &Operator,
    status: StatusCode,
    wrong: Option<&Refusal>,
    form: &Form,
) -> Response {
    let webhooks = match operator.get::<Vec<Value>>(&format!("/v1/webhooks?account_id={}", operator.account)).await {
        Ok(webhooks) => webhooks,
        Err(refusal) => return frame::section_cannot_be_shown(app, operator, SECTION, &refusal),
    };
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        p.hint { "These addresses are told what happens in the account." }
        (table(operator, &webhooks))
        h2 { "Create a webhook" }
        (form_of(operator, form))
    };
    Page { status, ..frame::page(app, operator, SECTION, "Webhooks", &inside) }.into_response()
}

fn table(operator: &Operator, webhooks: &[Value]) -> Markup {
    let rows = html! {
        @for webhook in webhooks {
            @let text = |field: &str| text(&webhook[field]);
            tr {
                th scope="row" { a href={ (SECTION) "/" (text("id")) } { (text("name")) } }
                td { code { (text("url")) } }
                td { (badge(text("state"))) }
                td.wide { (asked(webhook)) }
                td { (state_button(operator, webhook)) }
            }
        }
        @if webhooks.is_empty() { tr { td colspan="5" { "There is none yet: nobody is told." } } }
    };
    draw::table("Webhooks", &["Name", "Address", "State", "Asks for", "Change"], &rows)
}

fn state_button(operator: &Operator, webhook: &Value) -> Markup {
    let text = |field: &str| text(&webhook[field]);
    let (other, button) = if text("state") == "ACTIVE" { ("INACTIVE", "Pause") } else { ("ACTIVE", "Activate") };
    html! {
        form method="post" action={ (SECTION) "/" (text("id")) "/state" } {
            (operator.proof())
            input type="hidden" name="state" value=(other);
            button aria-label={ (button) " " (text("name")) } { (button) }
        }
    }
}

/// What a webhook asks for, group by group.
fn asked(webhook: &Value) -> Markup {
    let groups = HAPPENS.iter().chain(&NEVER).filter_map(|(field, name, _)| {
        let triggers: Vec<_> = webhook[*field].as_array()?.iter().filter_map(Value::as_str).collect();
        (!triggers.is_empty()).then(|| (*name, triggers.join(", ")))
    });
    html! { @for (name, triggers) in groups { div { span.hint { (name) ": " } (triggers) } } }
}

fn form_of(operator: &Operator, form: &Form) -> Markup {
    let boxes = |(field, name, triggers): &(&str, &str, &[&str])| {
        let ticked: Vec<_> = form.all(field).collect();
        html! {
            fieldset {
                legend { (name) }
                div.boxes {
                    @for trigger in *triggers {
                        label.check {
                            input type="checkbox" name=(field) value=(trigger) checked[ticked.contains(trigger)];
                            " " (trigger)
                        }
                    }
                }
            }
        }
    };
    html! {
        form.panel method="post" action=(SECTION) {
            (operator.proof())
            label for="name" { "Name" }
            input #name name="name" required maxlength="255" autocomplete="off" value=(form.text("name"));
            label for="url" { "Address" }
            input #url name="url" type="url" required maxlength="2048" autocomplete="off" value=(form.text("url"))
                placeholder="https://example.com/webhooks";
            @for group in &HAPPENS { (boxes(group)) }
            details {
                summary { "What can be asked for, and never happens on this server" }
                @for group in &NEVER { (boxes(group)) }
            }
            @for (field, name) in SECRETS { (secret(field, name)) }
            details {
                summary { "A token that what is sent comes with (OAuth 2.0, client credentials)" }
                @for (field, name, kind) in TOKEN {
                    label for=(field) { (name) }
                    input id=(field) name=(field) type=(kind) autocomplete="off" value=(form.text(field));
                }
                (secret("oauth2_client_secret", "Client secret"))
            }
            p.hint { "Secrets are kept, and never shown again." }
            button.primary { "Create the webhook" }
        }
    }
}

/// A field for a secret: what was typed is not sent back.
fn secret(field: &str, name: &str) -> Markup {
    html! {
        label for=(field) { (name) }
        input id=(field) name=(field) type="password" maxlength="1024" autocomplete="off";
    }
}
