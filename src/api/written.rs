//! Answers in JSON.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::ApiError;

/// How long most answers are: room for them is made at once.
const USUAL_LENGTH: usize = 1024;

/// A body in JSON. The framework's own writes piece by piece into a buffer that grows as often.
pub struct Written<T>(pub T);

impl<T: Serialize> IntoResponse for Written<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(USUAL_LENGTH);
        match serde_json::to_writer(&mut body, &self.0) {
            Ok(()) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => ApiError::Internal(error.into()).into_response(),
        }
    }
}
