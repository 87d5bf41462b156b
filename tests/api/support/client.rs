//! Calling the server under test, and looking at what it answers.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt as _;

use super::contract;

/// Which keys a client sends.
#[derive(Clone, Default)]
pub struct Keys {
    pub public: Option<String>,
    pub secret: Option<String>,
}

/// Somebody who calls. Every answer is checked against the OpenAPI document.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub keys: Keys,
    /// The account that the client works with.
    pub account: String,
    headers: Vec<(&'static str, String)>,
}

/// An answer of the server.
pub struct Answer {
    call: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Client {
    pub fn new(router: Router, keys: Keys, account: String) -> Self {
        Self { router, keys, account, headers: Vec::new() }
    }

    /// The same client, sending one more header.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value.into()));
        client
    }

    /// The same client, naming its account in the header, as calls about checkouts must.
    pub fn with_account(&self) -> Self {
        self.with("x-account-code", self.account.clone())
    }

    /// The same client, calling another server.
    pub fn on(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// The same client without the secret key.
    pub fn without_secret(&self) -> Self {
        let mut client = self.clone();
        client.keys.secret = None;
        client
    }

    pub async fn get(&self, path: impl AsRef<str>) -> Answer {
        self.call(Method::GET, path.as_ref(), None).await
    }

    pub async fn post(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.call(Method::POST, path.as_ref(), Some(body)).await
    }

    pub async fn post_nothing(&self, path: impl AsRef<str>) -> Answer {
        self.call(Method::POST, path.as_ref(), None).await
    }

    pub async fn patch(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.call(Method::PATCH, path.as_ref(), Some(body)).await
    }

    pub async fn put(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.call(Method::PUT, path.as_ref(), Some(body)).await
    }

    /// Moves the time of the client's organization, and gives what was done.
    pub async fn advance(&self, span: Value) -> Value {
        self.post("/v1/testing/clock/advance", span).await.expect(200)
    }

    pub async fn delete(&self, path: impl AsRef<str>) -> Answer {
        self.call(Method::DELETE, path.as_ref(), None).await
    }

    /// Sends a request as it is, and looks at nothing.
    pub async fn oneshot(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let bytes = body.as_ref().map(|body| body.to_string().into_bytes());
        let answer = self.send(method.clone(), path, bytes, "application/json").await;
        if let Some(body) = body.filter(|_| answer.status.is_success()) {
            contract::check_request(&method, path, &body);
        }
        answer
    }

    /// Sends any bytes as a body.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>, content_type: &str) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        for (name, value) in [("public-api-key", &self.keys.public), ("private-secret-key", &self.keys.secret)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() && !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.oneshot(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer { call: format!("{method} {path}"), status: parts.status, headers: parts.headers, bytes };
        contract::check_answer(&method, path, answer.status, &answer.headers, &answer.bytes);
        answer
    }
}

impl Answer {
    /// The body, when the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{} answered {}", self.call, String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Fails unless the server refused with a status and a code. Gives the messages.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Vec<String> {
        let call = self.call.clone();
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{call} answered {body}");
        body["messages"].as_array().unwrap().iter().map(|message| message.as_str().unwrap().to_owned()).collect()
    }

    /// Fails unless the server refused exactly these fields, in this order, as wrong.
    #[track_caller]
    pub fn refused_fields(self, fields: &[&str]) {
        let messages = self.refused(400, "INVALID_PARAMETERS");
        let named: Vec<_> = messages.iter().map(|message| message.split(": ").next().unwrap()).collect();
        assert_eq!(named, fields, "{messages:?}");
    }

    /// The body; null when there is none.
    pub fn json(&self) -> Value {
        match self.bytes.as_ref() {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes).unwrap_or_else(|_| panic!("{}: no JSON: {bytes:?}", self.call)),
        }
    }
}
