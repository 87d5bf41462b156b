//! Which installments plan applies to a purchase, and what its instalments cost. Pure: no database, no clock, no HTTP.

#[cfg(test)]
mod obvious;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::types::{Amount, Country, Currency, Iin, InstallmentType, PlanId, PlanMethod, Rate, Timestamp};

/// An installments plan of an account: its instalments, and the purchases that it is for. What a plan says nothing of, it
/// is not narrowed by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Plan {
    /// Its id.
    pub plan_id: PlanId,
    /// The choices that the customer has.
    #[sqlx(json)]
    pub installments: Vec<Part>,
    /// Where the card was issued.
    pub country_code: Option<Country>,
    /// Brands of cards, as the merchant writes them.
    pub brand: Option<Vec<String>>,
    /// The first digits of cards.
    pub iin: Option<Vec<Iin>>,
    /// Months until the first instalment.
    pub first_installment_deferral: i16,
    /// The currency of the purchase.
    pub currency: Option<Currency>,
    /// The least that it costs.
    pub min_value: Option<Amount>,
    /// The most that it costs.
    pub max_value: Option<Amount>,
    /// From when on.
    pub start_at: Option<Timestamp>,
    /// Until when: then it is over.
    pub finish_at: Option<Timestamp>,
    /// What it is paid with.
    pub payment_method_type: PlanMethod,
    /// When the plan was made.
    pub created_at: Timestamp,
}

/// One choice of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// In how many instalments.
    pub installment: u16,
    /// What the amount is multiplied with: 1.2 adds twenty percent.
    pub rate: Rate,
    /// What it costs, as the law has it told. For people: nothing is computed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub financial_costs: Vec<FinancialCost>,
    /// Who pays for the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<InstallmentType>,
}

/// A cost that is told to the customer, such as the total one (CFT).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FinancialCost {
    /// Which cost.
    pub r#type: String,
    /// In percent.
    pub rate: Amount,
}

/// What a purchase costs in instalments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Each instalment.
    pub value: Amount,
    /// All of them.
    pub total_value: Amount,
}

impl Part {
    /// What an amount costs so: all of it is the amount times the rate, and an instalment is an equal part of that, each
    /// rounded half up to the decimals of the currency; to two where none is known. So many instalments may differ from
    /// the whole by less than half a cent each: the whole is what counts.
    #[must_use]
    pub fn cost(&self, amount: Amount, currency: Option<Currency>) -> Cost {
        let decimals = currency.map_or(2, |currency| currency.decimals());
        let total_value = amount.times(self.rate, decimals);
        Cost { value: total_value.part(self.installment, decimals), total_value }
    }
}

/// What a purchase says, as far as the rule needs it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// In which currency it is paid.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// The first digits of the card; `None` as long as they are not known.
    pub iin: Option<&'a Iin>,
    /// Where the card was issued; `None` when it is not known, and no plan is kept back for it.
    pub country: Option<Country>,
    /// What it is paid with.
    pub payment_method_type: PlanMethod,
    /// When.
    pub now: Timestamp,
}

impl Plan {
    /// Whether it is for a currency.
    #[must_use]
    pub fn is_for_currency(&self, currency: Currency) -> bool {
        self.currency.is_none_or(|own| own == currency)
    }

    /// Whether it is for an amount; both ends of its range belong to it.
    #[must_use]
    pub fn is_for_amount(&self, amount: Amount) -> bool {
        self.min_value.is_none_or(|least| least <= amount) && self.max_value.is_none_or(|most| amount <= most)
    }

    /// Whether it is for a card: it has no first digits, or some with which those of the card begin.
    #[must_use]
    pub fn is_for_iin(&self, iin: &Iin) -> bool {
        self.digits_of(Some(iin)).is_some()
    }

    /// With how many digits it names a card: 0 when it has none, `None` when it names others alone.
    fn digits_of(&self, card: Option<&Iin>) -> Option<usize> {
        match (&self.iin, card) {
            (None, _) => Some(0),
            (Some(_), None) => None,
            (Some(own), Some(card)) => {
                let named = own.iter().filter(|own| card.as_str().starts_with(own.as_str()));
                named.map(|own| own.as_str().len()).max()
            }
        }
    }

