//! What a receiver knows a delivery by: its secrets and its signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use sha2::Sha256;

use crate::types::Secret;

/// The secrets of a receiver, as far as it has some.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrets<'a> {
    /// Sent as `x-api-key`.
    pub api_key: Option<&'a Secret>,
    /// Sent as `x-secret`.
    pub secret: Option<&'a Secret>,
    /// What the body is signed with: `x-hmac-signature`.
    pub hmac_client_secret: Option<&'a Secret>,
}

impl Secrets<'_> {
    /// The headers that a body is sent with.
    ///
    /// # Errors
    /// When a secret is no text for a header.
    pub fn headers(self, body: &[u8]) -> Result<HeaderMap, InvalidHeaderValue> {
        let signature = self.hmac_client_secret.map(|secret| signature(secret.expose(), body));
        let texts = [
            ("x-api-key", self.api_key.map(Secret::expose)),
            ("x-secret", self.secret.map(Secret::expose)),
            ("x-hmac-signature", signature.as_deref()),
        ];
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        for (name, text) in texts {
            if let Some(text) = text {
                let mut value = HeaderValue::from_str(text)?;
                value.set_sensitive(true);
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(headers)
    }
}

/// What `x-hmac-signature` says of a body: Base64 of its HMAC-SHA256 under the webhook's secret. 44 characters.
#[must_use]
pub fn signature(secret: &str, body: &[u8]) -> String {
    // A key of any length is one for HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_that_of_the_standards_example() {
        // RFC 4231, test case 2, in Base64.
        let signature = signature("Jefe", b"what do ya want for nothing?");
        assert_eq!(signature, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    }
}
