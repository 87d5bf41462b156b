//! Values with rules: each type can only be made from input that follows its rule. No I/O here.

mod amount;
mod card;
mod checkout;
mod country;
mod currency;
mod id;
mod installments;
mod link;
mod metadata;
mod network;
mod payment;
mod secret;
mod text;
mod timestamp;
mod webhook;
mod workflow;

pub use amount::{Amount, Rate};
pub use card::{Brand, CardNumber, CardOutcome, Expiry, Iin, KeptCard, OTHER_BRAND, SecurityCode};
pub use checkout::{ActiveEnrollmentType, AssetAddress, CheckoutName, CheckoutStatus, ConditionType, Conditional};
pub use country::Country;
pub use currency::Currency;
pub use id::{
    AccountId, AuditEntryId, CheckoutId, CheckoutSessionId, ConditionSetCode, ConnectionId, CustomerId,
    CustomerSessionId, DeliveryId, EventId, FaultId, OrganizationId, OutcomeId, PageId, PaymentId, PaymentMethodId,
    PlanId, TokenId, TransactionId, VaultedToken,
};
pub use installments::{InstallmentType, PlanMethod};
pub use link::Link;
pub use metadata::{Metadata, MetadataError};
pub use network::{Networks, is_public};
pub use payment::{EnrollmentStatus, PaymentStatus, PaymentSubStatus, TransactionStatus, TransactionType};
pub use secret::Secret;
pub use text::{Date, Email, MethodType, Text};
pub use timestamp::Timestamp;
pub use webhook::{
    CheckoutSessionTrigger, DeliveryStatus, Endpoint, EnrollmentTrigger, EventKind, HeaderText, OnboardingTrigger,
    PaymentTrigger, ReportTrigger, SubscriptionTrigger, WebhookId, WebhookState,
};
pub use workflow::Workflow;

/// Stores a type as a PostgreSQL `text` column: written with `as_str`, read back through `parse`, so that a
/// column can hold nothing that the type would refuse.
macro_rules! text_column {
    ($type:ty) => {
        impl sqlx::Type<sqlx::Postgres> for $type {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }
            fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Postgres>>::compatible(ty)
            }
        }

        impl sqlx::Encode<'_, sqlx::Postgres> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&str as sqlx::Encode<'_, sqlx::Postgres>>::encode_by_ref(&self.as_str(), buffer)
            }
        }

        impl sqlx::Decode<'_, sqlx::Postgres> for $type {
            fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <&str as sqlx::Decode<'_, sqlx::Postgres>>::decode(value)?;
                Self::parse(text).map_err(|what| format!("{text:?}: {what}").into())
            }
        }

        impl sqlx::postgres::PgHasArrayType for $type {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                <&str as sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(told: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(told)?).map_err(serde::de::Error::custom)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
use text_column;

/// Declares an enum whose values are names of the API.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$value_doc])* $value,)*
        }

        impl $name {
            /// The API's names, in their order.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Takes one of the names.
            ///
            /// # Errors
            /// What is wrong, in words for the sender.
            pub fn parse(name: &str) -> Result<Self, String> {
                match name {
                    $($text => Ok(Self::$value),)*
                    _ => Err(concat!("must be one of", $(" ", $text),*).into()),
                }
            }

            /// The API's name of it.
            #[must_use]
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$value => $text,)*
                }
            }
        }

        $crate::types::text_column!($name);
    };
}
use names;
