//! What a checkout makes of payment methods.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::conditions::{ConditionSet, MAX_CONDITIONS, Place};
use crate::catalog::PaymentMethod;
use crate::input::{At, Definitions, Input, Problems, input};
use crate::types::{
    ActiveEnrollmentType, AssetAddress, CheckoutId, ConditionSetCode, Country, MethodType, Text, Timestamp,
};

input! {
    /// What a checkout makes of a payment method: only what is sent changes.
    #[derive(Debug, Serialize)]
    pub struct MethodSettings {
        /// The method's type: one that a connection of the account has.
        required payment_method_type: MethodType,
        /// Its place among the methods, lower first. Those without one come after those that have one.
        optional order_to_show: Place,
        /// Whether it is shown; it is while nothing else was said.
        optional is_active: bool,
        /// With what customers can pay or enroll.
        optional active_enrollment_type: ActiveEnrollmentType,
        /// What the customer reads in place of the catalog's name; an empty text brings that back.
        optional name: Text<0, 255>,
        /// What the customer reads below the name; an empty text brings the name back.
        optional description: Text<0, 255>,
        /// The picture in place of this server's; an empty text brings that back.
        optional icon: Icon,
        /// A shorter name, for narrow places; an empty text brings the name back.
        optional short_name: Text<0, 255>,
        /// What helps the customer.
        optional hint: Text<0, 255>,
        /// When it is shown: at most twenty sets, of which one is enough. None lifts the conditions.
        optional conditions_to_override: ConditionSets,
        /// What the customer is asked for. Kept for SDK clients.
        optional required_fields_to_override: RequiredFields,
    }
}

input! {
    /// What the customer is asked for with a payment method.
    #[derive(Debug, Serialize)]
    pub struct RequiredFields {
        /// Whether `fields` count.
        optional is_active: bool,
        /// The fields of who has not enrolled.
        optional fields: Vec<RequiredField>,
        /// The fields of who has.
        optional enrollment_fields: Vec<RequiredField>,
        /// Whether `enrollment_fields` count.
        optional is_enrollment_active: bool,
    }
}

input! {
    /// A field that the customer is asked for.
    #[derive(Debug, Serialize)]
    pub struct RequiredField {
        /// Its name, such as `security_code`.
        required field_name: Text<1, 255>,
        /// Whether it counts.
        optional is_active: bool,
        /// When it is asked for, such as `ALWAYS`.
        optional current_value: Text<1, 255>,
        /// For whom it is: at most one set.
        optional conditions_to_override: OneConditionSet,
    }
}

input! {
    /// What a checkout makes of countries.
    #[derive(Debug, Serialize)]
    pub struct GeneralSettings {
        /// The documents that are taken, each country once. Takes the place of the list before.
        optional country_documents: Countries,
    }
}

input! {
    /// The documents that are taken in a country.
    #[derive(Debug, Serialize)]
    pub struct CountryDocuments {
        /// The country.
        required country_code: Country,
        /// Types of documents, such as `CPF`.
        required documents: Vec<Text<1, 32>>,
    }
}

/// At most `MOST` sets of conditions.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct AtMost<const MOST: usize>(pub Vec<ConditionSet>);

type ConditionSets = AtMost<MAX_CONDITIONS>;
type OneConditionSet = AtMost<1>;

impl<const MOST: usize> Input for AtMost<MOST> {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let sets = Vec::<ConditionSet>::read(raw, at, problems)?;
        if sets.len() > MOST {
            let sets = if MOST == 1 { "set" } else { "sets" };
            problems.wrong(at, format_args!("must have at most {MOST} {sets} of conditions"));
            return None;
        }
        Some(Self(sets))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let items = utoipa::openapi::ArrayBuilder::new().items(ConditionSet::schema()).max_items(Some(MOST));
        utoipa::openapi::RefOr::T(items.build().into())
    }

    fn definitions(into: &mut Definitions) {
        ConditionSet::definitions(into);
    }
}

/// An address of a picture, or an empty text.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Icon(Option<AssetAddress>);

impl Input for Icon {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw.as_str() {
            Some("") => Some(Self(None)),
            _ => AssetAddress::read(raw, at, problems).map(|address| Self(Some(address))),
        }
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        utoipa::openapi::RefOr::T(text.max_length(Some(2_048)).build().into())
    }
}

/// Documents of countries, each once.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Countries(Vec<CountryDocuments>);

impl Input for Countries {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let all = Vec::<CountryDocuments>::read(raw, at, problems)?;
        let mut once = true;
        for (place, country) in all.iter().enumerate() {
            if all[..place].iter().any(|earlier| earlier.country_code == country.country_code) {
                once = false;
                problems.wrong(At::Field(&At::Item(&at, place), "country_code"), "must not be there twice");
            }
        }
        once.then_some(Self(all))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Vec::<CountryDocuments>::schema()
    }

    fn definitions(into: &mut Definitions) {
        CountryDocuments::definitions(into);
    }
}

/// The general settings with what was sent in the place of what was there.
#[must_use]
pub fn merged_general(kept: Value, sent: &GeneralSettings) -> Value {
    match &sent.country_documents {
        Some(countries) => serde_json::json!({"country_documents": countries}),
        None => kept,
    }
}

impl MethodSettings {
    /// What holds of a type of which nothing was said.
    #[must_use]
    pub fn plain(payment_method_type: MethodType) -> Self {
        Self {
            payment_method_type,
            order_to_show: None,
            is_active: None,
            active_enrollment_type: None,
            name: None,
            description: None,
            icon: None,
            short_name: None,
            hint: None,
            conditions_to_override: None,
            required_fields_to_override: None,
        }
    }

