//! Reading requests: every wrong field is named in one answer, and the same declaration that reads a body is its
//! schema in the document.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::openapi::{ArrayBuilder, Object, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, OneOfBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ApiError;
use crate::types::{
    AccountId, Amount, CheckoutId, Country, Currency, CustomerId, Date, Email, Link, Metadata, Text, Timestamp,
    Workflow,
};

/// Names and schemas that a document collects.
pub type Definitions = Vec<(String, RefOr<Schema>)>;

/// Something that a request can hold.
pub trait Input: Sized {
    /// Reads the value at a place of a request, or notes what is wrong with it.
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self>;

    /// Its schema in the document.
    fn schema() -> RefOr<Schema>;

    /// The schemas that [`schema`](Self::schema) refers to by name.
    fn definitions(_: &mut Definitions) {}
}

/// A place in a request, such as `billing_address.city` or `payment_methods[2]`.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// The body or the query itself.
    Root,
    /// A field of an object.
    Field(&'a At<'a>, &'a str),
    /// An item of an array.
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(At::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// What is wrong with a request, field by field, in the order of the fields in the contract.
#[derive(Debug, Default)]
pub struct Problems {
    messages: Vec<String>,
    something_wrong: bool,
}

impl Problems {
    /// Notes that a required field is absent.
    pub fn missing(&mut self, at: At<'_>) {
        self.messages.push(format!("{at}: is required"));
    }

    /// Notes that a value cannot be used.
    pub fn wrong(&mut self, at: At<'_>, what: impl fmt::Display) {
        self.something_wrong = true;
        let place = at.to_string();
        self.messages.push(match place.as_str() {
            "" => format!("The request {what}"),
            place => format!("{place}: {what}"),
        });
    }

    /// The answer when anything was noted; wrong fields decide its code over missing ones.
    ///
    /// # Errors
    /// `INVALID_PARAMETERS` or `MISSING_PARAMETERS` with a message for each field.
    pub fn into_result(self) -> Result<(), ApiError> {
        match (self.messages.is_empty(), self.something_wrong) {
            (true, _) => Ok(()),
            (false, true) => Err(ApiError::InvalidParameters(self.messages)),
            (false, false) => Err(ApiError::MissingParameters(self.messages)),
        }
    }
}

/// The fields of a JSON object, with the place it stands at.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    at: At<'a>,
}

impl<'a> Fields<'a> {
    /// Takes an object and nothing else.
    pub fn of(raw: &'a Value, at: At<'a>, problems: &mut Problems) -> Option<Self> {
        match raw {
            Value::Object(object) => Some(Self { object, at }),
            _ => {
                problems.wrong(at, "must be an object");
                None
            }
        }
    }

    /// A field that must be there. `null` counts as absent.
    pub fn required<T: Input>(&self, name: &str, problems: &mut Problems) -> Option<T> {
        match self.present(name) {
            Some(raw) => T::read(raw, At::Field(&self.at, name), problems),
            None => {
                problems.missing(At::Field(&self.at, name));
                None
            }
        }
    }

    /// A field that may be absent or `null`. The outer `None` says that it was there and wrong.
    pub fn optional<T: Input>(&self, name: &str, problems: &mut Problems) -> Option<Option<T>> {
        match self.present(name) {
            Some(raw) => T::read(raw, At::Field(&self.at, name), problems).map(Some),
            None => Some(None),
        }
    }

    fn present(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|raw| !raw.is_null())
    }
}

