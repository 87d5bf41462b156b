//! `/`: where somebody who has just started the server begins: the keys, a first session, and where to go on.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use super::assets::HOME_SCRIPT;
use super::page::Page;
use crate::demo;
use crate::state::AppState;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/", get(home))
}

/// Where a first session can be from: country, currency, how both are called, and what something costs there.
const PLACES: [(&str, &str, &str, &str); 7] = [
    ("BR", "BRL", "Brazil, BRL", "259.90"),
    ("MX", "MXN", "Mexico, MXN", "899"),
    ("CO", "COP", "Colombia, COP", "189000"),
    ("CL", "CLP", "Chile, CLP", "45990"),
    ("AR", "ARS", "Argentina, ARS", "52000"),
    ("PE", "PEN", "Peru, PEN", "180"),
    ("US", "USD", "United States, USD", "49.90"),
];

async fn home(State(app): State<AppState>) -> Page<'static> {
    let body = html! {
        main {
            h1 { "yuno-sessions" }
            p { "Checkout sessions, customer sessions and payments, with state, rules, money and time. It is running." }
            div.cards {
                @if app.demo { (first_session()) (keys()) }
                section {
                    h2 { "Go on" }
                    ul {
                        li { a href="/docs" { "Documentation" } ": every operation, to be tried in the page" }
                        li { a href="/console" { "Console" } ": sessions, payments, connections, webhooks, charts" }
                        li { a href="/openapi.json" { "openapi.json" } ": for making clients" }
                    }
                }
            }
        }
    };
    Page { script: Some(&HOME_SCRIPT), ..Page::new("yuno-sessions", "home", body) }
}

/// The published keys of the demo.
fn keys() -> Markup {
    html! {
        section {
            h2 { "Keys of this demo" }
            dl {
                dt { "public-api-key" } dd { code #public-api-key { (demo::PUBLIC_API_KEY) } }
                dt { "private-secret-key" } dd { code #private-secret-key { (demo::PRIVATE_SECRET_KEY) } }
                dt { "account_id" } dd { code #account-id { (demo::ACCOUNT) } }
            }
            p.hint { "The same in every demo, and valid nowhere else." }
        }
    }
}

/// The call that makes a session, with what it answers.
fn first_session() -> Markup {
    html! {
        section.wide {
            h2 { "Create a checkout session" }
            noscript { p.alert { "The button needs JavaScript. The README has the same call for the command line." } }
            form #create {
                div.row {
                    div {
                        label for="place" { "Where the customer pays" }
                        select #place {
                            @for (country, currency, name, price) in PLACES {
                                option value=(country) data-currency=(currency) data-price=(price) { (name) }
                            }
                        }
                    }
                    div {
                        label for="amount" { "Amount" }
                        input #amount inputmode="decimal" value=(PLACES[0].3) required;
                    }
                    div {
                        label for="description" { "What is paid for" }
                        input #description value="Running shoes" minlength="3" maxlength="255" required;
                    }
                }
                p.actions { button.primary { "Create a session" } }
            }
            div #call aria-live="polite" hidden {
                p.actions #next hidden {
                    a #open .button.primary href="/docs" { "Open its checkout" }
                    a #look .button href="/console" { "See it in the console" }
                }
                p.hint #card hidden {
                    "A card that is approved: " code { "4507 9900 0000 0002" } ", 11/28, 123. One that asks for a password: "
                    code { "4916 9940 6425 2017" } ", then " code { "1234" } "."
                }
                h3 { "The call" }
                pre tabindex="0" aria-label="The call" { code #request {} }
                h3 { "The answer" }
                pre tabindex="0" aria-label="The answer" { code #answer {} }
            }
        }
    }
}
