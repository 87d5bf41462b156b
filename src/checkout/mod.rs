//! Checkouts as a merchant shapes them: which payment methods they show, in which order, under which conditions, and how
//! they look. Pure.

mod conditions;
mod lifecycle;
mod settings;
mod situation;
mod styling;

pub use conditions::{AmountRange, Condition, ConditionSet, Conditions, Entry, Judged, Place, Values};
pub use lifecycle::{Wanted, become_of};
pub use settings::{
    CountryDocuments, GeneralSettings, MethodSettings, RequiredField, RequiredFields, Settings, merged_general,
};
pub use situation::{Purchase, Situation};
pub(crate) use styling::FONTS;
pub use styling::{Styling, answered as answered_styling, check as check_styling, is_colour, merged as merged_styling};
