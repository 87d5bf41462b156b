//! What the catalog says each provider serves where.

mod payment_methods;

pub use payment_methods::*;

use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::catalog::{CATALOG, PaymentMethod};
use crate::input::{At, Input, Problems};

/// A group of payment method types, such as `CARD`.
#[derive(Clone)]
pub struct Category(&'static str);

impl Category {
    /// Whether a method is in the group.
    #[must_use]
    pub fn has(&self, method: &PaymentMethod) -> bool {
        method.category == self.0
    }
}

impl Input for Category {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let known = CATALOG.categories().find(|category| Some(*category) == raw.as_str()).map(Self);
        if known.is_none() {
            problems.wrong(at, format_args!("must be one of {}", CATALOG.categories().collect::<Vec<_>>().join(", ")));
        }
        known
    }

    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(CATALOG.categories()));
        RefOr::T(names.build().into())
    }
}
