//! `/console/sign-in`: who has both keys gets a cookie that stands for them, for eight hours. The server keeps nothing of
//! it: the cookie is signed, also with the digest of the secret, so that it ends with the key pair.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Extension, FromRequest, FromRequestParts, Request, State};
use axum::http::header::{COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::frame;
use crate::api::auth::{let_in, of_pair};
use crate::api::same_site::SameSite;
use crate::db::api_keys;
use crate::error::ApiError;
use crate::keys::sha256;
use crate::state::AppState;
use crate::telemetry::RequestRecord;
use crate::types::{AccountId, OrganizationId};
use crate::web::form::Form;
use crate::web::inside::{Caller, Inside, Refusal};
use crate::web::page::Page;

/// The cookie that says who is signed in.
const SIGNED_IN: &str = "yuno_console";

/// The cookie that says which of its accounts is looked at.
const ACCOUNT: &str = "yuno_console_account";

/// How long a cookie stands for the keys.
const fn lifetime() -> TimeDelta {
    TimeDelta::hours(8)
}

/// The field of every form that proves that a page of this console has it.
pub const PROOF: &str = "csrf_token";

/// Who is signed in. Who is not is sent to sign in.
pub struct Operator {
    /// The key pair.
    pub key: Arc<api_keys::Row>,
    /// The account that is looked at.
    pub account: AccountId,
    /// What every form must have as [`PROOF`].
    pub proof: String,
    inside: Inside,
}

impl Operator {
    /// The organization of the keys.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.key.organization_id
    }

    /// Asks the API for something.
    ///
    /// # Errors
    /// What the API refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        self.inside.get(self.caller(None), path).await
    }

    /// Has the API do something. What is answered without a body is `null`.
    ///
    /// # Errors
    /// What the API refuses.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Refusal> {
        self.inside.call(self.caller(None), method, path, body).await
    }

    /// Has the API do something with `POST` that is not done again when the same form comes again. What the form's page
    /// had `seen` tells it from one that says the same later.
    ///
    /// # Errors
    /// What the API refuses.
    pub async fn post_once<T: DeserializeOwned>(&self, path: &str, body: &Value, seen: &str) -> Result<T, Refusal> {
        let once = URL_SAFE_NO_PAD.encode(sha256(&format!("{seen}\n{path}\n{body}")));
        self.inside.call(self.caller(Some(&once)), Method::POST, path, Some(body)).await
    }

    fn caller<'a>(&'a self, once: Option<&'a str>) -> Caller<'a> {
        Caller::Operator { key: &self.key, account: self.account, once }
    }

    /// The hidden field that every form needs.
    #[must_use]
    pub fn proof(&self) -> Markup {
        html! { input type="hidden" name=(PROOF) value=(self.proof); }
    }
}

impl FromRequestParts<AppState> for Operator {
    type Rejection = Response;

    /// A page is a call with the key, as any other.
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        let operator = Self::of(parts, app).await?;
        let limited = app.key_limit.take(&operator.key.public_api_key, true, app.clock.machine_time());
        limited.map_err(|retry_after| ApiError::TooManyRequests { retry_after }.into_response())?;
        app.calls.fetch_add(1, Ordering::Relaxed);
        Ok(operator)
    }
}

impl Operator {
    /// Who is signed in, if somebody is still.
    ///
    /// # Errors
    /// What leads to the page to sign in on.
    pub async fn of(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        let Some(key) = signed_in(parts, app).await.map_err(IntoResponse::into_response)? else {
            return Err(to_sign_in(parts));
        };
        let chosen = cookie(parts, ACCOUNT).and_then(|account| AccountId::parse(account).ok());
        let account = chosen.filter(|account| key.accounts.contains(account)).or_else(|| key.accounts.first().copied());
        let account = account.ok_or_else(|| ApiError::InvalidAccountId.into_response())?;
        let Extension(inside) = Extension::<Inside>::from_request_parts(parts, app)
            .await
            .map_err(|error| ApiError::Internal(error.into()).into_response())?;
        if let Some(record) = parts.extensions.get::<RequestRecord>() {
            record.set_organization(key.organization_id);
        }
        let proof = proof(app, cookie(parts, SIGNED_IN).unwrap_or_default(), account);
        Ok(Self { key, account, proof, inside })
    }
}

