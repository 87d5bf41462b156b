//! The conditions because of which a session offers a payment method.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::checkout::{AmountRange, Condition, ConditionSet, Entry, Values};
use crate::types::{Amount, ConditionSetCode, ConditionType, Country, Currency};

/// A condition because of which a payment method is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConditionRule {
    /// `INCLUDE` when the session has what the rule looks for, `EXCLUDE` when it has not.
    condition: &'static str,
    /// The set that the rule is in.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    condition_group_code: Option<ConditionSetCode>,
    /// The name of the set.
    condition_name: String,
    /// What it looks at: `COUNTRY`, `CURRENCY`, `AMOUNT` or `METADATA`.
    #[schema(value_type = String)]
    r#type: ConditionType,
    /// What it looks for.
    values: RuleValues,
}

/// What a rule looks for. What it does not look at is `null`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RuleValues {
    /// Countries.
    #[schema(value_type = Option<Vec<String>>, required)]
    countries: Option<Vec<Country>>,
    /// A currency, or the one that the amounts are in.
    #[schema(value_type = Option<String>, required)]
    currency: Option<Currency>,
    /// Up to which amount.
    #[schema(required)]
    max: Option<String>,
    /// Entries of metadata.
    #[schema(required)]
    metadata: Option<Vec<MetadataRule>>,
    /// From which amount on.
    #[schema(required)]
    min: Option<String>,
}

/// An entry of metadata.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataRule {
    /// Its key.
    key: String,
    /// Its value.
    value: String,
}

/// The rules of a set. A rule has one currency: a condition on several is as many rules.
pub(super) fn told(set: &ConditionSet) -> Vec<ConditionRule> {
    set.conditions
        .0
        .iter()
        .flat_map(|condition| values(condition).into_iter().map(|values| rule(set, condition, values)))
        .collect()
}

fn rule(set: &ConditionSet, condition: &Condition, values: RuleValues) -> ConditionRule {
    ConditionRule {
        condition: if condition.includes() { "INCLUDE" } else { "EXCLUDE" },
        condition_group_code: set.code,
        condition_name: set.name.as_str().to_owned(),
        r#type: condition.condition_type(),
        values,
    }
}

fn values(condition: &Condition) -> Vec<RuleValues> {
    let number = |amount: Amount| json!(amount).to_string();
    let none = RuleValues::default;
    match condition.values() {
        Values::Countries(countries) => vec![RuleValues { countries: Some(countries.clone()), ..none() }],
        Values::Currencies(currencies) => {
            currencies.iter().map(|currency| RuleValues { currency: Some(*currency), ..none() }).collect()
        }
        Values::Amounts(AmountRange { currency, min, max }) => {
            vec![RuleValues { currency: *currency, min: min.map(number), max: max.map(number), ..none() }]
        }
        Values::Metadata(entries) => {
            let told = |Entry { key, value }: &Entry| MetadataRule {
                key: key.as_str().to_owned(),
                value: value.as_str().to_owned(),
            };
            vec![RuleValues { metadata: Some(entries.iter().map(told).collect()), ..none() }]
        }
    }
}
