//! Webhooks: where they lead, what they ask for, and how their deliveries stand.

use axum::http::{HeaderName, HeaderValue};
use url::Url;

use super::names;

/// Id of a webhook: a whole number, written as its digits. Random within an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct WebhookId(i64);

impl WebhookId {
    /// The smallest one: all have as many digits as this.
    const FIRST: i64 = 100_000_000_000_000;

    /// A new id of fifteen digits, which every language reads as an exact number too.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn random() -> anyhow::Result<Self> {
        let random = getrandom::u64().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let range = u64::try_from(9 * Self::FIRST)?;
        Ok(Self(Self::FIRST + i64::try_from(random % range)?))
    }

    /// Takes the digits of an id.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|id: &i64| (Self::FIRST..10 * Self::FIRST).contains(id) && id.to_string() == text)
            .map(Self)
            .ok_or_else(|| "must be the digits of a webhook's id".into())
    }
}

impl std::fmt::Display for WebhookId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for WebhookId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An `http` or `https` URL that can be called, of 1 to 2,048 characters. Kept as it was sent.
#[derive(Clone, Debug)]
pub struct Endpoint {
    text: String,
    url: Url,
}

impl Endpoint {
    /// Takes a URL that can be called.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control()) && text.len() <= 2_048;
        Url::parse(text)
            .ok()
            .filter(|url| plain && matches!(url.scheme(), "http" | "https") && url.has_host())
            // They would be sent as credentials of another kind than those that a webhook has.
            .filter(|url| url.username().is_empty() && url.password().is_none())
            .map(|url| Self { text: text.to_owned(), url })
            .ok_or_else(|| {
                let example = "such as https://example.com/webhooks";
                format!("must be an http or https URL of at most 2048 characters, without a user, {example}")
            })
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What is called, in its usual form: two spellings of one target are the same.
    #[must_use]
    pub fn called(mut self) -> Url {
        self.url.set_fragment(None);
        self.url
    }

    /// The URL as it was sent.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }
}

/// A text of up to 1,024 characters that a header can hold: printable ASCII. Empty where it takes a text away.
#[derive(Clone, Debug)]
pub struct HeaderText(String);

impl HeaderText {
    /// Takes a text that a header can hold.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && text.trim() == text;
        match printable && text.len() <= 1_024 && HeaderValue::from_str(text).is_ok() {
            true => Ok(Self(text.to_owned())),
            false => Err("must have at most 1024 printable ASCII characters, without spaces around them".into()),
        }
    }

    /// The text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether it can be the name of a header that nothing else is sent in.
    #[must_use]
    pub fn names_a_free_header(name: &str) -> bool {
        const TAKEN: [&str; 9] = [
            "connection",
            "content-length",
            "content-type",
            "host",
            "transfer-encoding",
            "upgrade",
            "x-api-key",
            "x-hmac-signature",
            "x-secret",
        ];
        HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !TAKEN.contains(&name.as_str()))
    }
}

names! {
    /// Whether a webhook receives anything.
    WebhookState {
        /// It does.
        Active = "ACTIVE",
        /// It does not.
        Inactive = "INACTIVE",
    }
}

names! {
    /// What happens to payments.
    PaymentTrigger {
        /// A two-step payment was authorized, or not.
        Authorize = "AUTHORIZE",
        /// A payment was cancelled, or not.
        Cancel = "CANCEL",
        /// Held money was taken, or not.
        Capture = "CAPTURE",
        /// A dispute was opened, or has moved. Only tests open one.
        Chargeback = "CHARGEBACK",
        /// A dispute that was settled before it began. It asks for nothing here: that is told as any dispute is.
        Prechargeback = "PRECHARGEBACK",
        /// The outcome of a single-step payment changed.
        Purchase = "PURCHASE",
        /// Money was given back, or not.
        Refund = "REFUND",
        /// A card was verified, or not.
        Verify = "VERIFY",
    }
}

names! {
    /// What happens to the payment methods of customers.
    EnrollmentTrigger {
        /// One was enrolled.
        Enroll = "ENROLL",
        /// One was taken away.
        Unenroll = "UNENROLL",
    }
}

names! {
    /// What happens to reports. There are none here.
    ReportTrigger {
        /// Made.
        Create = "CREATE",
        /// Changed.
        Update = "UPDATE",
    }
}

names! {
    /// What happens to subscriptions. There are none here.
    SubscriptionTrigger {
        /// Active.
        Active = "ACTIVE",
        /// Called off.
        Cancel = "CANCEL",
        /// Renewed soon.
        CloseToRenewal = "CLOSE_TO_RENEWAL",
        /// Over.
        Complete = "COMPLETE",
        /// Made.
        Create = "CREATE",
        /// Paused.
        Pause = "PAUSE",
        /// Going on.
        Resume = "RESUME",
    }
}

