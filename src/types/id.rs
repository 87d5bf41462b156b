//! Ids: UUIDs of version 7, one type for each kind of thing, so that they cannot be mixed up.

use uuid::{NoContext, Uuid};

use super::Timestamp;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: the time in milliseconds and 74 random bits. It indexes well and cannot be guessed.
            #[must_use]
            pub fn new(now: Timestamp) -> Self {
                Self(random(now))
            }

            /// The smallest id that can be made in the millisecond of a time.
            #[must_use]
            pub fn first_of(now: Timestamp) -> Self {
                let (seconds, nanoseconds) = now.unix();
                let millis = seconds * 1_000 + u64::from(nanoseconds / 1_000_000);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
            }

            /// A fixed id, for things that are the same everywhere, such as the demo account.
            #[must_use]
            pub const fn fixed(id: u128) -> Self {
                Self(Uuid::from_u128(id))
            }

            /// Its bits.
            #[must_use]
            pub fn number(self) -> u128 {
                self.0.as_u128()
            }

            /// Takes the 36 characters of a UUID.
            ///
            /// # Errors
            /// What is wrong, in words for the sender.
            pub fn parse(text: &str) -> Result<Self, String> {
                // The library also reads braces, URNs and 32 digits, which would give one thing several names.
                Some(text)
                    .filter(|text| text.len() == 36)
                    .and_then(|text| Uuid::try_parse(text).ok())
                    .map(Self)
                    .ok_or_else(|| "must be a UUID of 36 characters".into())
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

id! {
    /// Id of an organization, the tenant that a key pair belongs to.
    OrganizationId
    /// Id of an account of an organization.
    AccountId
    /// Id of a customer.
    CustomerId
    /// Id of a checkout session: the `checkout_session` token that clients hold.
    CheckoutSessionId
    /// Id of a customer session: the `customer_session` token that clients hold.
    CustomerSessionId
    /// Id of a connection between an account and a provider.
    ConnectionId
    /// Id of a checkout that the merchant has shaped.
    CheckoutId
    /// Id of a set of conditions of a checkout: the `condition_group_code` that clients read.
    ConditionSetCode
    /// Id of an installments plan.
    PlanId
    /// Id of a one-time token: the token itself.
    TokenId
    /// Id of a payment method that a customer enrolls.
    PaymentMethodId
    /// Token of an enrolled payment method.
    VaultedToken
    /// Id of a payment.
    PaymentId
    /// Id of a transaction of a payment.
    TransactionId
    /// Id of an event: the same over all tries to deliver it.
    EventId
    /// Id of the delivery of an event to one receiver.
    DeliveryId
    /// Id of an entry of the audit log.
    AuditEntryId
    /// Id of an outcome that a test has decided.
    OutcomeId
    /// Id of a fault that a test has asked for.
    FaultId
    /// Id of a page of the simulated provider, for one payment or enrollment.
    PageId
}

/// Without a shared counter, unlike the library's default, so that one id says nothing about the next.
fn random(now: Timestamp) -> Uuid {
    let (seconds, nanoseconds) = now.unix();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling_and_no_counter() {
        let now = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        let (one, two) = (CustomerId::new(now), CustomerId::new(now));
        assert_eq!(one.to_string()[..13], two.to_string()[..13], "the time leads");
        assert_ne!(one.to_string()[15..18], two.to_string()[15..18], "the next bits are random");
        assert!(
            CustomerId::first_of(now) < one && one < CustomerId::first_of(now.plus(chrono::TimeDelta::milliseconds(1)))
        );
        let simple = one.to_string().replace('-', "");
        for wrong in [simple.as_str(), &format!("{{{one}}}"), &format!("urn:uuid:{one}"), "", "x"] {
            assert!(CustomerId::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(CustomerId::parse(&one.to_string()), Ok(one));
    }
}
