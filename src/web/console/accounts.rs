//! `/console/accounts`: the organization's accounts and key pairs. A new pair is a download: no page has a secret.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono::TimeDelta;
use maud::{Markup, html};

use super::draw::{self, when};
use super::frame;
use super::sign_in::{Operator, Sent};
use crate::cli::key::parse_span;
use crate::db::api_keys::{self, NewKey, Shown};
use crate::demo;
use crate::error::ApiError;
use crate::keys::{self, KeyPair, sha256};
use crate::state::AppState;
use crate::types::{Networks, Timestamp};
use crate::web::form::Form;
use crate::web::inside::Refusal;
use crate::web::page::Page;

/// Where it is.
const SECTION: &str = "/console/accounts";

/// Key pairs that an organization can have for one more to be made here: all of them are on one page.
const MOST_KEYS: usize = 200;

/// What is said of a new pair that would open more than the one that it is made with.
const LONGER_THAN_OWN: &str = "must not be after the end of the key pair that you are signed in with";
const WIDER_THAN_OWN: &str = "must be within the networks of the key pair that you are signed in with";

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SECTION, get(show))
        .route("/console/accounts/keys", post(create))
        .route("/console/accounts/keys/revoke", post(revoke))
}

async fn show(State(app): State<AppState>, operator: Operator) -> Result<Response, ApiError> {
    draw(&app, &operator, StatusCode::OK, None, &Form::default()).await
}

async fn create(State(app): State<AppState>, Sent { operator, form }: Sent) -> Result<Response, ApiError> {
    let organization = operator.organization();
    let now = app.clock.now(organization);
    let (expires_at, allowed_networks) = match read(&form, &operator.key, now) {
        Ok(read) => read,
        Err(messages) => return wrong(&app, &operator, messages, &form).await,
    };
    let pair = KeyPair::random()?;
    let secret_sha256 = sha256(pair.secret.expose());
    let mut transaction = app.db.begin().await?;
    if api_keys::list(&mut transaction, organization).await?.len() >= MOST_KEYS {
        drop(transaction);
        let message = format!("The organization has {MOST_KEYS} key pairs: revoke one first.");
        return wrong(&app, &operator, vec![message], &form).await;
    }
    let key = NewKey { public_api_key: &pair.public, secret_sha256, expires_at, allowed_networks };
    if !keys::add(&mut transaction, organization, &operator.key.public_api_key, &key, now).await? {
        return Err(anyhow::anyhow!("a random public key was there already").into());
    }
    transaction.commit().await?;
    let file = format!("PUBLIC_API_KEY={}\nPRIVATE_SECRET_KEY={}\n", pair.public, pair.secret.expose());
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"yuno-sessions.env\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, file).into_response())
}

/// What was said of a new key pair: until when and from where, or what is wrong with it. It never opens more than the
/// pair that it is made with, or whoever finds a short-lived one could make one that lasts.
fn read(form: &Form, with: &api_keys::Row, now: Timestamp) -> Result<(Option<Timestamp>, Networks), Vec<String>> {
    let mut messages = Vec::new();
    let (expires, expires_at) = (form.text("expires"), form.text("expires_at"));
    let expires_at = match (expires, expires_at) {
        ("", "") => Ok(with.expires_at),
        (span, "") => parse_span(span).map(|span: TimeDelta| Some(now.plus(span))).map_err(|what| ("expires", what)),
        ("", time) => Timestamp::parse(time).map(Some).map_err(|what| ("expires_at", what)),
        _ => Err(("expires_at", "goes without expires".to_owned())),
    };
    let expires_at = match expires_at {
        Ok(Some(time)) if time <= now => Err(("expires_at", "must be in the future".to_owned())),
        Ok(time) if with.expires_at.is_some_and(|end| time.is_none_or(|time| time > end)) => {
            Err((if expires.is_empty() { "expires_at" } else { "expires" }, LONGER_THAN_OWN.to_owned()))
        }
        read => read,
    };
    let expires_at = expires_at.unwrap_or_else(|(field, what)| {
        messages.push(format!("{field}: {what}"));
        None
    });
    let texts = form.text("networks").split(|c: char| c == ',' || c.is_whitespace()).filter(|text| !text.is_empty());
    let networks = match Networks::parse(texts) {
        Ok(none) if none.is_empty() => Ok(with.allowed_networks.clone()),
        Ok(wide) if !with.allowed_networks.is_empty() && !wide.lie_in(&with.allowed_networks) => Err(WIDER_THAN_OWN),
        read => read,
    };
    let networks = networks.unwrap_or_else(|what| {
        messages.push(format!("networks: {what}"));
        Networks::default()
    });
    if messages.is_empty() { Ok((expires_at, networks)) } else { Err(messages) }
}

