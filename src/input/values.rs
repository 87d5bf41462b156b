//! How the values of a request are read from JSON: the rules themselves are in `types`.

use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::{At, Definitions, Input, Problems, reference};
use crate::types::{
    AccountId, ActiveEnrollmentType, Amount, AssetAddress, CardNumber, CheckoutId, CheckoutName,
    CheckoutSessionTrigger, CheckoutStatus, ConditionSetCode, ConditionType, Conditional, Country, Currency,
    CustomerId, Date, DeliveryId, DeliveryStatus, Email, Endpoint, EnrollmentStatus, EnrollmentTrigger, HeaderText,
    Iin, InstallmentType, Link, Metadata, MethodType, OnboardingTrigger, PaymentTrigger, PlanMethod, ReportTrigger,
    SecurityCode, SubscriptionTrigger, Text, Timestamp, TransactionStatus, TransactionType, WebhookState, Workflow,
};

/// Reads a JSON string with a type's `parse`.
fn parsed<T>(
    raw: &Value,
    at: At<'_>,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    match raw {
        Value::String(text) => parse(text).map_err(|what| problems.wrong(at, what)).ok(),
        _ => {
            problems.wrong(at, "must be a string");
            None
        }
    }
}

macro_rules! text_input {
    ($([$($generic:tt)*] $type:ty => $schema:expr;)*) => {$(
        impl<$($generic)*> Input for $type {
            fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
                parsed(raw, at, problems, Self::parse)
            }

            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($schema.build()))
            }
        }
    )*};
}

text_input! {
    [const MIN: usize, const MAX: usize] Text<MIN, MAX> => string().min_length(Some(MIN)).max_length(Some(MAX));
    [] MethodType => string().min_length(Some(1)).max_length(Some(64));
    [] Email => string().min_length(Some(3)).max_length(Some(255));
    [] Date => string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
    [] Timestamp => string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    [] Link => string().min_length(Some(3)).max_length(Some(526));
    [] Country => string().pattern(Some("^[A-Z]{2}$"));
    [] Currency => string().pattern(Some("^[A-Z]{3}$"));
    [] Workflow => string().enum_values(Some(Workflow::ALL.map(|workflow| workflow.as_str())));
    [] AccountId => uuid();
    [] CustomerId => uuid();
    [] CheckoutId => uuid();
    [] ConditionSetCode => uuid();
    [] CheckoutName => string().min_length(Some(1)).max_length(Some(255));
    [] CheckoutStatus => string().enum_values(Some(CheckoutStatus::NAMES.iter().copied()));
    [] ActiveEnrollmentType => string().enum_values(Some(ActiveEnrollmentType::NAMES.iter().copied()));
    [] ConditionType => string().enum_values(Some(ConditionType::NAMES.iter().copied()));
    [] Conditional => string().enum_values(Some(Conditional::NAMES.iter().copied()));
    [] AssetAddress => string().min_length(Some(1)).max_length(Some(2_048));
    [] CardNumber => string().pattern(Some("^[0-9]{8,19}$"));
    [] Iin => string().pattern(Some("^[0-9]{6,8}$"));
    [] InstallmentType => string().enum_values(Some(InstallmentType::NAMES.iter().copied()));
    [] PlanMethod => string().enum_values(Some(PlanMethod::NAMES.iter().copied()));
    [] Endpoint => string().min_length(Some(1)).max_length(Some(2_048));
    [] HeaderText => string().max_length(Some(1_024));
    [] WebhookState => string().enum_values(Some(WebhookState::NAMES.iter().copied()));
    [] DeliveryStatus => string().enum_values(Some(DeliveryStatus::NAMES.iter().copied()));
    [] EnrollmentTrigger => string().enum_values(Some(EnrollmentTrigger::NAMES.iter().copied()));
    [] PaymentTrigger => string().enum_values(Some(PaymentTrigger::NAMES.iter().copied()));
    [] ReportTrigger => string().enum_values(Some(ReportTrigger::NAMES.iter().copied()));
    [] SubscriptionTrigger => string().enum_values(Some(SubscriptionTrigger::NAMES.iter().copied()));
    [] OnboardingTrigger => string().enum_values(Some(OnboardingTrigger::NAMES.iter().copied()));
    [] CheckoutSessionTrigger => string().enum_values(Some(CheckoutSessionTrigger::NAMES.iter().copied()));
    [] TransactionType => string().enum_values(Some(TransactionType::NAMES.iter().copied()));
    [] TransactionStatus => string().enum_values(Some(TransactionStatus::NAMES.iter().copied()));
    [] EnrollmentStatus => string().enum_values(Some(EnrollmentStatus::NAMES.iter().copied()));
    [] DeliveryId => uuid();
    [] SecurityCode => string().pattern(Some("^[0-9]{3,4}$"));
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn uuid() -> ObjectBuilder {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

impl Input for Amount {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            _ => Err("must be a number".into()),
        }
        .map_err(|what| problems.wrong(at, what))
        .ok()
    }

    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::Number, Type::String])).minimum(Some(0));
        RefOr::T(Schema::Object(number.build()))
    }
}

impl Input for bool {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        if raw.as_bool().is_none() {
            problems.wrong(at, "must be true or false");
        }
        raw.as_bool()
    }

    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(Object::with_type(Type::Boolean)))
    }
}

/// A switch of a query: `true` or `false`.
#[derive(Clone, Copy)]
pub struct Switch(pub bool);

