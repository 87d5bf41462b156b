//! Bodies, queries and paths of requests.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{At, Input, Problems};
use crate::error::ApiError;

/// The JSON body of a request, read as `T`.
pub struct Body<T> {
    /// What was read.
    pub value: T,
    /// SHA-256 of the bytes that were sent, to tell two bodies under one idempotency key apart.
    pub sha256: [u8; 32],
}

impl<S: Send + Sync, T: Input> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let json = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
        if !json {
            return Err(ApiError::UnsupportedMediaType);
        }
        // It was read before the request was let in: neither its length nor its end can surprise any more.
        let bytes = Bytes::from_request(request, state).await.map_err(anyhow::Error::from)?;
        let raw = parse(&bytes)?;
        let mut problems = Problems::default();
        let value = T::read(&raw, At::Root, &mut problems);
        problems.into_result()?;
        Ok(Self {
            // A reader that notes no problem has read something.
            value: value.ok_or_else(|| anyhow::anyhow!("a request was refused without a reason"))?,
            sha256: Sha256::digest(&bytes).into(),
        })
    }
}

/// Reads JSON of at most 128 levels.
fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    if has_key_of_the_parser(bytes) {
        return Err(ApiError::InvalidRequest("The body has a name that cannot be read.".into()));
    }
    if bytes.is_empty() {
        return Err(ApiError::InvalidRequest("The body is not valid JSON: it is empty.".into()));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::InvalidRequest(format!("The body is not valid JSON: {error}.")))
}

/// Whether a text in the body is one of the names by which the parser knows its own numbers and raw values: an object
/// with such a name would be read as what it is not, and past the limit on levels.
fn has_key_of_the_parser(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let text = &rest[start..];
        let mut escaped = false;
        let end = text.iter().skip(1).position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        // Cut off in the middle of a text: no JSON, which the parser says better.
        let Some(end) = end else { return false };
        let (literal, after) = text.split_at(end + 2);
        // The first character may be escaped, so that only what it stands for tells.
        if matches!(literal.get(1), Some(b'$' | b'\\'))
            && serde_json::from_slice::<String>(literal).is_ok_and(|text| text.starts_with("$serde_json::private::"))
        {
            return true;
        }
        rest = after;
    }
    false
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The query of a request, read as `T` from an object of strings, and of lists of them where a name is given twice.
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: Input> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::InvalidRequest("The query cannot be read.".into()))?;
        let mut problems = Problems::default();
        let mut object = Map::new();
        for (name, value) in pairs {
            // Given twice it is a list, which few fields of a query take.
            let value = Value::String(value);
            match object.remove(&name) {
                Some(Value::Array(mut values)) => {
                    values.push(value);
                    object.insert(name, Value::Array(values))
                }
                Some(first) => object.insert(name, Value::Array(vec![first, value])),
                None => object.insert(name, value),
            };
        }
        let read = T::read(&Value::Object(object), At::Root, &mut problems);
        problems.into_result()?;
        Ok(Self(read.ok_or_else(|| anyhow::anyhow!("a query was refused without a reason"))?))
    }
}

/// The one parameter of a path, as text. What cannot be read is empty, which names nothing.
pub struct PathParameter(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParameter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let first = parameters.iter().flatten().next().map(|(_, value)| value.to_owned());
        Ok(Self(first.unwrap_or_default()))
    }
}

/// The two parameters of a path with two, as text. What cannot be read is empty, which names nothing.
pub struct PathParameters(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let mut values = parameters.iter().flatten().map(|(_, value)| value.to_owned());
        Ok(Self(values.next().unwrap_or_default(), values.next().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_by_its_content_type() {
        assert!(is_json("application/json") && is_json("Application/JSON; charset=utf-8"));
        assert!(is_json("application/merge-patch+json"));
        assert!(!is_json("text/json") && !is_json("application/x-www-form-urlencoded") && !is_json(""));
    }

    #[test]
    fn names_of_the_parser_are_refused_however_they_are_written() {
        for wrong in [
            r#"{"$serde_json::private::RawValue": "[1]"}"#,
            r#"{"a": [{"$serde_json::private::Number": "5"}]}"#,
            r#"{"\u0024serde_json::private::RawValue": "[1]"}"#,
            r#"{"\"\\": 1, "$serde_json\u003a:private::RawValue": "[1]"}"#,
        ] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        for right in [r#"{"$": "\\", "a\"$serde_json::private::": 1}"#, r#"{"price": "$5"}"#, "{}", r#"["\""]"#] {
            assert!(parse(right.as_bytes()).is_ok(), "{right}");
        }
    }
}
