//! Reading requests: every wrong field is named in one answer, and the same declaration that reads a body is its
//! schema in the document.

mod request;
mod schema;
mod values;

pub use request::{Body, PathParameter, PathParameters, QueryOf};
pub(crate) use schema::{field_name, object_schema, reference};
pub use values::{Anything, AnythingOrMany, Count, Several, Switch, Unread, Whole, unstorable};

use std::fmt;

use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

use crate::error::ApiError;

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

/// Messages that an answer can have.
const MAX_MESSAGES: usize = 300;

/// What is wrong with a request, field by field, in the order of the fields in the contract.
#[derive(Debug, Default)]
pub struct Problems {
    messages: Vec<String>,
    something_wrong: bool,
}

impl Problems {
    /// Notes that a required field is absent.
    pub fn missing(&mut self, at: At<'_>) {
        self.note(|| format!("{at}: is required"));
    }

    /// Notes that a value cannot be used.
    pub fn wrong(&mut self, at: At<'_>, what: impl fmt::Display) {
        self.something_wrong = true;
        self.note(|| match at.to_string().as_str() {
            "" => format!("The request {what}"),
            place => format!("{place}: {what}"),
        });
    }

    /// As many messages as an array can have items; who reads more than that mends the first ones first.
    fn note(&mut self, message: impl FnOnce() -> String) {
        if self.messages.len() < MAX_MESSAGES {
            self.messages.push(message());
        }
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
/// `input! { pub struct Create / Update { … } }` declares a second object with the same fields, all optional, and with
/// those of `with { … }` after it; those of `of { … }` before it are required in both. What the first has can be read as a
/// change too.
macro_rules! input {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident / $(#[$($patch_meta:tt)*])* $patch:ident $(of {
            $($(#[$($both_meta:tt)*])* required $both:ident: $both_type:ty,)*
        })? {
            $($(#[$($field_meta:tt)*])* $kind:ident $field:ident: $type:ty,)*
        } $(with {
            $($(#[$($more_meta:tt)*])* optional $more:ident: $more_type:ty,)*
        })?
    ) => {
        $crate::input::input! {
            $(#[$($meta)*])*
            pub struct $name {
                $($($(#[$($both_meta)*])* required $both: $both_type,)*)?
                $($(#[$($field_meta)*])* $kind $field: $type,)*
            }
        }
        $crate::input::input! {
            $(#[$($patch_meta)*])*
            pub struct $patch {
                $($($(#[$($both_meta)*])* required $both: $both_type,)*)?
                $($(#[$($field_meta)*])* optional $field: $type,)*
                $($($(#[$($more_meta)*])* optional $more: $more_type,)*)?
            }
        }

        impl From<$name> for $patch {
            fn from(new: $name) -> Self {
                Self {
                    $($($both: new.$both,)*)?
                    $($field: $crate::input::input!(@sent $kind new.$field),)*
                    $($($more: None,)*)?
                }
            }
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
    (@sent required $value:expr) => { Some($value) };
    (@sent optional $value:expr) => { $value };
    (@required required) => { true };
    (@required optional) => { false };
    (@doc doc = $text:expr) => { concat!($text, "\n") };
    (@doc $($other:tt)*) => { "" };
}
pub(crate) use input;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Amount, Country, Text};
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
        pub struct Outer / OuterChange {
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
    fn what_is_new_can_be_read_as_a_change() {
        let change = OuterChange::from(read::<Outer>(&json!({"name": "Ana", "amounts": []})).expect("right"));
        assert_eq!(change.name.as_ref().map(Text::as_str), Some("Ana"));
        assert!(change.amounts.is_some_and(|amounts| amounts.is_empty()) && change.inner.is_none());
    }

    #[test]
    fn what_cannot_be_stored_is_refused_at_any_depth() {
        assert!(read::<Anything>(&json!({"a": [{"b": "c"}]})).is_ok());
        assert!(read::<Anything>(&json!({"a": [{"b": "c\0"}]})).is_err());
        assert!(read::<Anything>(&json!({"a": {"b\0": 1}})).is_err());
        assert!(read::<Anything>(&json!([])).is_err());
    }
}
