//! Checkouts that a merchant shapes: their names, their states, and the words of their rules.

use url::{Host, Url};

use super::{Text, is_public, names};

/// The merchant's name of a checkout: 1 to 255 characters, not only spaces. Kept as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutName(String);

impl CheckoutName {
    /// Takes a name.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = Text::<1, 255>::parse(text)?.into_string();
        match text.trim().is_empty() {
            true => Err("must not be blank".into()),
            false => Ok(Self(text)),
        }
    }

    /// The name, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

names! {
    /// Whether a checkout shapes sessions.
    CheckoutStatus {
        /// It does.
        Published = "PUBLISHED",
        /// It does not, for the time being.
        NotPublished = "NOT_PUBLISHED",
        /// It is put away.
        Archived = "ARCHIVED",
    }
}

names! {
    /// With what a checkout lets customers pay or enroll by a payment method.
    ActiveEnrollmentType {
        /// Customers can enroll it, and pay with what they have enrolled only.
        Enrollment = "ENROLLMENT",
        /// Customers can pay with it, and neither enroll it nor pay with what they have enrolled.
        NoEnrollment = "NO_ENROLLMENT",
        /// All of that.
        Both = "BOTH",
        /// It is a method that nobody enrolls; customers can pay with it.
        None = "NONE",
    }
}

impl ActiveEnrollmentType {
    /// Whether customers can enroll, and pay with what they have enrolled.
    #[must_use]
    pub fn allows_enrolled(self) -> bool {
        matches!(self, Self::Enrollment | Self::Both)
    }

    /// Whether customers can pay without having enrolled.
    #[must_use]
    pub fn allows_new(self) -> bool {
        self != Self::Enrollment
    }
}

names! {
    /// What a condition looks at.
    ConditionType {
        /// The session's country.
        Country = "COUNTRY",
        /// Its currency.
        Currency = "CURRENCY",
        /// Its amount.
        Amount = "AMOUNT",
        /// Its metadata.
        Metadata = "METADATA",
    }
}

names! {
    /// Whether a condition asks for its values, or for anything else.
    Conditional {
        /// One of the values.
        OneOf = "ONE_OF",
        /// None of the values.
        NotOneOf = "NOT_ONE_OF",
        /// The same as `ONE_OF`.
        Include = "INCLUDE",
        /// The same as `NOT_ONE_OF`.
        Exclude = "EXCLUDE",
    }
}

impl Conditional {
    /// Whether it asks for one of the values.
    #[must_use]
    pub fn includes(self) -> bool {
        matches!(self, Self::OneOf | Self::Include)
    }
}

/// Where a picture or a font of a checkout is: an `https` URL with a public host, or a path that begins with `/`, of at
/// most 2,048 characters. Nobody calls it from here: a customer's browser does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct AssetAddress(String);

impl AssetAddress {
    /// Takes an address.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = Text::<1, 2048>::parse(text)?.into_string();
        let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
        match is_path || Url::parse(&text).is_ok_and(|url| url.scheme() == "https" && has_public_host(&url)) {
            true => Ok(Self(text)),
            false => Err("must be an https URL with a public host, or a path that begins with /".into()),
        }
    }

    /// The address itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name or an address can be one of the public internet. Names are not looked up.
fn has_public_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.contains('.') && ![".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_blank() {
        assert!(CheckoutName::parse("Promo Checkout").is_ok() && CheckoutName::parse(" x ").is_ok());
        for wrong in ["", " ", "\t\u{a0}", "a\0", &"x".repeat(256)] {
            assert!(CheckoutName::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn assets_are_of_public_hosts_or_of_this_one() {
        for right in ["https://cdn.example.com/logo.png", "/icons/card.svg", "https://1.1.1.1/logo.png"] {
            assert!(AssetAddress::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "logo.png",
            "//cdn.example.com/logo.png",
            "/\\cdn.example.com/logo.png",
            "http://cdn.example.com/logo.png",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)",
            "https://localhost/logo.png",
            "https://printer.local/logo.png",
            "https://intranet/logo.png",
            "https://10.0.0.1/logo.png",
            "https://[::1]/logo.png",
            "https://127.1/logo.png",
        ] {
            assert!(AssetAddress::parse(wrong).is_err(), "{wrong}");
        }
    }
}