    /// Whether it applies to a purchase. Only of a card are the first digits asked, and the brand, which they tell.
    #[must_use]
    pub fn applies(&self, situation: &Situation<'_>) -> bool {
        let brand = situation.iin.map(|iin| iin.brand().name.as_str());
        let is_of_brand = |own: &Vec<String>| brand.is_some_and(|brand| own.iter().any(|own| is_same(own, brand)));
        let is_for_card = || self.digits_of(situation.iin).is_some() && self.brand.as_ref().is_none_or(is_of_brand);
        self.payment_method_type == situation.payment_method_type
            && self.is_for_currency(situation.currency)
            && self.is_for_amount(situation.amount)
            && self.start_at.is_none_or(|start_at| start_at <= situation.now)
            && self.finish_at.is_none_or(|finish_at| situation.now < finish_at)
            && situation.country.is_none_or(|country| self.country_code.is_none_or(|own| own == country))
            && (self.payment_method_type != PlanMethod::Card || is_for_card())
    }

    /// How closely it fits a purchase to which it applies: the more, the closer. See [`best`].
    fn closeness(&self, situation: &Situation<'_>) -> impl Ord + use<> {
        let is_for_cards = self.payment_method_type == PlanMethod::Card;
        let range = self.min_value.zip(self.max_value).map(|(least, most)| Reverse(most.minus(least)));
        (
            self.digits_of(situation.iin).filter(|_| is_for_cards).unwrap_or(0),
            is_for_cards && self.brand.is_some(),
            self.country_code.is_some(),
            range,
            self.min_value.is_some() || self.max_value.is_some(),
            self.currency.is_some(),
            self.start_at.is_some() || self.finish_at.is_some(),
            (self.created_at, self.plan_id),
        )
    }
}

/// Brands are words of people: `Visa` is `VISA`.
fn is_same(own: &str, brand: &str) -> bool {
    own.eq_ignore_ascii_case(brand)
}