names! {
    /// What happens to the onboarding of sellers. There is none here.
    OnboardingTrigger {
        /// Blocked.
        Blocked = "BLOCKED",
        /// Called off.
        Cancelled = "CANCELLED",
        /// Made.
        Created = "CREATED",
        /// Refused.
        Declined = "DECLINED",
        /// Failed.
        Error = "ERROR",
        /// Expired.
        Expired = "EXPIRED",
        /// Inactive.
        Inactive = "INACTIVE",
        /// Waiting.
        Pending = "PENDING",
        /// Done.
        Succeeded = "SUCCEEDED",
        /// Handed over.
        Transferred = "TRANSFERRED",
        /// Not blocked any more.
        Unblocked = "UNBLOCKED",
    }
}

names! {
    /// What happens to checkout sessions: this server's own.
    CheckoutSessionTrigger {
        /// Its payment came to an end.
        Completed = "COMPLETED",
        /// Its time ran out.
        Expired = "EXPIRED",
    }
}

names! {
    /// What an event tells, by the name that it has in its body.
    EventKind {
        /// The outcome of a single-step payment changed.
        Purchase = "payment.purchase",
        /// A two-step payment was authorized, or not.
        Authorize = "payment.authorize",
        /// Held money was taken, or not.
        Capture = "payment.capture",
        /// Money was given back, or not.
        Refund = "payment.refund",
        /// A payment was cancelled, or not.
        Cancel = "payment.cancel",
        /// A card was verified, or not.
        Verify = "payment.verify",
        /// A dispute was opened, or has moved.
        Chargeback = "payment.chargeback",
        /// A payment method was enrolled.
        Enroll = "enrollment.enroll",
        /// A payment method was taken away.
        Unenroll = "enrollment.unenroll",
        /// The payment of a checkout session came to an end.
        SessionCompleted = "checkout_session.completed",
        /// The time of a checkout session ran out.
        SessionExpired = "checkout_session.expired",
    }
}

impl EventKind {
    /// What it is about, and what happened to that: `payment` and `purchase`.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.as_str().split_once('.').unwrap_or_default()
    }

    /// Whether a trigger asks for it.
    #[must_use]
    pub fn is_asked_by(&self, trigger: &str) -> bool {
        self.parts().1.eq_ignore_ascii_case(trigger)
    }
}

names! {
    /// How a delivery stands.
    DeliveryStatus {
        /// It will be tried, or tried again.
        Pending = "PENDING",
        /// The receiver answered 200.
        Delivered = "DELIVERED",
        /// The last try failed.
        Failed = "FAILED",
        /// Its webhook was deleted before it was delivered.
        Canceled = "CANCELED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_webhooks_are_digits_and_have_one_spelling() {
        let id = WebhookId::random().expect("random bits");
        assert_eq!(WebhookId::parse(&id.to_string()), Ok(id));
        for wrong in ["12345", "+123456789012345", "0123456789012345", "1234567890123456", "-100000000000000", "", "x"]
        {
            assert!(WebhookId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn endpoints_can_be_called() {
        for right in ["http://localhost:9000/hook", "https://example.com", "https://[2001:db8::1]:8443/a?b=c"] {
            assert!(Endpoint::parse(right).is_ok(), "{right}");
        }
        let long = format!("https://example.com/{}", "x".repeat(2_048));
        for wrong in [
            "ftp://example.com",
            "example.com",
            "https://",
            "https://user:secret@example.com",
            "myshop://x",
            "",
            "https://exam\nple.com",
            " https://example.com",
            &long,
        ] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_spellings_of_one_target_are_the_same() {
        let called = |text: &str| Endpoint::parse(text).expect(text).called();
        assert_eq!(called("https://EXAMPLE.com:443/a#b"), called("https://example.com/a"));
        assert_ne!(called("https://example.com/a?b"), called("https://example.com/a"));
    }

    #[test]
    fn what_goes_into_a_header_cannot_end_it() {
        assert!(HeaderText::parse("a key-1~").is_ok() && HeaderText::parse("").is_ok());
        for wrong in ["a\r\nb", "é", " a", "a\t", "\u{7f}", &"x".repeat(1_025)] {
            assert!(HeaderText::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(HeaderText::names_a_free_header("Authorization") && HeaderText::names_a_free_header("x-token"));
        for wrong in ["Content-Length", "X-Secret", "a b", "", "a:"] {
            assert!(!HeaderText::names_a_free_header(wrong), "{wrong}");
        }
    }

    #[test]
    fn events_are_asked_for_by_their_last_part() {
        assert!(EventKind::Purchase.is_asked_by("PURCHASE") && !EventKind::Purchase.is_asked_by("REFUND"));
        assert_eq!(EventKind::SessionExpired.parts(), ("checkout_session", "expired"));
    }
}
