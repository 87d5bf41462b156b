//! An installments plan as it is sent.

use std::collections::HashSet;

use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::db::installments_plans::Row;
use crate::input::{At, Definitions, Input, Problems, input};
use crate::installments::{FinancialCost, Part};
use crate::types::{AccountId, Amount, Country, Currency, Iin, InstallmentType, PlanMethod, Rate, Text, Timestamp};

type Words = Text<3, 255>;

input! {
    /// An installments plan to create.
    pub struct CreateInstallmentsPlan /
    /// What is to change of an installments plan: only what is sent. A list or an object takes the place of the one before;
    /// an empty `brand` or `iin`, and an empty `availability`, take the narrowing away.
    UpdateInstallmentsPlan {
        /// The merchant's name of it.
        required name: Words,
        /// The accounts that have it, at least one.
        required account_id: Accounts,
        /// The merchant's reference of it.
        required merchant_reference: Words,
        /// The choices that the customer has, at least one, each number of instalments once.
        required installments_plan: Parts,
        /// For cards that were issued there; for any when not sent.
        optional country_code: Country,
        /// The scheme of the cards. It is kept and has no effect.
        optional scheme: Words,
        /// For cards of these brands, such as `VISA`; for any when not sent.
        optional brand: Vec<Words>,
        /// Who issued the cards. It is kept and has no effect.
        optional issuer: Words,
        /// For cards whose numbers begin so, 6 to 8 digits each; for any when not sent.
        optional iin: Vec<Iin>,
        /// Months until the first instalment is taken: 0 when not sent.
        optional first_installment_deferral: Months,
        /// For these amounts; for any, in any currency, when not sent.
        optional amount: AmountRange,
        /// When it is available; always when not sent.
        optional availability: Availability,
        /// What is paid with; `CARD` when not sent. A plan is offered to nothing else.
        optional payment_method_type: PlanMethod,
    }
}

input! {
    /// One choice of a plan.
    pub struct NewPart {
        /// In how many instalments.
        required installment: u16,
        /// What the amount is multiplied with: 1.2 adds twenty percent. 1 when not sent.
        optional rate: Rate,
        /// What it costs, as the law has it told.
        optional financial_costs: Vec<NewFinancialCost>,
        /// Who pays for the time that it takes.
        optional r#type: InstallmentType,
    }
}

input! {
    /// A cost that is told to the customer.
    pub struct NewFinancialCost {
        /// Which cost, such as `CFT`, `TEA`, `CET` or `CAT`.
        required r#type: Words,
        /// In percent, 0 to 100000: 45.25 is 45.25 %.
        required rate: Percent,
    }
}

input! {
    /// The amounts that a plan is for.
    pub struct NewAmountRange {
        /// ISO 4217 code.
        required currency: Currency,
        /// The least; as little as may be when not sent.
        optional min_value: Amount,
        /// The most, not less than the least; as much as may be when not sent.
        optional max_value: Amount,
    }
}

input! {
    /// When a plan is available.
    pub struct NewAvailability {
        /// From when on; from the beginning when not sent.
        optional start_at: Timestamp,
        /// Until when, after the start; for ever when not sent.
        optional finish_at: Timestamp,
    }
}

/// Accounts, at least one.
#[derive(Clone)]
pub struct Accounts(pub(super) Vec<AccountId>);

impl Input for Accounts {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        at_least_one(raw, at, problems).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        with_an_item(Vec::<AccountId>::schema())
    }
}

/// Whether no number of instalments stands twice among choices.
pub(in crate::api) fn none_twice(raw: &Value, at: At<'_>, problems: &mut Problems) -> bool {
    let mut seen = HashSet::new();
    let numbers = raw.as_array().into_iter().flatten().map(|part| part["installment"].as_u64());
    let mut none = true;
    for (place, number) in numbers.enumerate() {
        if number.is_some_and(|number| !seen.insert(number)) {
            problems.wrong(At::Field(&At::Item(&at, place), "installment"), "must not stand twice");
            none = false;
        }
    }
    none
}

/// The choices of a plan: at least one, and no number of instalments twice.
#[derive(Clone)]
pub struct Parts(Vec<NewPart>);

impl Input for Parts {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let parts = at_least_one(raw, at, problems);
        // Also beside something wrong: all of it is told at once.
        let none_twice = none_twice(raw, at, problems);
        parts.filter(|_| none_twice).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        with_an_item(Vec::<NewPart>::schema())
    }

    fn definitions(into: &mut Definitions) {
        NewPart::definitions(into);
    }
}

fn at_least_one<T: Input>(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Vec<T>> {
    let items = Vec::<T>::read(raw, at, problems)?;
    if items.is_empty() {
        problems.wrong(at, "must have at least one item");
        return None;
    }
    Some(items)
}

fn with_an_item(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Array(mut array)) => {
            array.min_items = Some(1);
            RefOr::T(Schema::Array(array))
        }
        other => other,
    }
}

