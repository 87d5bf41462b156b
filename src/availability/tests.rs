//! The rule by examples, and its two tellings against a third that reads settings and sessions as they are sent.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::catalog::CATALOG;
use crate::types::{Amount, CheckoutId, Timestamp};

fn country(code: &str) -> Country {
    Country::parse(code).expect(code)
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect(code)
}

fn paying(at: &str, with: &str) -> Situation<'static> {
    let purchase = Purchase { currency: currency(with), amount: Amount::ZERO, metadata: None };
    Situation { country: country(at), purchase: Some(purchase) }
}

fn connection(provider: &str, methods: &[&str]) -> Connection {
    Connection {
        connection_id: ConnectionId::new(Timestamp::parse("2026-01-15T12:00:00Z").expect("a time")),
        merchant_connection_id: provider.to_lowercase(),
        provider_id: provider.to_owned(),
        active: true,
        payment_methods: methods.iter().map(|method| (*method).to_owned()).collect(),
        countries: None,
        currencies: None,
    }
}

fn types(situation: Situation<'_>, connections: &[Connection]) -> Vec<&'static str> {
    let offers = Offers::new(connections.to_vec(), Vec::new(), &CATALOG);
    offers.offered(None, situation).map(|offer| offer.method.r#type.as_str()).collect()
}

fn reasons<'a>(situation: Situation<'_>, connections: &'a [Connection]) -> Vec<(&'a str, &'a str)> {
    judge(&situation, connections, None, &CATALOG)
        .iter()
        .map(|verdict| (verdict.r#type, verdict.decided_by().map_or("", |(_, reason)| reason.code())))
        .collect()
}

#[test]
fn offers_what_is_served_in_the_country_and_the_currency() {
    let connections = [connection("DLOCAL", &["PIX", "OXXO", "CARD"])];
    assert_eq!(types(paying("BR", "BRL"), &connections), ["CARD", "PIX"]);
    assert_eq!(types(paying("MX", "MXN"), &connections), ["CARD", "OXXO"]);
    assert_eq!(types(paying("BR", "USD"), &connections), ["CARD"]);
    assert_eq!(
        reasons(paying("BR", "USD"), &connections),
        [("CARD", "OFFERED"), ("OXXO", "COUNTRY"), ("PIX", "CURRENCY")]
    );
}

#[test]
fn needs_an_active_connection() {
    let mut paused = connection("DLOCAL", &["PIX"]);
    paused.active = false;
    assert_eq!(reasons(paying("BR", "BRL"), std::slice::from_ref(&paused)), [("PIX", "CONNECTION_PAUSED")]);
    assert_eq!(types(paying("BR", "BRL"), &[paused, connection("ADYEN", &["PIX"])]), ["PIX"], "another one serves it");
    assert!(types(paying("BR", "BRL"), &[]).is_empty());
}

#[test]
fn keeps_to_what_the_merchant_narrowed_a_connection_to() {
    let mut narrowed = connection("DLOCAL", &["CARD"]);
    narrowed.countries = Some(vec![country("MX")]);
    narrowed.currencies = Some(vec![currency("MXN")]);
    let connections = [narrowed];
    assert_eq!(reasons(paying("BR", "MXN"), &connections), [("CARD", "CONNECTION_COUNTRY")]);
    assert_eq!(reasons(paying("MX", "USD"), &connections), [("CARD", "CONNECTION_CURRENCY")]);
    assert_eq!(types(paying("MX", "MXN"), &connections), ["CARD"]);
}

#[test]
fn never_offers_what_takes_no_payments_or_the_provider_does_not_have() {
    let connections = [connection("DLOCAL", &["PIX_PAYOUT", "IDEAL", "NO_SUCH_TYPE"]), connection("ADYEN", &["IDEAL"])];
    let all = reasons(paying("BR", "BRL"), &connections);
    assert!(all.contains(&("NO_SUCH_TYPE", "NOT_IN_CATALOG")), "{all:?}");
    assert!(all.contains(&("IDEAL", "COUNTRY")), "the closest reason decides: {all:?}");
    assert_eq!(types(paying("NL", "EUR"), &connections[..1]), Vec::<&str>::new());
    let payouts = [connection("STP", &["STP_PAYOUT"])];
    assert_eq!(reasons(paying("MX", "MXN"), &payouts), [("STP_PAYOUT", "NOT_A_PAYMENT_METHOD")]);
}

#[test]
fn enrolling_asks_for_the_country_but_not_for_a_currency() {
    let enrolling = Situation { country: country("CO"), purchase: None };
    let connections = [connection("NEQUI", &["NEQUI"]), connection("DLOCAL", &["CARD", "PSE"])];
    assert_eq!(
        reasons(enrolling, &connections),
        [("CARD", "OFFERED"), ("NEQUI", "OFFERED"), ("PSE", "NOT_ENROLLABLE")]
    );
}

fn some_connection() -> impl Strategy<Value = Connection> {
    let pairs: Vec<(String, Vec<String>)> = CATALOG
        .methods()
        .flat_map(|method| CATALOG.providers_of(&method.r#type))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|provider| (provider.to_owned(), CATALOG.offered_by(provider).unwrap_or_default().to_vec()))
        .collect();
    let narrowing = proptest::option::of(proptest::sample::subsequence(vec!["BR", "MX", "CO", "US", "NL", "JP"], 0..4));
    let narrowing_currency =
        proptest::option::of(proptest::sample::subsequence(vec!["BRL", "MXN", "COP", "USD", "EUR"], 0..4));
    (proptest::sample::select(pairs), any::<bool>(), narrowing, narrowing_currency).prop_map(
        |((provider, methods), active, countries, currencies)| Connection {
            active,
            payment_methods: methods,
            countries: countries.map(|codes| codes.into_iter().map(country).collect()),
            currencies: currencies.map(|codes| codes.into_iter().map(currency).collect()),
            ..connection(&provider, &[])
        },
    )
}

fn some_situation() -> impl Strategy<Value = Situation<'static>> {
    let countries = vec!["BR", "MX", "CO", "CL", "AR", "PE", "US", "NL", "DE", "JP", "ID", "PL", "AQ"];
    let currencies = vec!["BRL", "MXN", "COP", "CLP", "ARS", "PEN", "USD", "EUR", "JPY", "IDR", "PLN"];
    (proptest::sample::select(countries), proptest::option::of(proptest::sample::select(currencies))).prop_map(
        |(at, with)| match with {
            Some(with) => paying(at, with),
            None => Situation { country: country(at), purchase: None },
        },
    )
}

proptest! {
    #[test]
    fn the_list_is_what_the_verdicts_call_offered_and_in_their_order(
        situation in some_situation(),
        connections in proptest::collection::vec(some_connection(), 0..6),
    ) {
        let listed = types(situation, &connections);
        let judged: Vec<_> = judge(&situation, &connections, None, &CATALOG)
            .into_iter().filter(Verdict::offered).map(|verdict| verdict.r#type).collect();
        prop_assert_eq!(&listed, &judged);
        let mut ordered = listed.clone();
        ordered.sort_by_key(|r#type| (*r#type != "CARD", r#type.to_owned()));
        prop_assert_eq!(listed, ordered);
    }

    #[test]
    fn the_order_of_connections_changes_nothing(
        situation in some_situation(),
        connections in proptest::collection::vec(some_connection(), 0..6),
    ) {
        let mut reversed = connections.clone();
        reversed.reverse();
        prop_assert_eq!(types(situation, &connections), types(situation, &reversed));
    }

    #[test]
    fn whatever_is_offered_is_served_there_by_an_active_connection(
        situation in some_situation(),
        connections in proptest::collection::vec(some_connection(), 0..6),
    ) {
        for offer in Offers::new(connections.clone(), Vec::new(), &CATALOG).offered(None, situation) {
            let method = offer.method;
            prop_assert!(method.countries.has(&situation.country));
            prop_assert!(situation.currency().is_none_or(|currency| method.currencies.has(&currency)));
            prop_assert!(method.flow.takes_payments());
            prop_assert!(situation.purchase.is_some() || method.enrollable);
            let served = connections.iter().any(|connection| {
                connection.active
                    && connection.payment_methods.contains(&method.r#type)
                    && connection.countries.as_ref().is_none_or(|only| only.contains(&situation.country))
                    && situation.currency().is_none_or(|currency| {
                        connection.currencies.as_ref().is_none_or(|only| only.contains(&currency))
                    })
            });
            prop_assert!(served);
        }
    }

    #[test]
    fn pausing_every_connection_empties_the_list(
        situation in some_situation(),
        mut connections in proptest::collection::vec(some_connection(), 0..6),
    ) {
        for connection in &mut connections {
            connection.active = false;
        }
        prop_assert!(types(situation, &connections).is_empty());
    }
}

/// A checkout with the settings of methods as they are sent.
fn checkout(methods: &Value) -> Settings {
    let methods = Settings::methods_of(methods);
    Settings { checkout_id: Some(CheckoutId::fixed(1)), is_default: true, methods }
}

/// Each type that is offered, with its name and the set of conditions because of which it is.
fn offered(situation: Situation<'_>, connections: &[Connection], methods: &Value) -> Vec<(String, String, String)> {
    let offers = Offers::new(connections.to_vec(), vec![checkout(methods)], &CATALOG);
    let told = offers.offered(None, situation).map(|offer| {
        let because = offer.because().map(|set| set.name.as_str().to_owned()).unwrap_or_default();
        (offer.method.r#type.clone(), offer.name().to_owned(), because)
    });
    told.collect()
}

fn types_in(situation: Situation<'_>, connections: &[Connection], methods: &Value) -> Vec<String> {
    offered(situation, connections, methods).into_iter().map(|(r#type, ..)| r#type).collect()
}

#[test]
fn the_checkout_switches_off_and_orders() {
    let connections = [connection("DLOCAL", &["PIX", "BOLETO", "CARD"])];
    let brazil = paying("BR", "BRL");
    assert_eq!(types_in(brazil, &connections, &json!([])), ["CARD", "BOLETO", "PIX"]);
    let methods = json!([{"payment_method_type": "PIX", "order_to_show": 0, "name": "Pix, at once"}]);
    assert_eq!(types_in(brazil, &connections, &methods), ["PIX", "CARD", "BOLETO"]);
    assert_eq!(offered(brazil, &connections, &methods)[0].1, "Pix, at once");
    let methods = json!([
        {"payment_method_type": "PIX", "order_to_show": 3},
        {"payment_method_type": "BOLETO", "order_to_show": 2},
        {"payment_method_type": "CARD", "is_active": false},
    ]);
    assert_eq!(types_in(brazil, &connections, &methods), ["BOLETO", "PIX"]);
    let verdicts = judge(&brazil, &connections, Some(&checkout(&methods)), &CATALOG);
    let codes: Vec<_> = verdicts
        .iter()
        .map(|verdict| (verdict.r#type, verdict.decided_by().map(|(_, reason)| reason.code()).unwrap_or_default()))
        .collect();
    assert_eq!(codes, [("BOLETO", "OFFERED"), ("PIX", "OFFERED"), ("CARD", "CHECKOUT_OFF")]);
}

#[test]
fn a_session_has_the_checkout_that_it_names_or_the_default() {
    let named = CheckoutId::fixed(2);
    let off = json!([{"payment_method_type": "CARD", "is_active": false}]);
    let other = Settings { checkout_id: Some(named), is_default: false, methods: Settings::methods_of(&off) };
    let connections = vec![connection("DLOCAL", &["PIX", "CARD"])];
    let offers = Offers::new(connections, vec![checkout(&json!([])), other], &CATALOG);
    let types = |named| {
        let offered = offers.offered(named, paying("BR", "BRL"));
        offered.map(|offer| offer.method.r#type.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(types(Some(named)), ["PIX"]);
    assert_eq!(types(None), ["CARD", "PIX"]);
    assert_eq!(types(Some(CheckoutId::fixed(3))), ["CARD", "PIX"], "one that is not published");
    assert!(offers.has_checkout(named) && !offers.has_checkout(CheckoutId::fixed(3)));
}

#[test]
fn conditions_look_at_what_the_session_says() {
    let connections = [connection("DLOCAL", &["CARD"])];
    let metadata = json!([{"key": "tier", "value": "gold"}]);
    let purchase = Purchase {
        currency: currency("BRL"),
        amount: Amount::parse("100").expect("an amount"),
        metadata: Some(&metadata),
    };
    let situation = Situation { country: country("BR"), purchase: Some(purchase) };
    let enrolling = Situation { country: country("BR"), purchase: None };
    for (condition, pays, enrolls) in [
        (json!({"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": ["BR", "MX"]}), true, true),
        (json!({"condition_type": "COUNTRY", "conditional": "INCLUDE", "values": ["MX"]}), false, false),
        (json!({"condition_type": "COUNTRY", "conditional": "NOT_ONE_OF", "values": ["BR"]}), false, false),
        (json!({"condition_type": "CURRENCY", "conditional": "ONE_OF", "values": ["BRL"]}), true, true),
        (json!({"condition_type": "CURRENCY", "conditional": "EXCLUDE", "values": ["BRL"]}), false, true),
        (json!({"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"min": 100}]}), true, true),
        (json!({"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"min": 100.01}]}), false, true),
        (json!({"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"max": "100"}]}), true, true),
        (json!({"condition_type": "AMOUNT", "conditional": "EXCLUDE", "values": [{"max": 99.99}]}), true, true),
        (
            json!({"condition_type": "AMOUNT", "conditional": "INCLUDE", "values": [{"currency": "MXN", "min": 1}]}),
            false,
            true,
        ),
        (
            json!({
                "condition_type": "METADATA", "conditional": "ONE_OF", "values": [{"key": "tier", "value": "gold"}],
            }),
            true,
            true,
        ),
        (
            json!({
                "condition_type": "METADATA", "conditional": "EXCLUDE", "values": [{"key": "tier", "value": "gold"}],
            }),
            false,
            true,
        ),
    ] {
        let sets = json!([{"name": "a set", "conditions": [condition]}]);
        let methods = json!([{"payment_method_type": "CARD", "conditions_to_override": sets}]);
        assert_eq!(types_in(situation, &connections, &methods) == ["CARD"], pays, "paying: {methods}");
        assert_eq!(types_in(enrolling, &connections, &methods) == ["CARD"], enrolls, "enrolling: {methods}");
    }
}

#[test]
fn all_of_a_set_and_one_set_is_enough() {
    let connections = [connection("DLOCAL", &["CARD"])];
    let set = |name: &str, countries: &[&str], currencies: &[&str], more: Value| {
        let mut set = json!({"name": name, "conditions": [
            {"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": countries},
            {"condition_type": "CURRENCY", "conditional": "ONE_OF", "values": currencies},
        ]});
        if let (Some(set), Value::Object(more)) = (set.as_object_mut(), more) {
            set.extend(more);
        }
        set
    };
    let because = |sets: &[Value]| {
        let methods = json!([{"payment_method_type": "CARD", "conditions_to_override": sets}]);
        offered(paying("BR", "BRL"), &connections, &methods).pop().map(|(.., because)| because)
    };
    let (half, whole) = (set("half", &["BR"], &["USD"], json!({})), set("whole", &["BR"], &["BRL"], json!({})));
    assert_eq!(because(std::slice::from_ref(&half)), None);
    assert_eq!(because(&[half.clone(), whole.clone()]).as_deref(), Some("whole"));
    let first = set("first", &["BR"], &["BRL"], json!({"priority": 0}));
    let later = set("later", &["BR"], &["BRL"], json!({"priority": 7}));
    assert_eq!(because(&[later.clone(), first]).as_deref(), Some("first"));
    assert_eq!(because(&[later, set("off", &["BR"], &["BRL"], json!({"is_active": false}))]).as_deref(), Some("later"));
    let off = set("off", &["MX"], &["USD"], json!({"is_active": false}));
    assert_eq!(because(&[off]).as_deref(), Some(""), "a set that does not count is no condition");
}

#[test]
fn enrolling_and_paying_are_allowed_apart() {
    let connections = [connection("DLOCAL", &["CARD"])];
    let enrolling = Situation { country: country("BR"), purchase: None };
    for (allowed, pays, enrolls, with_enrolled) in [
        ("BOTH", true, true, true),
        ("ENROLLMENT", false, true, true),
        ("NO_ENROLLMENT", true, false, false),
        ("NONE", true, false, false),
    ] {
        let methods = json!([{"payment_method_type": "CARD", "active_enrollment_type": allowed}]);
        assert_eq!(types_in(paying("BR", "BRL"), &connections, &methods) == ["CARD"], pays, "{allowed}");
        assert_eq!(types_in(enrolling, &connections, &methods) == ["CARD"], enrolls, "{allowed}");
        let offers = Offers::new(connections.to_vec(), vec![checkout(&methods)], &CATALOG);
        let served = offers.served(None, paying("BR", "BRL")).next().expect("it is served");
        assert_eq!(served.allows_enrolled(), with_enrolled, "{allowed}");
    }
}

/// The rule once more, slow and obvious: it reads a session and settings as they are sent, and knows nothing of how the
/// others are made. Gives each type that is offered, with its name and the set because of which it is.
fn obvious(session: &Value, connections: &[Connection], methods: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.to_string().trim_matches('"').parse::<f64>().expect("a number");
    let pays = !session["amount"].is_null();
    let mut found: Vec<(f64, String, String, String)> = Vec::new();
    for method in CATALOG.methods() {
        // By a connection.
        let country = country(session["country"].as_str().unwrap_or_default());
        let served = connections.iter().any(|connection| {
            let paid_in = |only: &Vec<Currency>| !pays || only.iter().any(|one| one.as_str() == session["currency"]);
            connection.active
                && connection.payment_methods.contains(&method.r#type)
                && CATALOG.offered_by(&connection.provider_id).unwrap_or_default().contains(&method.r#type)
                && connection.countries.as_ref().is_none_or(|only| only.contains(&country))
                && connection.currencies.as_ref().is_none_or(paid_in)
        });
        let currency = || currency(session["currency"].as_str().unwrap_or_default());
        if !served || !method.flow.takes_payments() || !method.countries.has(&country) {
            continue;
        }
        if (pays && !method.currencies.has(&currency())) || (!pays && !method.enrollable) {
            continue;
        }
        // By the checkout.
        let nothing = json!({});
        let of_type = |settings: &&Value| settings["payment_method_type"] == method.r#type.as_str();
        let settings = methods.as_array().expect("a list").iter().find(of_type).unwrap_or(&nothing);
        if settings["is_active"] == false {
            continue;
        }
        let default = if method.enrollable { "BOTH" } else { "NONE" };
        let allowed = settings["active_enrollment_type"].as_str().unwrap_or(default);
        let refused: &[&str] = if pays { &["ENROLLMENT"] } else { &["NO_ENROLLMENT", "NONE"] };
        if refused.contains(&allowed) {
            continue;
        }
        // By its conditions.
        let sets: Vec<&Value> = settings["conditions_to_override"].as_array().into_iter().flatten().collect();
        let mut because: Option<(f64, String)> = None;
        let mut counting = 0;
        for set in sets {
            if set["is_active"] == false {
                continue;
            }
            counting += 1;
            let mut all = true;
            for condition in set["conditions"].as_array().expect("a list") {
                let values = condition["values"].as_array().expect("a list");
                let includes = ["ONE_OF", "INCLUDE"].contains(&condition["conditional"].as_str().unwrap_or_default());
                let has = match condition["condition_type"].as_str() {
                    Some("COUNTRY") => values.contains(&session["country"]),
                    _ if !pays => continue,
                    Some("CURRENCY") => values.contains(&session["currency"]),
                    Some("AMOUNT") => {
                        let (range, amount) = (&values[0], number(&session["amount"]));
                        (range["currency"].is_null() || range["currency"] == session["currency"])
                            && (range["min"].is_null() || number(&range["min"]) <= amount)
                            && (range["max"].is_null() || amount <= number(&range["max"]))
                    }
                    _ => values.iter().any(|entry| {
                        let metadata = &session["metadata"];
                        metadata.as_array().is_some_and(|entries| entries.contains(entry))
                            || metadata.get(text(&entry["key"])).is_some_and(|value| *value == entry["value"])
                    }),
                };
                all = all && has == includes;
            }
            let priority = set["priority"].as_f64().unwrap_or(0.0);
            if all && because.as_ref().is_none_or(|(before, _)| priority < *before) {
                because = Some((priority, text(&set["name"])));
            }
        }
        if counting > 0 && because.is_none() {
            continue;
        }
        let own = text(&settings["name"]);
        let name = if own.is_empty() { method.name.clone() } else { own };
        let place = settings["order_to_show"].as_f64().unwrap_or(f64::INFINITY);
        found.push((place, method.r#type.clone(), name, because.map(|(_, name)| name).unwrap_or_default()));
    }
    found.sort_by(|one, two| {
        let key = |at: &(f64, String, String, String)| (at.1 != "CARD", at.1.clone());
        one.0.total_cmp(&two.0).then_with(|| key(one).cmp(&key(two)))
    });
    found.into_iter().map(|(_, r#type, name, because)| (r#type, name, because)).collect()
}

const COUNTRIES: [&str; 4] = ["BR", "MX", "CO", "US"];
const CURRENCIES: [&str; 4] = ["BRL", "MXN", "COP", "USD"];

fn some_entry() -> impl Strategy<Value = Value> {
    (proptest::sample::select(vec!["tier", "cart"]), proptest::sample::select(vec!["gold", "1"]))
        .prop_map(|(key, value)| json!({"key": key, "value": value}))
}

fn some_condition() -> impl Strategy<Value = Value> {
    let bound = || proptest::option::of(0_u32..5);
    let values = prop_oneof![
        proptest::sample::subsequence(COUNTRIES.to_vec(), 1..=3).prop_map(|codes| ("COUNTRY", json!(codes))),
        proptest::sample::subsequence(CURRENCIES.to_vec(), 1..=3).prop_map(|codes| ("CURRENCY", json!(codes))),
        proptest::collection::vec(some_entry(), 1..3).prop_map(|entries| ("METADATA", json!(entries))),
        (proptest::option::of(proptest::sample::select(CURRENCIES.to_vec())), bound(), bound())
            .prop_filter("a range", |(_, min, max)| {
                min.or(*max).is_some() && min.zip(*max).is_none_or(|(min, max)| min <= max)
            })
            .prop_map(|(currency, min, max)| ("AMOUNT", json!([{"currency": currency, "min": min, "max": max}]))),
    ];
    let conditional = proptest::sample::select(vec!["ONE_OF", "NOT_ONE_OF", "INCLUDE", "EXCLUDE"]);
    (values, conditional).prop_map(|((condition_type, values), conditional)| {
        json!({"condition_type": condition_type, "conditional": conditional, "values": values})
    })
}

fn some_settings(r#type: &'static str) -> impl Strategy<Value = Value> {
    let set = (
        proptest::option::of(any::<bool>()),
        proptest::option::of(0_u32..3),
        "[a-z]{1,8}",
        proptest::collection::vec(some_condition(), 1..4),
    )
        .prop_map(|(is_active, priority, name, conditions)| {
            json!({"name": name, "is_active": is_active, "priority": priority, "conditions": conditions})
        });
    (
        proptest::option::of(proptest::bool::weighted(0.8)),
        proptest::option::of(0_u32..4),
        proptest::option::of(proptest::sample::select(vec!["BOTH", "ENROLLMENT", "NO_ENROLLMENT", "NONE"])),
        proptest::option::of("[a-z]{0,4}"),
        proptest::collection::vec(set, 0..3),
    )
        .prop_map(move |(is_active, order, enrollment, name, sets)| {
            json!({
                "payment_method_type": r#type, "is_active": is_active, "order_to_show": order, "name": name,
                "active_enrollment_type": enrollment, "conditions_to_override": sets,
            })
        })
}

fn some_methods() -> impl Strategy<Value = Value> {
    let types = vec!["CARD", "PIX", "BOLETO", "OXXO", "PSE", "NEQUI", "SPEI", "PAYPAL"];
    proptest::sample::subsequence(types, 0..=8)
        .prop_flat_map(|types| types.into_iter().map(some_settings).collect::<Vec<_>>())
        .prop_map(Value::Array)
}

fn some_session() -> impl Strategy<Value = Value> {
    let entries = proptest::option::of(proptest::collection::vec(some_entry(), 0..3));
    let metadata = (entries, any::<bool>()).prop_map(|(entries, as_object)| match entries {
        Some(entries) if as_object => {
            let pairs = entries
                .into_iter()
                .map(|entry| (entry["key"].as_str().unwrap_or_default().to_owned(), entry["value"].clone()));
            Value::Object(pairs.collect())
        }
        entries => json!(entries),
    });
    let amount = proptest::option::weighted(0.8, 0_u32..6);
    let (countries, currencies) = (proptest::sample::select(&COUNTRIES), proptest::sample::select(&CURRENCIES));
    (countries, currencies, amount, metadata).prop_map(|(country, currency, amount, metadata)| {
        json!({"country": country, "currency": currency, "amount": amount, "metadata": metadata})
    })
}

/// What a session says, as it was sent.
fn said(session: &Value) -> Situation<'_> {
    let purchase = (!session["amount"].is_null()).then(|| Purchase {
        currency: currency(session["currency"].as_str().unwrap_or_default()),
        amount: Amount::parse(&session["amount"].to_string()).expect("an amount"),
        metadata: Some(&session["metadata"]),
    });
    Situation { country: country(session["country"].as_str().unwrap_or_default()), purchase }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn ten_thousand_checkouts_and_sessions_are_judged_alike_three_times(
        session in some_session(),
        connections in proptest::collection::vec(some_connection(), 0..4),
        methods in some_methods(),
    ) {
        let expected = obvious(&session, &connections, &methods);
        let situation = said(&session);
        prop_assert_eq!(&offered(situation, &connections, &methods), &expected);
        let verdicts = judge(&situation, &connections, Some(&checkout(&methods)), &CATALOG);
        let judged: Vec<_> = verdicts.iter().filter(|verdict| verdict.offered()).map(|verdict| verdict.r#type).collect();
        prop_assert_eq!(judged, expected.iter().map(|(r#type, ..)| r#type.as_str()).collect::<Vec<_>>());
    }
}
