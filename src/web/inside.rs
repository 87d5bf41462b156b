//! Calls of the API from the server's own pages, in this process.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::api::auth::{ACCOUNT_CODE, KnownKey, PUBLIC_API_KEY};
use crate::api::caller::PeerAddress;
use crate::api::idempotency;
use crate::db::api_keys;
use crate::error::ApiError;
use crate::telemetry::RequestRecord;
use crate::types::AccountId;

/// The API, without what guards it against others: who calls from the inside was let in already.
#[derive(Clone)]
pub struct Inside(Router);

/// Who a page calls for.
pub enum Caller<'a> {
    /// A customer, with a merchant's public key, from where the customer's call comes.
    Customer {
        /// The key.
        public_key: &'a str,
        /// The call.
        parts: &'a Parts,
    },
    /// Whoever is signed in to the console.
    Operator {
        /// The key pair.
        key: &'a Arc<api_keys::Row>,
        /// The account that the operator looks at.
        account: AccountId,
        /// The idempotency key of what must not be done twice.
        once: Option<&'a str>,
    },
}

/// What the API answered in place of what was asked for.
#[derive(Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The code.
    pub code: String,
    /// What is wrong, field by field.
    pub messages: Vec<String>,
}

impl Inside {
    /// Takes the API's routes with everything that shapes their answers.
    #[must_use]
    pub fn new(routes: Router) -> Self {
        Self(routes)
    }

    /// Asks for something.
    ///
    /// # Errors
    /// What the API refuses.
    pub async fn get<T: DeserializeOwned>(&self, caller: Caller<'_>, path: &str) -> Result<T, Refusal> {
        self.call(caller, Method::GET, path, None).await
    }

    /// Does something. What is answered without a body is `null`.
    ///
    /// # Errors
    /// What the API refuses.
    pub async fn call<T: DeserializeOwned>(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Refusal> {
        let mut request = Request::builder().method(method).uri(path);
        match caller {
            Caller::Customer { public_key, parts } => {
                request = request.header(PUBLIC_API_KEY, public_key);
                let forwarded = HeaderName::from_static("x-forwarded-for");
                for address in parts.headers.get_all(&forwarded) {
                    request = request.header(&forwarded, address);
                }
                if let Some(record) = parts.extensions.get::<RequestRecord>() {
                    request = request.extension(record.clone());
                }
                if let Some(peer) = parts.extensions.get::<PeerAddress>() {
                    request = request.extension(*peer);
                }
            }
            Caller::Operator { key, account, once } => {
                request = request.header(ACCOUNT_CODE, account.to_string()).extension(KnownKey(Arc::clone(key)));
                if let Some(once) = once {
                    request = request.header(idempotency::HEADER, once);
                }
            }
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        // An address that cannot be one is that of nothing.
        let request = request.body(body).map_err(|_| Refusal::from(ApiError::NotFound))?;
        let response = match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let broken = |error: anyhow::Error| {
            tracing::error!(%error, path, "an answer of the API that a page cannot read");
            Refusal::from(ApiError::Internal(error))
        };
        let bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| broken(error.into()))?;
        let answer = if bytes.is_empty() { b"null" } else { &bytes[..] };
        match status.is_success() {
            true => serde_json::from_slice(answer).map_err(|error| broken(error.into())),
            false => Err(Refusal::told(status, &serde_json::from_slice(answer).unwrap_or_default())),
        }
    }
}

impl Refusal {
    /// Whether there is no such thing: with one status or another, the code says so.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND || self.code.ends_with("NOT_FOUND")
    }

    fn told(status: StatusCode, body: &Value) -> Self {
        let texts = body["messages"].as_array().into_iter().flatten();
        Self {
            status,
            code: body["code"].as_str().unwrap_or_default().to_owned(),
            messages: texts.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let body = error.body();
        Self { status: error.status_and_code().0, code: body.code, messages: body.messages }
    }
}