/// A form that a page of the console has sent, and who did. Without the proof it is refused: nothing was done then.
pub struct Sent {
    /// Who.
    pub operator: Operator,
    /// What.
    pub form: Form,
}

impl FromRequest<AppState> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let operator = Operator::from_request_parts(&mut parts, app).await?;
        let form =
            Form::from_request(Request::from_parts(parts, body), app).await.map_err(IntoResponse::into_response)?;
        match bool::from(form.text(PROOF).as_bytes().ct_eq(operator.proof.as_bytes())) {
            true => Ok(Self { operator, form }),
            false => Err(frame::message(
                StatusCode::FORBIDDEN,
                "This form is not one of this console's any more",
                "Nothing was done. Somebody signed in since, or another account was chosen. Open the page again and repeat it.",
            )
            .into_response()),
        }
    }
}

/// The key pair that a request's cookie stands for, if it does and the pair still opens something.
async fn signed_in(parts: &Parts, app: &AppState) -> Result<Option<Arc<api_keys::Row>>, ApiError> {
    let Some(text) = cookie(parts, SIGNED_IN) else { return Ok(None) };
    let mut fields = text.split('.');
    let (Some(expires_at), Some(public), Some(signature), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Ok(None);
    };
    let public_key = URL_SAFE_NO_PAD.decode(public).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let (Some(public_key), Ok(expires)) = (public_key, expires_at.parse::<u64>()) else { return Ok(None) };
    if expires <= app.clock.machine_time().unix().0 {
        return Ok(None);
    }
    let key = match of_pair(app, &public_key, None).await {
        Ok(key) => key,
        Err(ApiError::InvalidCredentials) => return Ok(None),
        Err(error) => return Err(error),
    };
    let right = sign(app, expires, public, &key);
    if !bool::from(signature.as_bytes().ct_eq(right.as_bytes())) || let_in(parts, app, &key).is_err() {
        return Ok(None);
    }
    Ok(Some(key))
}

fn sign(app: &AppState, expires: u64, public: &str, key: &api_keys::Row) -> String {
    let secret = URL_SAFE_NO_PAD.encode(&key.secret_sha256);
    app.fingerprints.sign("console", &format!("{expires}.{public}.{secret}"))
}

/// A form is about the account that its page was drawn for, even when another was chosen since in another tab.
fn proof(app: &AppState, cookie: &str, account: AccountId) -> String {
    app.fingerprints.sign("console form", &format!("{cookie}.{account}"))
}

fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let all = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn set_cookie(app: &AppState, name: &str, value: &str, lifetime: TimeDelta) -> HeaderValue {
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    let seconds = lifetime.num_seconds();
    let text = format!("{name}={value}; Path=/console; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Leads to the page to sign in on, and from there to the one that was asked for.
fn to_sign_in(parts: &Parts) -> Response {
    let asked_for = match parts.method {
        Method::GET => parts.uri.path_and_query().map_or("/console", |path| path.as_str()),
        _ => "/console",
    };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", asked_for).finish();
    Redirect::to(&format!("/console/sign-in?{query}")).into_response()
}

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/console/sign-in", get(show).post(sign_in))
        .route("/console/sign-out", post(sign_out))
        .route("/console/account", post(choose_account))
}

async fn show(State(app): State<AppState>, parts: Parts) -> Response {
    let query = Form::of_query(&parts.uri);
    draw(&app, StatusCode::OK, query.text("next"), None).into_response()
}

async fn sign_in(State(app): State<AppState>, _: SameSite, parts: Parts, form: Form) -> Result<Response, ApiError> {
    let (public, secret) = (form.text("public_api_key"), form.text("private_secret_key"));
    let next = form.text("next");
    let checked = match of_pair(&app, public, Some(secret)).await {
        Ok(key) => let_in(&parts, &app, &key).map(|()| key),
        Err(error) => Err(error),
    };
    let now = app.clock.machine_time();
    let key = match checked {
        Ok(key) => key,
        Err(error) if error.status_and_code().0.is_server_error() => return Err(error),
        Err(error) => {
            let (status, message) = (error.status_and_code().0, error.body().messages.join(" "));
            return Ok(draw(&app, status, next, Some(&message)).into_response());
        }
    };
    if let Err(retry_after) = app.key_limit.take(public, true, now) {
        return Err(ApiError::TooManyRequests { retry_after });
    }
    let expires = now.plus(lifetime()).unix().0;
    let public = URL_SAFE_NO_PAD.encode(public);
    let cookie = format!("{expires}.{public}.{}", sign(&app, expires, &public, &key));
    // Only to a page of the console: an address from outside could lead anywhere.
    let next = if is_console_path(next) { next } else { "/console" };
    let location = HeaderValue::try_from(next).unwrap_or(HeaderValue::from_static("/console"));
    let headers = [(SET_COOKIE, set_cookie(&app, SIGNED_IN, &cookie, lifetime())), (LOCATION, location)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn is_console_path(path: &str) -> bool {
    path == "/console" || path.starts_with("/console/") || path.starts_with("/console?")
}

async fn sign_out(State(app): State<AppState>, _: Sent) -> Response {
    let cookie = set_cookie(&app, SIGNED_IN, "", TimeDelta::zero());
    let headers = [(SET_COOKIE, cookie), (LOCATION, HeaderValue::from_static("/console/sign-in"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

async fn choose_account(State(app): State<AppState>, Sent { operator, form }: Sent) -> Result<Response, ApiError> {
    let account = AccountId::parse(form.text("account_id")).map_err(|_| ApiError::InvalidAccountId)?;
    if !operator.key.accounts.contains(&account) {
        return Err(ApiError::InvalidAccountId);
    }
    let cookie = set_cookie(&app, ACCOUNT, &account.to_string(), TimeDelta::days(30));
    let headers = [(SET_COOKIE, cookie), (LOCATION, HeaderValue::from_static("/console"))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn draw(app: &AppState, status: StatusCode, next: &str, wrong: Option<&str>) -> Page<'static> {
    let body = html! {
        main.narrow {
            h1 { "Sign in" }
            p { "With a key pair of your organization. The secret key is checked and not kept." }
            @if let Some(wrong) = wrong { p.alert role="alert" { (wrong) } }
            form method="post" action="/console/sign-in" {
                input type="hidden" name="next" value=(next);
                label for="public_api_key" { "Public key" }
                input #public_api_key name="public_api_key" required autocomplete="username" spellcheck="false"
                    value=[app.demo.then_some(crate::demo::PUBLIC_API_KEY)];
                label for="private_secret_key" { "Secret key" }
                input #private_secret_key name="private_secret_key" type="password" required
                    autocomplete="current-password";
                button.primary { "Sign in" }
            }
            @if app.demo {
                p.hint {
                    "This is a demo: its secret key is " code { (crate::demo::PRIVATE_SECRET_KEY) } "."
                }
            }
        }
    };
    Page { status, ..Page::new("Sign in · yuno-sessions", "console", body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_are_led_to() {
        for right in ["/console", "/console/payments?search=x", "/console?account=1"] {
            assert!(is_console_path(right), "{right}");
        }
        for wrong in ["", "/", "//evil.example/console", "/consolation", "https://evil.example/console", "\\/console"] {
            assert!(!is_console_path(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let request = Request::builder().header(COOKIE, "a=1; yuno_console_account=x;yuno_console=y").body(());
        let (parts, ()) = request.expect("a request").into_parts();
        assert_eq!(cookie(&parts, SIGNED_IN), Some("y"));
        assert_eq!(cookie(&parts, ACCOUNT), Some("x"));
        assert_eq!(cookie(&parts, "b"), None);
    }
}
