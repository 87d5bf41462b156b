//! When a checkout shows a payment method: sets of conditions on what a session says. Pure.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};

use super::Situation;
use crate::input::{At, Fields, Input, Problems, input};
use crate::types::{Amount, ConditionSetCode, ConditionType, Conditional, Country, Currency, Text};

/// Sets that a payment method can have, and conditions that a set can have.
pub const MAX_CONDITIONS: usize = 20;

/// Entries of metadata that a condition can look for: each is looked for in all of a session's.
const MAX_ENTRIES: usize = 50;

input! {
    /// Conditions that must all hold. Of a method's sets one is enough.
    #[derive(Debug, PartialEq, Serialize)]
    pub struct ConditionSet {
        /// Its id, the `condition_group_code` of the methods of a session; made when not sent.
        optional code: ConditionSetCode,
        /// The merchant's name of it.
        required name: Text<1, 255>,
        /// Whether it counts; `true` when not sent.
        optional is_active: bool,
        /// Of several sets that hold, the one with the smallest is told; 0 when not sent.
        optional priority: Place,
        /// What must hold.
        required conditions: Conditions,
    }
}

impl ConditionSet {
    /// Whether it counts at all.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.is_active != Some(false)
    }

    /// Whether it holds in a situation.
    #[must_use]
    pub fn holds(&self, situation: &Situation<'_>) -> bool {
        self.conditions.0.iter().all(|condition| condition.holds(situation))
    }
}

/// What a method's sets make of a situation.
#[derive(Clone, Copy, Debug)]
pub enum Judged<'a> {
    /// There is no set that counts: it is shown without a condition.
    Unconditional,
    /// It is shown because of a set.
    Shown(&'a ConditionSet),
    /// No set holds: it is not shown.
    Hidden,
}

impl<'a> Judged<'a> {
    /// Asks the sets of a method: of those that hold, the one with the smallest priority, and the first of equals.
    #[must_use]
    pub fn of(sets: &'a [ConditionSet], situation: &Situation<'_>) -> Self {
        let mut counting = sets.iter().filter(|set| set.counts()).peekable();
        if counting.peek().is_none() {
            return Self::Unconditional;
        }
        let holding = counting.filter(|set| set.holds(situation));
        holding.min_by_key(|set| set.priority.map_or(0, |priority| priority.0)).map_or(Self::Hidden, Self::Shown)
    }

    /// Whether it is shown.
    #[must_use]
    pub fn is_shown(self) -> bool {
        !matches!(self, Self::Hidden)
    }
}

/// A place in an order, or a priority: a whole number from 0 to 1,000,000, lower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Place(pub u32);

impl Place {
    /// The last one.
    pub const MAX: u32 = 1_000_000;
}

impl Input for Place {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let place = raw.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= Self::MAX);
        if place.is_none() {
            problems.wrong(at, format_args!("must be a whole number from 0 to {}", Self::MAX));
        }
        place.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(Self::MAX));
        RefOr::T(Schema::Object(number.build()))
    }
}

/// One to twenty conditions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl Input for Conditions {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let conditions = Vec::<Condition>::read(raw, at, problems)?;
        if !(1..=MAX_CONDITIONS).contains(&conditions.len()) {
            problems.wrong(at, format_args!("must have 1 to {MAX_CONDITIONS} items"));
            return None;
        }
        Some(Self(conditions))
    }

    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Condition::schema()).min_items(Some(1)).max_items(Some(MAX_CONDITIONS));
        RefOr::T(Schema::Array(items.build()))
    }

    fn definitions(into: &mut crate::input::Definitions) {
        Condition::definitions(into);
    }
}

/// One condition. What a session does not have at all is no obstacle: a session for enrolling has neither a currency nor
/// an amount nor metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    conditional: Conditional,
    values: Values,
}

/// What a condition looks for, by its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Countries.
    Countries(Vec<Country>),
    /// Currencies.
    Currencies(Vec<Currency>),
    /// A range of amounts.
    Amounts(AmountRange),
    /// Entries of metadata.
    Metadata(Vec<Entry>),
}

input! {
    /// A range of amounts, with its ends.
    #[derive(Debug, PartialEq, Serialize)]
    pub struct AmountRange {
        /// The currency that they are in; any when not sent.
        optional currency: Currency,
        /// From which on; at least one of the two is needed.
        optional min: Amount,
        /// Up to which.
        optional max: Amount,
    }
}

input! {
    /// An entry of a session's metadata.
    #[derive(Debug, PartialEq, Serialize)]
    pub struct Entry {
        /// Its key.
        required key: Text<1, 48>,
        /// Its value.
        required value: Text<0, 512>,
    }
}

