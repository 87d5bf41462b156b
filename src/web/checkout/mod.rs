//! `/checkout/{checkout_session}`: the hosted checkout. It is drawn of what the API tells whoever has the public key, and its
//! script calls the same: an SDK client to read.

mod form;
mod info;
mod standing;
mod styling;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};

use super::assets::CHECKOUT_SCRIPT;
use super::form::Form;
use super::inside::{Caller, Inside, Refusal};
use super::language::{Language, Texts};
use super::money::Writing;
use super::page::Page;
use crate::api::checkout_sessions::SessionStatus;
use crate::demo;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CheckoutSessionId;
use info::{Info, Method};
use styling::Look;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/checkout/{checkout_session}", get(checkout))
}

/// What every part of the page needs.
struct Drawn<'a> {
    info: &'a Info,
    public_key: &'a str,
    language: Language,
    texts: &'static Texts,
    writing: Writing,
    look: &'a Look,
}

async fn checkout(
    State(app): State<AppState>,
    Extension(inside): Extension<Inside>,
    PathParameter(id): PathParameter,
    parts: Parts,
) -> Response {
    let query = Form::of_query(&parts.uri);
    let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language_of = |country| Language::of(query.text("language"), accepted, country);
    let public_key = match query.text("public_api_key") {
        "" if app.demo => demo::PUBLIC_API_KEY,
        key => key,
    };
    // Only what is an id becomes part of an address.
    let Ok(session) = CheckoutSessionId::parse(&id) else { return unknown(language_of(None)).into_response() };
    let customer = || Caller::Customer { public_key, parts: &parts };
    let address = format!("/v1/checkout/sessions/{session}");
    let info: Info = match inside.get(customer(), &format!("{address}/info")).await {
        Ok(info) => info,
        Err(refusal) => return refused(&refusal, language_of(None)).into_response(),
    };
    let language = language_of(Some(info.country));
    let methods: Vec<Method> = match (&info.payment, info.status) {
        (None, SessionStatus::Active) => match inside.get(customer(), &format!("{address}/payment-methods")).await {
            Ok(methods) => methods,
            Err(refusal) => return refused(&refusal, language).into_response(),
        },
        _ => Vec::new(),
    };
    let look = Look::of(&info.styling, &app.public_url, methods.iter().map(|method| method.icon.as_str()));
    let drawn = Drawn {
        info: &info,
        public_key,
        language,
        texts: language.texts(),
        writing: Writing::of(info.amount.currency, language, info.country),
        look: &look,
    };
    drawn.page(&methods).into_response()
}

/// What the API refuses a customer, as a page. Why it is none of this key's sessions is nobody else's business.
fn refused(refusal: &Refusal, language: Language) -> Page<'static> {
    match refusal.status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            unknown(language)
        }
        status => {
            let title = language.texts().failed;
            let body = html! { main.narrow { h1 { (title) } } };
            Page { status, language: language.tag(), ..Page::new(title, "checkout", body) }
        }
    }
}

fn unknown(language: Language) -> Page<'static> {
    let texts = language.texts();
    let body = html! { main.narrow { h1 { (texts.unknown) } p { (texts.unknown_more) } } };
    Page { status: StatusCode::NOT_FOUND, language: language.tag(), ..Page::new(texts.unknown, "checkout", body) }
}

impl Drawn<'_> {
    fn page(&self, methods: &[Method]) -> Page<'_> {
        let (info, texts) = (self.info, self.texts);
        let expired = info.payment.is_none() && info.status == SessionStatus::Expired;
        let inside = match &info.payment {
            Some(payment) => self.standing(payment),
            // Its payment is not kept any more.
            None if info.status == SessionStatus::Completed => html! { h2 { (texts.ended) } (self.way_back()) },
            None if expired => html! { h2 { (texts.expired) } p { (texts.expired_more) } (self.way_back()) },
            None => self.form(methods),
        };
        let body = html! {
            main #checkout data-session=(info.checkout_session) data-public-api-key=(self.public_key)
                data-currency=(info.amount.currency.as_str()) data-value=(info.amount.value)
                data-sign=(self.writing.sign) data-decimals=(self.writing.decimals)
                data-point=(self.writing.point) data-separator=(self.writing.separator)
                data-status=[info.payment.as_ref().map(info::Payment::state)]
                data-return=[info.return_url.as_deref().filter(|_| info.has_ended())] {
                (self.order())
                div.payment { (inside) }
            }
        };
        Page {
            status: if expired { StatusCode::GONE } else { StatusCode::OK },
            language: self.language.tag(),
            script: Some(&CHECKOUT_SCRIPT),
            style: self.look.style.clone(),
            pictures: self.look.pictures.clone(),
            fonts: self.look.fonts.clone(),
            ..Page::new(&info.payment_description, self.look.class, body)
        }
    }

    /// What is paid.
    fn order(&self) -> Markup {
        let (info, texts) = (self.info, self.texts);
        html! {
            header.order {
                @if let Some(logo) = &self.look.logo { img.logo src=(logo) alt=""; }
                h1 { (info.payment_description) }
                p.amount {
                    span.hidden { (texts.total) " " }
                    (self.writing.write(info.amount.value)) " "
                    small { (info.amount.currency.as_str()) }
                }
                p.hint { (texts.order) " " (info.merchant_order_id) }
            }
        }
    }

    /// The link to where the merchant wants the customer when done.
    fn way_back(&self) -> Markup {
        html! {
            @if let Some(address) = &self.info.return_url {
                p { a.button.primary href=(address) { (self.texts.back) } }
            }
        }
    }
}