    /// These settings with what was sent in the place of what was there. Sets of conditions get their ids.
    pub fn merge(&mut self, sent: Self, now: Timestamp) {
        fn put<T>(place: &mut Option<T>, sent: Option<T>) {
            if sent.is_some() {
                *place = sent;
            }
        }
        put(&mut self.order_to_show, sent.order_to_show);
        put(&mut self.is_active, sent.is_active);
        put(&mut self.active_enrollment_type, sent.active_enrollment_type);
        put(&mut self.name, sent.name);
        put(&mut self.description, sent.description);
        put(&mut self.icon, sent.icon);
        put(&mut self.short_name, sent.short_name);
        put(&mut self.hint, sent.hint);
        put(&mut self.conditions_to_override, sent.conditions_to_override);
        put(&mut self.required_fields_to_override, sent.required_fields_to_override);
        let fields = self.required_fields_to_override.iter_mut().flat_map(|required| {
            let kinds = [&mut required.fields, &mut required.enrollment_fields];
            kinds.into_iter().flatten().flatten().filter_map(|field| field.conditions_to_override.as_mut())
        });
        let of_fields = fields.flat_map(|sets| &mut sets.0);
        for set in self.conditions_to_override.iter_mut().flat_map(|sets| &mut sets.0).chain(of_fields) {
            set.code.get_or_insert_with(|| ConditionSetCode::new(now));
            set.is_active.get_or_insert(true);
            set.priority.get_or_insert(Place(0));
        }
    }

    /// Whether it is shown at all.
    #[must_use]
    pub fn shown(&self) -> bool {
        self.is_active != Some(false)
    }

    /// With what customers can pay or enroll.
    #[must_use]
    pub fn enrollment(&self, method: &PaymentMethod) -> ActiveEnrollmentType {
        self.active_enrollment_type.unwrap_or_else(|| Self::plain_enrollment(method))
    }

    /// With what customers can pay or enroll by a method of which nothing was said.
    #[must_use]
    pub fn plain_enrollment(method: &PaymentMethod) -> ActiveEnrollmentType {
        match method.enrollable {
            true => ActiveEnrollmentType::Both,
            false => ActiveEnrollmentType::None,
        }
    }

    /// Its sets of conditions.
    #[must_use]
    pub fn conditions(&self) -> &[ConditionSet] {
        self.conditions_to_override.as_ref().map_or(&[], |sets| &sets.0)
    }

    /// The merchant's name of the method.
    #[must_use]
    pub fn own_name(&self) -> Option<&str> {
        given(self.name.as_ref())
    }

    /// The merchant's words below the name.
    #[must_use]
    pub fn own_description(&self) -> Option<&str> {
        given(self.description.as_ref())
    }

    /// The merchant's shorter name.
    #[must_use]
    pub fn own_short_name(&self) -> Option<&str> {
        given(self.short_name.as_ref())
    }

    /// The merchant's picture.
    #[must_use]
    pub fn own_icon(&self) -> Option<&str> {
        self.icon.as_ref()?.0.as_ref().map(AssetAddress::as_str)
    }
}

fn given<const MAX: usize>(text: Option<&Text<0, MAX>>) -> Option<&str> {
    text.map(Text::as_str).filter(|text| !text.is_empty())
}

/// A checkout, as far as the rule needs it which methods a session offers.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Its id; `None` of an account that has no checkouts yet.
    pub checkout_id: Option<CheckoutId>,
    /// Whether it is the account's default.
    pub is_default: bool,
    /// What it makes of those types of which something was said.
    pub methods: BTreeMap<String, MethodSettings>,
}

impl Settings {
    /// Reads what is kept: a list of settings. A method of which something cannot be read, because what was right once is
    /// no more, is not shown: what was said of it may have been that.
    #[must_use]
    pub fn methods_of(kept: &Value) -> BTreeMap<String, MethodSettings> {
        let items = kept.as_array().map_or(&[][..], Vec::as_slice);
        let read = items.iter().filter_map(|raw| {
            let r#type = MethodType::parse(raw["payment_method_type"].as_str()?).ok()?;
            let hidden = || MethodSettings { is_active: Some(false), ..MethodSettings::plain(r#type) };
            Some(MethodSettings::read(raw, At::Root, &mut Problems::default()).unwrap_or_else(hidden))
        });
        read.map(|settings| (settings.payment_method_type.as_str().to_owned(), settings)).collect()
    }

    /// The place of a type among all: those with a place first, by it, then cards, then by type.
    #[must_use]
    pub fn place_of<'a>(&self, r#type: &'a str) -> (bool, Option<Place>, bool, &'a str) {
        let place = self.methods.get(r#type).and_then(|settings| settings.order_to_show);
        (place.is_none(), place, r#type != "CARD", r#type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_any_more_is_not_shown() {
        let condition = json!({"condition_type": "CURRENCY", "conditional": "ONE_OF", "values": ["HRK"]});
        let methods = Settings::methods_of(&json!([
            {"payment_method_type": "CARD", "conditions_to_override": [{"name": "gone", "conditions": [condition]}]},
            {"payment_method_type": "PIX", "order_to_show": 1},
        ]));
        assert!(!methods["CARD"].shown() && methods["PIX"].shown());
    }
}