async fn revoke(State(app): State<AppState>, Sent { operator, form }: Sent) -> Result<Response, ApiError> {
    let organization = operator.organization();
    let public = form.text("public_api_key");
    if public == demo::PUBLIC_API_KEY {
        let message = "The demo's keys come with the demo: without it they are not let in.".to_owned();
        return wrong(&app, &operator, vec![message], &form).await;
    }
    if !may_revoke(&operator, public) {
        let message = "A key pair that ends by itself or is narrowed to networks revokes no other one.".to_owned();
        return wrong(&app, &operator, vec![message], &form).await;
    }
    let mut transaction = app.db.begin().await?;
    // A public key names an organization by itself: it must be this one's. It never becomes another's.
    let present = api_keys::list(&mut transaction, organization).await?;
    let revoked = present.iter().any(|key| key.public_api_key == public)
        && keys::revoke(&mut transaction, &operator.key.public_api_key, public, app.clock.now(organization)).await?;
    if !revoked {
        return Ok(frame::missing(&app, &operator, SECTION, "key pair"));
    }
    transaction.commit().await?;
    app.keys.forget(public);
    Ok(Redirect::to(SECTION).into_response())
}

/// A pair with limits revokes itself alone: whoever finds one cannot lock the merchant out.
fn may_revoke(operator: &Operator, public: &str) -> bool {
    !operator.key.is_limited() || public == operator.key.public_api_key
}

async fn wrong(app: &AppState, operator: &Operator, messages: Vec<String>, form: &Form) -> Result<Response, ApiError> {
    let refusal = Refusal::from(ApiError::InvalidParameters(messages));
    draw(app, operator, refusal.status, Some(&refusal), form).await
}

async fn draw(
    app: &AppState,
    operator: &Operator,
    status: StatusCode,
    wrong: Option<&Refusal>,
    form: &Form,
) -> Result<Response, ApiError> {
    let keys = api_keys::list(&mut *app.db.acquire().await?, operator.organization()).await?;
    let now = app.clock.now(operator.organization());
    let inside = html! {
        @if let Some(refusal) = wrong { (frame::refused(refusal)) }
        h2 { "Accounts" }
        p.hint { "Every key pair of the organization opens all of them." }
        ul.plain {
            @for account in &operator.key.accounts {
                li {
                    code { (account) }
                    @if *account == operator.account { " " span.badge.good { "you look at this one" } }
                }
            }
        }
        h2 { "Key pairs" }
        (table(operator, &keys, now))
        h2 { "Create a key pair" }
        (form_of(operator, form))
    };
    Ok(Page { status, ..frame::page(app, operator, SECTION, "Accounts and keys", &inside) }.into_response())
}

fn table(operator: &Operator, keys: &[Shown], now: Timestamp) -> Markup {
    let rows = html! {
        @for key in keys {
            tr {
                th scope="row" {
                    code { (key.public_api_key) }
                    @if key.public_api_key == operator.key.public_api_key {
                        " " span.badge.good { "signed in with" }
                    }
                }
                td { (when(key.created_at)) }
                td {
                    @match key.expires_at {
                        None => "never",
                        Some(at) => {
                            (when(at))
                            @if at <= now { " " span.badge.bad { "expired" } }
                        }
                    }
                }
                td { @if key.allowed_networks.is_empty() { "anywhere" } (key.allowed_networks.join(", ")) }
                td { (revoking(operator, key)) }
            }
        }
    };
    draw::table("Key pairs", &["Public key", "Created", "Expires", "Networks", "Revoke"], &rows)
}

fn revoking(operator: &Operator, key: &Shown) -> Markup {
    let own = key.public_api_key == operator.key.public_api_key;
    html! {
        @if key.public_api_key == demo::PUBLIC_API_KEY {
            span.hint { "comes with the demo" }
        } @else if !may_revoke(operator, &key.public_api_key) {
            span.hint { "by a key pair without limits" }
        } @else {
            details.asks {
                summary { "Revoke" }
                form method="post" action="/console/accounts/keys/revoke" {
                    (operator.proof())
                    input type="hidden" name="public_api_key" value=(key.public_api_key);
                    @if own {
                        p { strong { "You are signed in with this key pair: you will have to sign in with another one." } }
                    }
                    p { "What calls with it is refused at once, and it cannot be brought back." }
                    button.danger { "Yes, revoke" }
                }
            }
        }
    }
}

fn form_of(operator: &Operator, form: &Form) -> Markup {
    let (until, everywhere) = match operator.key.is_limited() {
        false => ("for ever", "anywhere"),
        true => ("as long as the pair that you are signed in with", "where that pair may be used"),
    };
    html! {
        form.panel method="post" action="/console/accounts/keys" {
            (operator.proof())
            p {
                "It is downloaded as the file " code { "yuno-sessions.env" } ". Its secret is not kept and cannot be shown "
                "again. Open this page anew to see the pair in the list."
            }
            label for="expires" { "How long it is valid" }
            input #expires name="expires" value=(form.text("expires")) autocomplete="off" aria-describedby="expires-hint";
            p.hint #expires-hint { "Such as 90d, 12h or 30m; " (until) " when empty." }
            label for="expires_at" { "Or until when" }
            input #expires_at name="expires_at" value=(form.text("expires_at")) autocomplete="off"
                aria-describedby="expires_at-hint";
            p.hint #expires_at-hint { "Such as 2027-01-31T00:00:00Z." }
            label for="networks" { "From where it may be used" }
            input #networks name="networks" value=(form.text("networks")) autocomplete="off" spellcheck="false"
                aria-describedby="networks-hint";
            p.hint #networks-hint {
                "Addresses or networks such as 192.0.2.0/24, with commas between them; " (everywhere) " when empty."
            }
            button.primary { "Create a key pair" }
        }
    }
}
