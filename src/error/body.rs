//! What clients read of a refusal, and how it differs in some parts of the API.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiError;

/// The body of every refusal.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What happened, for programs.
    pub code: String,
    /// What happened, for people: one message for each wrong field where fields are wrong.
    pub messages: Vec<String>,
    /// On connections only: the kind of error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// On connections only: the messages as one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// On connections only: always an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The body of an error in the connections part of the API, which has `type`, `message` and `details` beside the
/// common body.
#[must_use]
pub fn connections_body(status: StatusCode, body: ErrorBody) -> ErrorBody {
    let kind = match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "auth_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_client_error() => "validation_error",
        _ => "api_error",
    };
    ErrorBody {
        r#type: Some(kind.to_owned()),
        message: Some(body.messages.join("; ")),
        details: Some(serde_json::Map::new()),
        ..body
    }
}

/// The body of an error in the webhooks part of the API, which has codes of its own for what is common elsewhere.
#[must_use]
pub fn webhooks_body(body: ErrorBody) -> ErrorBody {
    let about_triggers = |message: &String| message.split(':').next().is_some_and(|place| place.contains("_triggers"));
    let about_account = |message: &String| message.starts_with("account_id:");
    let code = match body.code.as_str() {
        "INVALID_PARAMETERS" if body.messages.iter().all(about_account) => return ApiError::InvalidAccountId.body(),
        "INVALID_PARAMETERS" if body.messages.iter().all(about_triggers) => "WEBHOOK_INVALID_TRIGGER",
        "INVALID_PARAMETERS" | "MISSING_PARAMETERS" => "WEBHOOK_INVALID_REQUEST",
        code => code,
    };
    ErrorBody { code: code.to_owned(), ..body }
}

/// The body of an error in the checkouts part of the API, where what is missing is wrong.
#[must_use]
pub fn checkouts_body(body: ErrorBody) -> ErrorBody {
    match body.code.as_str() {
        "MISSING_PARAMETERS" => ErrorBody { code: "INVALID_PARAMETERS".to_owned(), ..body },
        _ => body,
    }
}

/// Gives an error of a part of the API the body that it has there.
pub fn with_body(mut response: Response, body_there: impl FnOnce(StatusCode, ErrorBody) -> ErrorBody) -> Response {
    if let Some(body) = response.extensions_mut().remove::<ErrorBody>() {
        let body = body_there(response.status(), body);
        let answer = Json(&body).into_response();
        // The old length is that of the old body.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = answer.into_body();
    }
    response
}