/// Months from 0 to 3.
#[derive(Clone, Copy)]
pub struct Months(i16);

impl Input for Months {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let months =
            raw.as_i64().and_then(|months| i16::try_from(months).ok()).filter(|months| (0..=3).contains(months));
        if months.is_none() {
            problems.wrong(at, "must be a whole number from 0 to 3");
        }
        months.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(3));
        RefOr::T(Schema::Object(number.build()))
    }
}

/// A rate in percent: 0 to 100000.
#[derive(Clone, Copy)]
pub struct Percent(Amount);

impl Input for Percent {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let rate = Amount::read(raw, at, problems)?;
        if rate > Amount::whole(100_000) {
            problems.wrong(at, "must be a decimal number from 0 to 100000");
            return None;
        }
        Some(Self(rate))
    }

    fn schema() -> RefOr<Schema> {
        match Amount::schema() {
            RefOr::T(Schema::Object(mut number)) => {
                number.maximum = Some(100_000.into());
                RefOr::T(Schema::Object(number))
            }
            other => other,
        }
    }
}

/// The amounts that a plan is for, the least not more than the most.
#[derive(Clone)]
pub struct AmountRange(NewAmountRange);

impl Input for AmountRange {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let range = NewAmountRange::read(raw, at, problems);
        if both::<Amount>(raw, "min_value", "max_value").is_some_and(|(least, most)| least > most) {
            problems.wrong(At::Field(&at, "max_value"), "must not be less than min_value");
            return None;
        }
        range.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        NewAmountRange::schema()
    }

    fn definitions(into: &mut Definitions) {
        NewAmountRange::definitions(into);
    }
}

/// When a plan is available: the start before the end.
#[derive(Clone)]
pub struct Availability(NewAvailability);

impl Input for Availability {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let availability = NewAvailability::read(raw, at, problems);
        if both::<Timestamp>(raw, "start_at", "finish_at").is_some_and(|(start, finish)| start >= finish) {
            problems.wrong(At::Field(&at, "finish_at"), "must be after start_at");
            return None;
        }
        availability.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        NewAvailability::schema()
    }

    fn definitions(into: &mut Definitions) {
        NewAvailability::definitions(into);
    }
}

/// Two fields of an object, when both are there and right, whatever else is wrong with it.
fn both<T: Input>(raw: &Value, one: &str, other: &str) -> Option<(T, T)> {
    let read = |name: &str| T::read(raw.get(name)?, At::Root, &mut Problems::default());
    read(one).zip(read(other))
}

impl From<NewPart> for Part {
    fn from(sent: NewPart) -> Self {
        let costs = sent.financial_costs.into_iter().flatten();
        Self {
            installment: sent.installment,
            rate: sent.rate.unwrap_or(Rate::whole(1)),
            financial_costs: costs
                .map(|cost| FinancialCost { r#type: cost.r#type.into_string(), rate: cost.rate.0 })
                .collect(),
            r#type: sent.r#type,
        }
    }
}

/// The plan with what was sent in the place of what was there; the accounts are not looked at.
pub(super) fn merged(mut row: Row, sent: UpdateInstallmentsPlan) -> Row {
    fn put<T>(place: &mut T, sent: Option<T>) {
        if let Some(sent) = sent {
            *place = sent;
        }
    }
    let plan = &mut row.plan;
    put(&mut row.name, sent.name.map(Text::into_string));
    put(&mut row.merchant_reference, sent.merchant_reference.map(Text::into_string));
    put(&mut plan.installments, sent.installments_plan.map(|parts| parts.0.into_iter().map(Part::from).collect()));
    plan.country_code = sent.country_code.or(plan.country_code);
    put(&mut row.scheme, sent.scheme.map(|scheme| Some(scheme.into_string())));
    put(&mut row.issuer, sent.issuer.map(|issuer| Some(issuer.into_string())));
    if let Some(brands) = sent.brand {
        plan.brand =
            Some(brands.into_iter().map(Text::into_string).collect()).filter(|brands: &Vec<_>| !brands.is_empty());
    }
    if let Some(iins) = sent.iin {
        plan.iin = Some(iins).filter(|iins| !iins.is_empty());
    }
    put(&mut plan.first_installment_deferral, sent.first_installment_deferral.map(|Months(months)| months));
    if let Some(AmountRange(range)) = sent.amount {
        (plan.currency, plan.min_value, plan.max_value) = (Some(range.currency), range.min_value, range.max_value);
    }
    if let Some(Availability(availability)) = sent.availability {
        (plan.start_at, plan.finish_at) = (availability.start_at, availability.finish_at);
    }
    put(&mut plan.payment_method_type, sent.payment_method_type);
    row
}
