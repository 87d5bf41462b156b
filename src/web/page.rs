//! A whole page: what every one has around it, and what its browser may do with it.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::{Asset, STYLE};
use crate::keys::sha256;

/// A page. It runs its own scripts, calls this server alone, and is shown in no other page.
pub struct Page<'a> {
    /// The status that it is answered with.
    pub status: StatusCode,
    /// Its language, as in `lang`.
    pub language: &'static str,
    /// What its tab says.
    pub title: &'a str,
    /// What the style sheet draws it as.
    pub class: &'a str,
    /// Its script, if it has one.
    pub script: Option<&'static Asset>,
    /// A style of its own, of what is known to be safe in one.
    pub style: String,
    /// Where its pictures may come from besides this server: origins.
    pub pictures: Vec<String>,
    /// Where its fonts may come from: origins.
    pub fonts: Vec<String>,
    /// Whether what its form sends may lead to any other address.
    pub leads_on: bool,
    /// What its body has.
    pub body: Markup,
}

impl<'a> Page<'a> {
    /// A page in English with a body, and with nothing special about it.
    #[must_use]
    pub fn new(title: &'a str, class: &'a str, body: Markup) -> Self {
        Self {
            status: StatusCode::OK,
            language: "en",
            title,
            class,
            script: None,
            style: String::new(),
            pictures: Vec::new(),
            fonts: Vec::new(),
            leads_on: false,
            body,
        }
    }

    fn policy(&self) -> String {
        let own_style = match self.style.is_empty() {
            true => String::new(),
            false => format!(" 'sha256-{}'", STANDARD.encode(sha256(&self.style))),
        };
        let others = |origins: &[String]| origins.iter().map(|origin| format!(" {origin}")).collect::<String>();
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'{own_style}; img-src 'self' data:{}; font-src 'self'{}; \
             connect-src 'self';{} base-uri 'none'; frame-ancestors 'none'",
            others(&self.pictures),
            others(&self.fonts),
            if self.leads_on { "" } else { " form-action 'self';" },
        )
    }
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let policy = HeaderValue::try_from(self.policy())
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        let html = html! {
            (DOCTYPE)
            html lang=(self.language) {
                head {
                    meta charset="utf-8";
                    title { (self.title) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(STYLE.path());
                    @if !self.style.is_empty() { style { (PreEscaped(&self.style)) } }
                    @if let Some(script) = self.script { script src=(script.path()) type="module" {} }
                }
                body class=(self.class) { (self.body) }
            }
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, policy),
            // Without any, a browser hides from this server, too, that its form comes from its own page. The address of a page
            // that leads on is a secret.
            (REFERRER_POLICY, HeaderValue::from_static(if self.leads_on { "no-referrer" } else { "same-origin" })),
        ];
        (self.status, headers, html.into_string()).into_response()
    }
}
