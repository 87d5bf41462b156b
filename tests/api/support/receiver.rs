//! A receiver of webhooks: a real server on this machine that notes what it is sent, and answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What a receiver was sent.
#[derive(Clone)]
pub struct Call {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Call {
    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// What it tells: the kind of the event, how often it was tried before, and its key.
    pub fn told(&self) -> (String, i64, String) {
        let body = self.json();
        let subject = body["data"].as_object().unwrap().values().next().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&body["type_event"]), body["retry"].as_i64().unwrap(), text(&subject["idempotency_key"]))
    }
}

/// How a receiver answers.
pub enum Reply {
    /// With a status.
    Status(u16),
    /// With a status and a body.
    Body(u16, String),
    /// By sending the caller elsewhere.
    Redirect(String),
    /// With 200, when it is told to.
    When(Arc<Semaphore>),
    /// Never.
    Hang,
}

/// A receiver that runs as long as it is not dropped.
pub struct Receiver {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    called: Arc<Semaphore>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    /// One that answers every call with 200.
    pub async fn new() -> Self {
        Self::answering(|_, _| Reply::Status(200)).await
    }

    /// One that answers by what it was sent, and how many calls came before.
    pub async fn answering(answer: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (calls, called) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let (noted, noting) = (Arc::clone(&calls), Arc::clone(&called));
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |request: Request| {
            let (noted, noting, answer) = (Arc::clone(&noted), Arc::clone(&noting), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let call = Call { uri: parts.uri, headers: parts.headers, bytes };
                let before = {
                    let mut noted = noted.lock().unwrap();
                    noted.push(call.clone());
                    noted.len() - 1
                };
                noting.add_permits(1);
                respond(answer(&call, before)).await
            }
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, calls, called, server }
    }

    /// What it was sent, in the order in which it came.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// What it was sent, in short.
    pub fn told(&self) -> Vec<(String, i64, String)> {
        self.calls().iter().map(Call::told).collect()
    }

    /// Waits until it was called once more than it was waited for.
    pub async fn called(&self) {
        self.called.acquire().await.unwrap().forget();
    }
}

async fn respond(reply: Reply) -> Response {
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Body(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Redirect(url) => (StatusCode::FOUND, [("location", url)]).into_response(),
        Reply::When(told) => {
            told.acquire().await.unwrap().forget();
            StatusCode::OK.into_response()
        }
        Reply::Hang => std::future::pending().await,
    }
}
