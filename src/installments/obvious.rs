//! The best plan once more, in a slow and obvious way, and that both agree.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::tests::{at, currency, iin, plan};
use super::{Plan, Situation, best};
use crate::types::{Amount, Country, PlanMethod};

/// The rule: condition after condition, then criterion after criterion, each of which leaves
/// those that are best in it.
fn obviously_best<'a>(plans: &'a [Plan], situation: &Situation<'_>) -> Option<&'a Plan> {
    let cards = situation.payment_method_type == PlanMethod::Card;
    let known = situation.iin.map(|iin| iin.as_str().to_owned());
    // How many of the card's digits a plan names.
    let digits = |plan: &Plan| {
        let mut longest = 0;
        for named in plan.iin.iter().flatten() {
            for length in 6..=8 {
                let begins = known.as_ref().and_then(|known| known.get(..length));
                if begins == Some(named.as_str()) && length > longest {
                    longest = length;
                }
            }
        }
        longest
    };
    let mut left = Vec::new();
    for plan in plans {
        if plan.payment_method_type != situation.payment_method_type {
            continue;
        }
        if plan.currency.is_some() && plan.currency != Some(situation.currency) {
            continue;
        }
        if plan.min_value.unwrap_or(Amount::ZERO) > situation.amount {
            continue;
        }
        if plan.max_value.is_some() && plan.max_value < Some(situation.amount) {
            continue;
        }
        if plan.start_at.is_some_and(|start| situation.now < start) {
            continue;
        }
        if plan.finish_at.is_some_and(|finish| situation.now >= finish) {
            continue;
        }
        if let (Some(own), Some(country)) = (plan.country_code, situation.country)
            && own != country
        {
            continue;
        }
        if cards && plan.iin.is_some() && digits(plan) == 0 {
            continue;
        }
        if let (true, Some(brands)) = (cards, &plan.brand) {
            let visa = known.as_ref().is_some_and(|known| known.starts_with('4'));
            let mastercard = known.as_ref().is_some_and(|known| known.starts_with('5'));
            let has = |brand: &str| brands.iter().any(|own| own.to_uppercase() == brand);
            if !(visa && has("VISA") || mastercard && has("MASTERCARD")) {
                continue;
            }
        }
        left.push(plan);
    }
    // Of each criterion less is better.
    let width = |plan: &Plan| match (plan.min_value, plan.max_value) {
        (Some(least), Some(most)) => most.minus(least).to_string().parse::<f64>().expect("a number"),
        (None, None) => f64::INFINITY,
        _ => f64::MAX,
    };
    let newest = plans.iter().map(|plan| (plan.created_at, plan.plan_id)).collect::<Vec<_>>();
    let rank = |plan: &Plan| newest.iter().filter(|other| **other > (plan.created_at, plan.plan_id)).count();
    let no = |yes: bool| if yes { 0.0 } else { 1.0 };
    let criteria: [&dyn Fn(&Plan) -> f64; 7] = [
        &|plan| if cards { 8.0 - digits(plan) as f64 } else { 0.0 },
        &|plan| no(cards && plan.brand.is_some()),
        &|plan| no(plan.country_code.is_some()),
        &width,
        &|plan| no(plan.currency.is_some()),
        &|plan| no(plan.start_at.is_some() || plan.finish_at.is_some()),
        &|plan| rank(plan) as f64,
    ];
    for criterion in criteria {
        let least = left.iter().map(|plan| criterion(plan)).fold(f64::INFINITY, f64::min);
        left.retain(|plan| criterion(plan) <= least);
    }
    assert!(left.len() < 2, "the last criterion leaves one");
    left.first().copied()
}

const IINS: [&str; 6] = ["450799", "4507990", "45079900", "45079911", "555555", "55555555"];

fn some_plan() -> impl Strategy<Value = Plan> {
    let range = option::of((0_u32..4, 0_u32..4)).prop_flat_map(|range| {
        let ends = range.map(|(least, more)| (Amount::whole(least * 50), Amount::whole((least + more) * 50)));
        (Just(ends), any::<(bool, bool)>())
    });
    let times = (option::of(-2_i64..3), option::of(-2_i64..3));
    (
        (option::of(select(vec!["BR", "CO"])), option::of(select(vec!["BRL", "USD"]))),
        option::weighted(0.3, subsequence(vec!["visa", "MASTERCARD", "ELO"], 0..3)),
        option::weighted(0.4, subsequence(IINS.to_vec(), 0..4)),
        range,
        times,
        select(vec![PlanMethod::Card, PlanMethod::Card, PlanMethod::ApplePay]),
        0_i64..3,
    )
        .prop_map(|((country, code), brand, iins, (ends, (opened, closed)), (start, finish), method, hour)| Plan {
            country_code: country.and_then(|code| Country::parse(code).ok()),
            currency: code.map(currency),
            brand: brand.map(|brands| brands.into_iter().map(str::to_owned).collect()),
            iin: iins.map(|digits| digits.into_iter().map(iin).collect()),
            min_value: ends.map(|(least, _)| least).filter(|_| !opened),
            max_value: ends.map(|(_, most)| most).filter(|_| !closed),
            start_at: start.map(at),
            finish_at: finish.map(at),
            payment_method_type: method,
            ..plan(hour)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_best_plan_is_the_obvious_one(
        plans in proptest::collection::vec(some_plan(), 0..12),
        digits in option::of(select(IINS.to_vec())),
        (value, code, country) in (0_u32..8, select(vec!["BRL", "USD"]), option::of(select(vec!["BR", "CO"]))),
        method in select(vec![PlanMethod::Card, PlanMethod::Card, PlanMethod::ApplePay]),
    ) {
        let card = digits.map(iin);
        let situation = Situation {
            currency: currency(code),
            amount: Amount::whole(value * 50),
            iin: card.as_ref(),
            country: country.and_then(|code| Country::parse(code).ok()),
            payment_method_type: method,
            now: at(0),
        };
        let found = best(&plans, &situation).map(|plan| plan.plan_id);
        prop_assert_eq!(found, obviously_best(&plans, &situation).map(|plan| plan.plan_id));
        let mut reversed = plans.clone();
        reversed.reverse();
        prop_assert_eq!(found, best(&reversed, &situation).map(|plan| plan.plan_id));
    }
}