/// Declares an object of a request: its type, how it is read and its schema, in one place.
///
/// `input! { pub struct Create / Update { … } }` declares a second object with the same fields, all optional.
macro_rules! input {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident / $(#[$($patch_meta:tt)*])* $patch:ident {
            $($(#[$($field_meta:tt)*])* $kind:ident $field:ident: $type:ty,)*
        }
    ) => {
        $crate::input::input! {
            $(#[$($meta)*])*
            pub struct $name { $($(#[$($field_meta)*])* $kind $field: $type,)* }
        }
        $crate::input::input! {
            $(#[$($patch_meta)*])*
            pub struct $patch { $($(#[$($field_meta)*])* optional $field: $type,)* }
        }
    };
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident {
            $($(#[$($field_meta:tt)*])* $kind:ident $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$($meta)*])*
        #[derive(Clone)]
        pub struct $name {
            $($(#[$($field_meta)*])* pub $field: $crate::input::input!(@type $kind $type),)*
        }

        impl $crate::input::Input for $name {
            fn read(
                raw: &serde_json::Value,
                at: $crate::input::At<'_>,
                problems: &mut $crate::input::Problems,
            ) -> Option<Self> {
                let fields = $crate::input::Fields::of(raw, at, problems)?;
                $(let $field = fields.$kind::<$type>($crate::input::field_name(stringify!($field)), problems);)*
                Some(Self { $($field: $field?,)* })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::input::reference(stringify!($name))
            }

            fn definitions(into: &mut $crate::input::Definitions) {
                $(<$type as $crate::input::Input>::definitions(into);)*
                into.push((stringify!($name).to_owned(), <Self as utoipa::PartialSchema>::schema()));
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::input::object_schema(
                    concat!($($crate::input::input!(@doc $($meta)*)),*),
                    vec![$((
                        $crate::input::field_name(stringify!($field)),
                        $crate::input::input!(@required $kind),
                        concat!($($crate::input::input!(@doc $($field_meta)*)),*),
                        <$type as $crate::input::Input>::schema(),
                    ),)*],
                )
            }
        }

        impl utoipa::ToSchema for $name {
            fn schemas(into: &mut $crate::input::Definitions) {
                <Self as $crate::input::Input>::definitions(into);
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@required required) => { true };
    (@required optional) => { false };
    (@doc doc = $text:expr) => { concat!($text, "\n") };
    (@doc $($other:tt)*) => { "" };
}
pub(crate) use input;

/// The name of a field as clients write it: `r#type` is `type`.
pub(crate) fn field_name(name: &'static str) -> &'static str {
    name.trim_start_matches("r#")
}

/// A schema that refers to another by its name.
pub(crate) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The schema of an object: its description, and name, whether required, description and schema of each field.
pub(crate) fn object_schema(
    doc: &str,
    fields: Vec<(&'static str, bool, &'static str, RefOr<Schema>)>,
) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().schema_type(Type::Object).description(Some(prose(doc)));
    for (name, required, doc, schema) in fields {
        object = object.property(name, described(schema, prose(doc), required));
        if required {
            object = object.required(name);
        }
    }
    RefOr::T(Schema::Object(object.build()))
}

/// Doc comments are lines with a leading space: joins them to paragraphs.
fn prose(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A field's schema with its description. An optional field may also be `null`, which counts as absent.
fn described(schema: RefOr<Schema>, doc: String, required: bool) -> RefOr<Schema> {
    let nullable = |schema| OneOfBuilder::new().item(Object::with_type(Type::Null)).item(schema);
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if !required {
                object.schema_type = or_null(object.schema_type);
                if let Some(values) = &mut object.enum_values {
                    values.push(Value::Null);
                }
            }
            object.description = Some(doc);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            if !required {
                array.schema_type = or_null(array.schema_type);
            }
            array.description = Some(doc);
            RefOr::T(Schema::Array(array))
        }
        other if required => other,
        other => RefOr::T(Schema::OneOf(nullable(other).description(Some(doc)).build())),
    }
}

fn or_null(schema_type: utoipa::openapi::schema::SchemaType) -> utoipa::openapi::schema::SchemaType {
    use utoipa::openapi::schema::SchemaType;
    match schema_type {
        SchemaType::Type(one) => SchemaType::Array(vec![one, Type::Null]),
        SchemaType::Array(mut several) => {
            several.push(Type::Null);
            SchemaType::Array(several)
        }
        SchemaType::AnyValue => SchemaType::AnyValue,
    }
}

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
        use utoipa::openapi::schema::SchemaType;
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

/// Whether any text in `raw` has the one character that PostgreSQL cannot store.
fn unstorable(raw: &Value) -> bool {
    match raw {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(unstorable),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || unstorable(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

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
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            use axum::http::StatusCode;
            match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::PayloadTooLarge,
                _ => ApiError::InvalidRequest("The body was cut off.".into()),
            }
        })?;
        let raw: Value = serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::InvalidRequest(format!("The body is not valid JSON: {error}.")))?;
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

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The query of a request, read as `T` from an object of strings.
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: Input> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::InvalidRequest("The query cannot be read.".into()))?;
        let mut problems = Problems::default();
        let mut object = Map::new();
        for (name, value) in pairs {
            if object.insert(name.clone(), Value::String(value)).is_some() {
                problems.wrong(At::Field(&At::Root, &name), "must be given once");
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    input! {
        /// An inner object.
        #[expect(dead_code, reason = "only whether it can be read is asked")]
        pub struct Inner {
            /// A country.
            required country: Country,
            /// A flag.
            optional flag: bool,
        }
    }

    input! {
        /// An object.
        #[expect(dead_code, reason = "only whether it can be read is asked")]
        pub struct Outer / #[expect(dead_code, reason = "only whether it can be read is asked")]
        OuterChange {
            /// A name.
            required name: Text<3, 5>,
            /// Amounts.
            optional amounts: Vec<Amount>,
            /// An object.
            optional inner: Inner,
        }
    }

    fn read<T: Input>(raw: &Value) -> Result<T, (bool, Vec<String>)> {
        let mut problems = Problems::default();
        let value = T::read(raw, At::Root, &mut problems);
        value.ok_or((problems.something_wrong, problems.messages))
    }

    #[test]
    fn names_every_wrong_field_in_order() {
        let raw = json!({"inner": {"flag": "yes"}, "amounts": [1, "x", -1], "name": 7});
        let (wrong, messages) = read::<Outer>(&raw).err().expect("refused");
        assert!(wrong);
        let places: Vec<_> = messages.iter().map(|message| message.split(':').next().unwrap_or_default()).collect();
        assert_eq!(places, ["name", "amounts[1]", "amounts[2]", "inner.country", "inner.flag"]);
    }

    #[test]
    fn tells_missing_from_wrong_and_null_is_absent() {
        let (wrong, messages) = read::<Outer>(&json!({"name": null, "inner": null})).err().expect("refused");
        assert!(!wrong);
        assert_eq!(messages, ["name: is required"]);
        assert!(read::<OuterChange>(&json!({"name": null})).is_ok());
        assert!(read::<Outer>(&json!([])).is_err());
    }

    #[test]
    fn what_cannot_be_stored_is_refused_at_any_depth() {
        assert!(read::<Anything>(&json!({"a": [{"b": "c"}]})).is_ok());
        assert!(read::<Anything>(&json!({"a": [{"b": "c\0"}]})).is_err());
        assert!(read::<Anything>(&json!({"a": {"b\0": 1}})).is_err());
        assert!(read::<Anything>(&json!([])).is_err());
    }

    #[test]
    fn knows_json_by_its_content_type() {
        assert!(is_json("application/json") && is_json("Application/JSON; charset=utf-8"));
        assert!(is_json("application/merge-patch+json"));
        assert!(!is_json("text/json") && !is_json("application/x-www-form-urlencoded") && !is_json(""));
    }
}
