//! Addresses that a customer is sent to.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Text;

/// An absolute URL of 3 to 526 characters that a browser or an app can be sent to: web addresses and the deep
/// links of apps, but nothing that would run as code. Kept as it was sent.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Link(String);

impl Link {
    /// Takes an absolute URL.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = Text::<3, 526>::parse(text)?.into_string();
        match Url::parse(&text) {
            Ok(url) if !["javascript", "data", "vbscript", "file", "blob"].contains(&url.scheme()) => Ok(Self(text)),
            _ => Err("must be an absolute URL, such as https://example.com/return".into()),
        }
    }
}

impl Link {
    /// Takes what [`parse`](Self::parse) takes, and also an address without `https://` before it, such as
    /// `www.example.com`: payments are sent with such ones.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn from_loose(text: &str) -> Result<Self, String> {
        // A host with a port reads like a scheme.
        let (before, after) = text.split_once(':').unwrap_or((text, "0"));
        let without_scheme = before.contains('/') || after.starts_with(|c: char| c.is_ascii_digit());
        match without_scheme {
            true => Self::parse(&format!("https://{text}")),
            false => Self::parse(text),
        }
    }

    /// The address that a customer is sent back to, with the session's id appended under its name.
    #[must_use]
    pub fn for_return(&self, session: Option<(&str, String)>) -> Option<String> {
        let mut url = Url::parse(&self.0).ok()?;
        if let Some((name, id)) = session {
            url.query_pairs_mut().append_pair(name, &id);
        }
        Some(url.into())
    }

    /// The address as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_web_addresses_and_deep_links_but_no_code() {
        for right in ["https://www.example.com", "http://localhost:3000/a?b=c", "myshop://checkout/done"] {
            assert!(Link::parse(right).is_ok(), "{right}");
        }
        for (loose, whole) in [
            ("www.example.com", "https://www.example.com"),
            ("www.example.com/a:b", "https://www.example.com/a:b"),
            ("localhost:3000/back", "https://localhost:3000/back"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("myshop://done", "myshop://done"),
        ] {
            assert_eq!(Link::from_loose(loose).expect(loose).as_str(), whole);
        }
        assert!(Link::from_loose("javascript:alert(1)").is_err() && Link::from_loose("a b").is_err());
        for wrong in ["example.com/return", "/return", "javascript:alert(1)", "data:text/html,x", "no", ""] {
            assert!(Link::parse(wrong).is_err(), "{wrong}");
        }
    }
}