impl Condition {
    /// Whether it asks for its values, or for anything else.
    #[must_use]
    pub fn includes(&self) -> bool {
        self.conditional.includes()
    }

    /// What it looks at.
    #[must_use]
    pub fn condition_type(&self) -> ConditionType {
        match self.values {
            Values::Countries(_) => ConditionType::Country,
            Values::Currencies(_) => ConditionType::Currency,
            Values::Amounts(_) => ConditionType::Amount,
            Values::Metadata(_) => ConditionType::Metadata,
        }
    }

    /// What it looks for.
    #[must_use]
    pub fn values(&self) -> &Values {
        &self.values
    }

    fn holds(&self, situation: &Situation<'_>) -> bool {
        let Some(purchase) = &situation.purchase else {
            return match &self.values {
                Values::Countries(countries) => countries.contains(&situation.country) == self.includes(),
                Values::Currencies(_) | Values::Amounts(_) | Values::Metadata(_) => true,
            };
        };
        let found = match &self.values {
            Values::Countries(countries) => countries.contains(&situation.country),
            Values::Currencies(currencies) => currencies.contains(&purchase.currency),
            Values::Amounts(AmountRange { currency, min, max }) => {
                currency.is_none_or(|currency| currency == purchase.currency)
                    && min.is_none_or(|min| min <= purchase.amount)
                    && max.is_none_or(|max| purchase.amount <= max)
            }
            Values::Metadata(entries) => entries.iter().any(|entry| has(purchase.metadata, entry)),
        };
        found == self.includes()
    }
}

/// Whether metadata, in either of its forms, has an entry.
fn has(metadata: Option<&Value>, entry: &Entry) -> bool {
    let (key, value) = (entry.key.as_str(), entry.value.as_str());
    match metadata {
        Some(Value::Array(items)) => {
            items.iter().any(|item| item["key"].as_str() == Some(key) && item["value"].as_str() == Some(value))
        }
        Some(Value::Object(object)) => object.get(key).and_then(Value::as_str) == Some(value),
        _ => false,
    }
}

impl Input for Condition {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let fields = Fields::of(raw, at, problems)?;
        let condition_type = fields.required::<ConditionType>("condition_type", problems);
        let conditional = fields.required::<Conditional>("conditional", problems);
        let values = match condition_type? {
            ConditionType::Country => some(&fields, at, 300, problems).map(Values::Countries),
            ConditionType::Currency => some(&fields, at, 300, problems).map(Values::Currencies),
            ConditionType::Metadata => some(&fields, at, MAX_ENTRIES, problems).map(Values::Metadata),
            ConditionType::Amount => range(&fields, at, problems).map(Values::Amounts),
        };
        Some(Self { conditional: conditional?, values: values? })
    }

    fn schema() -> RefOr<Schema> {
        let values = ArrayBuilder::new().min_items(Some(1)).max_items(Some(300)).description(Some(
            "Of COUNTRY and CURRENCY their codes, of METADATA up to 50 objects with key and value, of AMOUNT one object with min, \
             max or both, and currency when it is about one.",
        ));
        let condition = ObjectBuilder::new()
            .description(Some("One condition."))
            .property("condition_type", ConditionType::schema())
            .required("condition_type")
            .property("conditional", Conditional::schema())
            .required("conditional")
            .property("values", values)
            .required("values");
        RefOr::T(Schema::Object(condition.build()))
    }
}

/// At least one value.
fn some<T: Input>(fields: &Fields<'_>, at: At<'_>, most: usize, problems: &mut Problems) -> Option<Vec<T>> {
    let values = fields.required::<Vec<T>>("values", problems)?;
    if values.is_empty() || values.len() > most {
        problems.wrong(At::Field(&at, "values"), format_args!("must have 1 to {most} items"));
        return None;
    }
    Some(values)
}

/// One range that is not empty.
fn range(fields: &Fields<'_>, at: At<'_>, problems: &mut Problems) -> Option<AmountRange> {
    let place = At::Field(&at, "values");
    let values = fields.required::<Vec<AmountRange>>("values", problems)?;
    let [range] = values.as_slice() else {
        problems.wrong(place, "must have one item, the range");
        return None;
    };
    let what = match (range.min, range.max) {
        (None, None) => "must have min, max or both",
        (Some(min), Some(max)) if max < min => "must have a max that is not below its min",
        _ => return Some(range.clone()),
    };
    problems.wrong(At::Item(&place, 0), what);
    None
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = match &self.values {
            Values::Countries(countries) => json!(countries),
            Values::Currencies(currencies) => json!(currencies),
            Values::Amounts(range) => json!([range]),
            Values::Metadata(entries) => json!(entries),
        };
        json!({"condition_type": self.condition_type(), "conditional": self.conditional, "values": values})
            .serialize(serializer)
    }
}