/// The best of the plans of an account for a purchase: of those that [apply](Plan::applies) the one that fits most
/// closely. In this order counts
///
/// 1. with how many digits it names the card (cards only),
/// 2. that it is narrowed to brands (cards only),
/// 3. that it is narrowed to a country,
/// 4. how narrow its range of amounts is; one that is open at an end is wider than any that is not, and narrower than none,
/// 5. that it is narrowed to a currency,
/// 6. that it begins or ends at some time,
/// 7. how new it is.
#[must_use]
pub fn best<'a>(plans: &'a [Plan], situation: &Situation<'_>) -> Option<&'a Plan> {
    plans.iter().filter(|plan| plan.applies(situation)).max_by_key(|plan| plan.closeness(situation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).expect(text)
    }

    pub(super) fn currency(code: &str) -> Currency {
        Currency::parse(code).expect(code)
    }

    pub(super) fn iin(digits: &str) -> Iin {
        Iin::parse(digits).expect(digits)
    }

    pub(super) fn at(hours: i64) -> Timestamp {
        Timestamp::parse("2026-01-15T12:00:00Z").expect("a time").plus(TimeDelta::hours(hours))
    }

    /// A plan that is narrowed by nothing.
    pub(super) fn plan(hour: i64) -> Plan {
        Plan {
            plan_id: PlanId::new(at(hour)),
            installments: Vec::new(),
            country_code: None,
            brand: None,
            iin: None,
            first_installment_deferral: 0,
            currency: None,
            min_value: None,
            max_value: None,
            start_at: None,
            finish_at: None,
            payment_method_type: PlanMethod::Card,
            created_at: at(hour),
        }
    }

    fn paying<'a>(value: &str, iin: Option<&'a Iin>) -> Situation<'a> {
        Situation {
            currency: currency("BRL"),
            amount: amount(value),
            iin,
            country: Country::parse("BR").ok(),
            payment_method_type: PlanMethod::Card,
            now: at(0),
        }
    }

    fn part(installment: u16, rate: &str) -> Part {
        Part { installment, rate: amount(rate), financial_costs: Vec::new(), r#type: None }
    }

    #[test]
    fn an_instalment_is_a_part_of_the_amount_with_its_rate() {
        for (value, code, parts, rate, each, all) in [
            ("100", Some("BRL"), 3, "1.2", "40", "120"),
            ("100", Some("BRL"), 3, "1", "33.33", "100"),
            ("259.9", Some("BRL"), 6, "1.0525", "45.59", "273.54"),
            ("10000", Some("CLP"), 7, "1", "1429", "10000"),
            ("10", Some("KWD"), 3, "1", "3.333", "10"),
            ("10", None, 3, "1", "3.33", "10"),
            ("100", Some("BRL"), 1, "1", "100", "100"),
        ] {
            let cost = part(parts, rate).cost(amount(value), code.map(currency));
            assert_eq!((cost.value, cost.total_value), (amount(each), amount(all)), "{value} × {rate} in {parts}");
        }
    }

    #[test]
    fn each_condition_keeps_a_plan_back() {
        let card = iin("45079900");
        let narrowed = |narrow: fn(&mut Plan)| {
            let mut plan = plan(0);
            narrow(&mut plan);
            plan.applies(&paying("100", Some(&card)))
        };
        let right: [fn(&mut Plan); 12] = [
            |_| {},
            |plan| plan.currency = Some(currency("BRL")),
            |plan| plan.min_value = Some(amount("100")),
            |plan| plan.max_value = Some(amount("100")),
            |plan| plan.iin = Some(vec![iin("555555"), iin("450799")]),
            |plan| plan.iin = Some(vec![iin("45079900")]),
            |plan| plan.brand = Some(vec!["MASTERCARD".into(), "Visa".into()]),
            |plan| plan.country_code = Country::parse("BR").ok(),
            |plan| plan.start_at = Some(at(0)),
            |plan| plan.finish_at = Some(at(1)),
            |plan| (plan.start_at, plan.finish_at) = (Some(at(-1)), Some(at(1))),
            |plan| (plan.min_value, plan.max_value) = (Some(amount("99.99")), Some(amount("100.01"))),
        ];
        assert_eq!(right.map(narrowed), [true; 12]);
        let wrong: [fn(&mut Plan); 9] = [
            |plan| plan.currency = Some(currency("USD")),
            |plan| plan.min_value = Some(amount("100.0001")),
            |plan| plan.max_value = Some(amount("99.9999")),
            |plan| plan.iin = Some(vec![iin("45079901"), iin("555555")]),
            |plan| plan.brand = Some(vec!["MASTERCARD".into()]),
            |plan| plan.country_code = Country::parse("CO").ok(),
            |plan| plan.start_at = Some(at(1)),
            |plan| plan.finish_at = Some(at(0)),
            |plan| plan.payment_method_type = PlanMethod::ApplePay,
        ];
        assert_eq!(wrong.map(narrowed), [false; 9]);
    }

    #[test]
    fn a_card_that_is_not_known_gets_no_plan_of_cards_that_are_named() {
        let (mut of_digits, mut of_brand, mut of_country) = (plan(0), plan(0), plan(0));
        of_digits.iin = Some(vec![iin("450799")]);
        of_brand.brand = Some(vec!["VISA".into()]);
        of_country.country_code = Country::parse("CO").ok();
        let unknown = Situation { country: None, ..paying("100", None) };
        assert_eq!([&of_digits, &of_brand, &of_country].map(|plan| plan.applies(&unknown)), [false, false, true]);
        // Fewer digits than the plan has do not tell.
        let six = iin("450799");
        of_digits.iin = Some(vec![iin("45079900")]);
        assert!(!of_digits.applies(&paying("100", Some(&six))));
        // What is no card is not asked for one.
        of_digits.payment_method_type = PlanMethod::ApplePay;
        of_digits.brand = Some(vec!["VISA".into()]);
        assert!(of_digits.applies(&Situation { payment_method_type: PlanMethod::ApplePay, ..unknown }));
    }

    #[test]
    fn what_fits_more_closely_goes_first() {
        // Each is better than all before it, whatever is older.
        let narrow: [fn(&mut Plan); 11] = [
            |_| {},
            |plan| plan.finish_at = Some(at(9)),
            |plan| plan.currency = Some(currency("BRL")),
            |plan| plan.max_value = Some(amount("1000")),
            |plan| (plan.min_value, plan.max_value) = (Some(amount("0")), Some(amount("1000"))),
            |plan| (plan.min_value, plan.max_value) = (Some(amount("50")), Some(amount("150"))),
            |plan| plan.country_code = Country::parse("BR").ok(),
            |plan| plan.brand = Some(vec!["VISA".into()]),
            |plan| plan.iin = Some(vec![iin("450799")]),
            |plan| plan.iin = Some(vec![iin("4507990")]),
            |plan| plan.iin = Some(vec![iin("450799"), iin("45079900")]),
        ];
        let mut plans = Vec::new();
        let card = iin("45079900");
        for (place, narrow) in (0..).zip(narrow) {
            let mut plan = plan(-place);
            narrow(&mut plan);
            plans.insert(0, plan);
            let found = best(&plans, &paying("100", Some(&card))).map(|plan| plan.created_at);
            assert_eq!(found, Some(at(-place)), "{place}");
        }
        let two = [plan(3), plan(5), plan(4)];
        assert_eq!(best(&two, &paying("100", None)).map(|plan| plan.created_at), Some(at(5)));
        assert!(best(&[], &paying("100", None)).is_none());
    }
}
