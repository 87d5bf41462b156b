//! What every page of the console has around it, and what its pages draw alike.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::sign_in::Operator;
use crate::state::AppState;
use crate::web::assets::CONSOLE_SCRIPT;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// The sections of the console: address, name, and whether they are there only with test controls.
const SECTIONS: [(&str, &str, bool); 9] = [
    ("/console", "Overview", false),
    ("/console/sessions", "Sessions", false),
    ("/console/payments", "Payments", false),
    ("/console/connections", "Connections", false),
    ("/console/checkouts", "Checkouts", false),
    ("/console/webhooks", "Webhooks", false),
    ("/console/accounts", "Accounts and keys", false),
    ("/console/requests", "Requests", true),
    ("/console/testing", "Testing", true),
];

/// A page of the console: under a section, with a heading.
pub fn page<'a>(app: &AppState, operator: &Operator, section: &str, title: &'a str, inside: &Markup) -> Page<'a> {
    let body = html! {
        a.skip href="#main" { "Skip to the content" }
        header.bar {
            a.brand href="/console" { "yuno-sessions" }
            nav aria-label="Console" {
                @for (address, name, for_tests) in SECTIONS {
                    @if !for_tests || app.testing.is_some() {
                        a href=(address) aria-current=[(address == section).then_some("page")] { (name) }
                    }
                }
            }
            @if operator.key.accounts.len() > 1 {
                form.account method="post" action="/console/account" {
                    (operator.proof())
                    label for="account_id" { "Account" }
                    select #account_id name="account_id" {
                        @for account in &operator.key.accounts {
                            option value=(account) selected[*account == operator.account] { (account) }
                        }
                    }
                    button { "Show" }
                }
            }
            form method="post" action="/console/sign-out" { (operator.proof()) button { "Sign out" } }
        }
        main #main data-account=(operator.account) {
            h1 { (title) }
            (inside)
        }
    };
    Page { script: Some(&CONSOLE_SCRIPT), ..Page::new(title, "console", body) }
}

/// A page that says one thing, without a section.
pub fn message<'a>(status: StatusCode, title: &'a str, text: &str) -> Page<'a> {
    let body = html! {
        main.narrow {
            h1 { (title) }
            p { (text) }
            p { a href="/console" { "To the console" } }
        }
    };
    Page { status, ..Page::new(title, "console", body) }
}

/// The page in place of something that the operator cannot see: it is not there, or another account has it.
pub fn missing(app: &AppState, operator: &Operator, section: &str, what: &str) -> Response {
    let inside =
        html! { p { "There is no such " (what) " in this account." } p { a href=(section) { "To the list" } } };
    let page = page(app, operator, section, "Not found", &inside);
    Page { status: StatusCode::NOT_FOUND, ..page }.into_response()
}

/// The page in place of something that the API does not tell.
pub fn cannot_be_shown(app: &AppState, operator: &Operator, section: &str, what: &str, refusal: &Refusal) -> Response {
    if refusal.is_missing() {
        return missing(app, operator, section, what);
    }
    let title = format!("This {what} cannot be shown");
    not_shown(app, operator, section, &title, refusal, &html! { p { a href=(section) { "To the list" } } })
}

/// The page in place of a list, or of another page that a section begins with, that the API does not tell.
pub fn section_cannot_be_shown(app: &AppState, operator: &Operator, section: &str, refusal: &Refusal) -> Response {
    not_shown(app, operator, section, "This page cannot be shown", refusal, &Markup::default())
}

fn not_shown(
    app: &AppState,
    operator: &Operator,
    section: &str,
    title: &str,
    refusal: &Refusal,
    link: &Markup,
) -> Response {
    let inside = html! {
        div.alert role="alert" { @for message in &refusal.messages { p { (message) } } }
        (link)
    };
    Page { status: refusal.status, ..page(app, operator, section, title, &inside) }.into_response()
}

/// What the API refused, field by field. What failed may have been done all the same.
pub fn refused(refusal: &Refusal) -> Markup {
    html! {
        div.alert role="alert" {
            @if refusal.status.is_server_error() {
                p { "It is not known whether this was done. Look before you repeat it: " code { (refusal.code) } }
            } @else {
                p { "Nothing was changed: " code { (refusal.code) } }
            }
            ul { @for message in &refusal.messages { li { (message) } } }
        }
    }
}

/// A button for what cannot be undone: it asks first.
pub fn asks_first(operator: &Operator, action: &str, button: &str, question: &str) -> Markup {
    html! {
        details.asks {
            summary { (button) }
            form method="post" action=(action) {
                (operator.proof())
                p { (question) }
                button.danger { "Yes, " (button.to_lowercase()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;

    #[test]
    fn only_of_what_was_refused_is_said_that_nothing_was_changed() {
        let said = |error: ApiError| refused(&error.into()).into_string();
        assert!(said(ApiError::NotFound).contains("Nothing was changed"));
        let unknown = said(ApiError::RequestTimeout);
        assert!(unknown.contains("not known whether this was done") && !unknown.contains("Nothing"), "{unknown}");
    }
}