impl Input for Switch {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw.as_str() {
            Some("true") => Some(Self(true)),
            Some("false") => Some(Self(false)),
            _ => {
                problems.wrong(at, "must be true or false");
                None
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        <bool as Input>::schema()
    }
}

/// A whole number of a query, from `MIN` to `MAX`.
#[derive(Clone, Copy)]
pub struct Count<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Input for Count<MIN, MAX> {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let count = raw.as_str().and_then(|text| text.parse().ok()).filter(|count| (MIN..=MAX).contains(count));
        if count.is_none() {
            problems.wrong(at, format_args!("must be a whole number from {MIN} to {MAX}"));
        }
        count.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        let count = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(MIN)).maximum(Some(MAX));
        RefOr::T(Schema::Object(count.build()))
    }
}

/// A whole number of a body, from `MIN` to `MAX`.
#[derive(Clone, Copy, Serialize)]
pub struct Whole<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Input for Whole<MIN, MAX> {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let number = raw.as_i64().filter(|number| (MIN..=MAX).contains(number));
        if number.is_none() {
            problems.wrong(at, format_args!("must be a whole number from {MIN} to {MAX}"));
        }
        number.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        <Count<MIN, MAX> as Input>::schema()
    }
}

/// One or more names of a query: given more than once, or with commas between them.
#[derive(Clone)]
pub struct Several<T>(pub Vec<T>);

impl<T: Input> Input for Several<T> {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let texts = match raw {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
            other => other.as_str().into_iter().collect(),
        };
        let names = texts.iter().flat_map(|text| text.split(',')).map(|name| Value::String(name.to_owned()));
        let read: Vec<_> = names.map(|name| T::read(&name, at, problems)).collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

/// A body that its handler reads as `T`, with what it knows from elsewhere: so that all that is wrong is told at once.
#[derive(Clone)]
pub struct Unread<T>(pub Value, pub PhantomData<T>);

impl<T: Input> Input for Unread<T> {
    fn read(raw: &Value, _: At<'_>, _: &mut Problems) -> Option<Self> {
        Some(Self(raw.clone(), PhantomData))
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }

    fn definitions(into: &mut Definitions) {
        T::definitions(into);
    }
}

/// A count from 1 to 999, such as the number of instalments.
impl Input for u16 {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let count = raw.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=999).contains(n));
        if count.is_none() {
            problems.wrong(at, "must be a whole number from 1 to 999");
        }
        count
    }

    fn schema() -> RefOr<Schema> {
        let count = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(999));
        RefOr::T(Schema::Object(count.build()))
    }
}

/// At most 300 items.
impl<T: Input> Input for Vec<T> {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let Value::Array(items) = raw else {
            problems.wrong(at, "must be an array");
            return None;
        };
        if items.len() > MAX_ITEMS {
            problems.wrong(at, format_args!("must have at most {MAX_ITEMS} items"));
            return None;
        }
        let read: Vec<_> =
            items.iter().enumerate().map(|(index, item)| T::read(item, At::Item(&at, index), problems)).collect();
        read.into_iter().collect()
    }

    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Array(ArrayBuilder::new().items(T::schema()).max_items(Some(MAX_ITEMS)).build()))
    }

    fn definitions(into: &mut Definitions) {
        T::definitions(into);
    }
}

/// Items that an array of a request can have.
const MAX_ITEMS: usize = 300;

impl Input for Metadata {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        Self::read(raw)
            .map_err(|errors| {
                for error in errors {
                    let place = format!("{at}{}", error.part);
                    match error.missing {
                        true => problems.missing(At::Field(&At::Root, &place)),
                        false => problems.wrong(At::Field(&At::Root, &place), error.what),
                    }
                }
            })
            .ok()
    }

    fn schema() -> RefOr<Schema> {
        reference("Metadata")
    }

    fn definitions(into: &mut Definitions) {
        into.push(("Metadata".to_owned(), <Self as PartialSchema>::schema()));
    }
}

impl PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        let text = |min, max| string().min_length(Some(min)).max_length(Some(max));
        let entry = ObjectBuilder::new()
            .property("key", text(1, 48))
            .required("key")
            .property("value", text(0, 512))
            .required("value");
        let array = ArrayBuilder::new().items(entry).max_items(Some(120));
        let object = ObjectBuilder::new().additional_properties(Some(Schema::Object(text(0, 512).build())));
        let forms = OneOfBuilder::new()
            .item(array)
            .item(object)
            .description(Some("The merchant's own entries, as an array of key and value or as an object of texts."));
        RefOr::T(Schema::OneOf(forms.build()))
    }
}

impl ToSchema for Metadata {}

/// An object whose inside is not this API's business: it is kept and given back as it was sent.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Anything(pub Value);

impl Input for Anything {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        if !raw.is_object() {
            problems.wrong(at, "must be an object");
        } else if unstorable(raw) {
            problems.wrong(at, "must not contain the character U+0000");
        } else {
            return Some(Self(raw.clone()));
        }
        None
    }

    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(Object::with_type(Type::Object)))
    }
}

/// [`Anything`], or an array of such.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct AnythingOrMany(pub Value);

impl Input for AnythingOrMany {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw {
            Value::Array(_) => Vec::<Anything>::read(raw, at, problems).map(|_| Self(raw.clone())),
            _ => Anything::read(raw, at, problems).map(|anything| Self(anything.0)),
        }
    }

    fn schema() -> RefOr<Schema> {
        let many = Vec::<Anything>::schema();
        RefOr::T(Schema::OneOf(OneOfBuilder::new().item(Anything::schema()).item(many).build()))
    }
}

/// Whether any text in `raw` has the one character that PostgreSQL cannot store.
#[must_use]
pub fn unstorable(raw: &Value) -> bool {
    match raw {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(unstorable),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || unstorable(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
