//! The rule that says which methods a session offers. Pure: no database, no clock, no HTTP.
//!
//! It is told twice: [`judge`] says why of everything, [`Offers`] is quick. Tests hold them together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Catalog, PaymentMethod};
use crate::types::{ConnectionId, Country, Currency};

/// What a session says about the purchase, as far as the rule needs it.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Where the customer pays.
    pub country: Country,
    /// In which currency; `None` where no money moves, as when a customer enrolls a method.
    pub currency: Option<Currency>,
    /// Whether the session is for enrolling: only types that can be enrolled count then.
    pub enrolling: bool,
}

/// An account's connection to a provider.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its id.
    pub connection_id: ConnectionId,
    /// The merchant's name of it.
    pub merchant_connection_id: String,
    /// The provider.
    pub provider_id: String,
    /// Whether it is in use; otherwise it is paused.
    pub active: bool,
    /// The types that the merchant enabled on it.
    pub payment_methods: Vec<String>,
    /// Countries that the merchant narrowed it to.
    pub countries: Option<Vec<Country>>,
    /// Currencies that the merchant narrowed it to.
    pub currencies: Option<Vec<Currency>>,
}

/// Why a connection does, or does not, bring a method into a session. In the order in which they are asked: a later
/// reason is closer to being offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The catalog does not say that the provider offers the type.
    NotInCatalog,
    /// The type takes no payments: money goes out by it, or it is a service beside payments.
    NotAPaymentMethod,
    /// The session is for enrolling, and the type cannot be enrolled.
    NotEnrollable,
    /// The type is not served in the session's country.
    Country,
    /// The type is not served in the session's currency.
    Currency,
    /// The merchant narrowed the connection to other countries.
    ConnectionCountry,
    /// The merchant narrowed the connection to other currencies.
    ConnectionCurrency,
    /// The connection is paused.
    ConnectionPaused,
    /// Nothing stands in the way.
    Offered,
}

impl Reason {
    /// The reason as a code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotInCatalog => "NOT_IN_CATALOG",
            Self::NotAPaymentMethod => "NOT_A_PAYMENT_METHOD",
            Self::NotEnrollable => "NOT_ENROLLABLE",
            Self::Country => "COUNTRY",
            Self::Currency => "CURRENCY",
            Self::ConnectionCountry => "CONNECTION_COUNTRY",
            Self::ConnectionCurrency => "CONNECTION_CURRENCY",
            Self::ConnectionPaused => "CONNECTION_PAUSED",
            Self::Offered => "OFFERED",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn words(self, r#type: &str, provider: &str, situation: &Situation) -> String {
        let country = situation.country.as_str();
        let currency = situation.currency.map_or("", |currency| currency.as_str());
        match self {
            Self::NotInCatalog => format!("The catalog does not say that {provider} offers {type}."),
            Self::NotAPaymentMethod => format!("{type} takes no payments from customers."),
            Self::NotEnrollable => format!("{type} cannot be enrolled."),
            Self::Country => format!("{type} is not served in {country}."),
            Self::Currency => format!("{type} is not served in {currency}."),
            Self::ConnectionCountry => {
                format!("The connection to {provider} is narrowed to countries without {country}.")
            }
            Self::ConnectionCurrency => {
                format!("The connection to {provider} is narrowed to currencies without {currency}.")
            }
            Self::ConnectionPaused => format!("The connection to {provider} is paused."),
            Self::Offered => format!("{provider} serves {type} here and its connection is active."),
        }
    }
}

/// What the rule says of one type, and by which connection.
#[derive(Debug)]
pub struct Verdict<'a> {
    /// The type as the connections name it.
    pub r#type: &'a str,
    /// What the catalog knows of it.
    pub method: Option<&'a PaymentMethod>,
    /// Each connection that has it enabled, oldest first, and why it does or does not bring it in.
    pub connections: Vec<(&'a Connection, Reason)>,
}

impl<'a> Verdict<'a> {
    /// What decided: the reason of the connection that came closest, and that connection.
    #[must_use]
    pub fn decided_by(&self) -> Option<(&'a Connection, Reason)> {
        // `max_by_key` takes the last of equals; reversed, that is the oldest connection.
        self.connections.iter().rev().copied().max_by_key(|(_, reason)| *reason)
    }

    /// Whether the session offers the type.
    #[must_use]
    pub fn offered(&self) -> bool {
        self.decided_by().is_some_and(|(_, reason)| reason == Reason::Offered)
    }
}

/// What the rule says of every type that any of an account's `connections` has enabled: cards first, then by type.
#[must_use]
pub fn judge<'a>(situation: &Situation, connections: &'a [Connection], catalog: &'a Catalog) -> Vec<Verdict<'a>> {
    let mut verdicts: BTreeMap<(bool, &str), Verdict<'_>> = BTreeMap::new();
    for connection in connections {
        for r#type in &connection.payment_methods {
            let method = catalog.method(r#type);
            let reason = reason(situation, connection, r#type, method, catalog);
            verdicts
                .entry((r#type != "CARD", r#type))
                .or_insert_with(|| Verdict { r#type, method, connections: Vec::new() })
                .connections
                .push((connection, reason));
        }
    }
    verdicts.into_values().collect()
}

/// The connections of an account, prepared for the question what it offers: what no situation can change is decided.
#[derive(Debug)]
pub struct Offers {
    connections: Vec<Connection>,
    candidates: Vec<Candidate>,
}

/// A type that the account offers in some situations.
#[derive(Debug)]
struct Candidate {
    method: &'static PaymentMethod,
    /// Whether a connection brings it in wherever it is served.
    unnarrowed: bool,
    /// What the other connections that have it are narrowed to.
    narrowed: Vec<Arc<Narrowing>>,
}

/// What a merchant narrowed a connection to.
#[derive(Debug)]
struct Narrowing {
    countries: Option<Vec<Country>>,
    currencies: Option<Vec<Currency>>,
}

impl Offers {
    /// Prepares an account's `connections`.
    #[must_use]
    pub fn new(connections: Vec<Connection>, catalog: &'static Catalog) -> Self {
        let mut candidates: BTreeMap<(bool, &str), Candidate> = BTreeMap::new();
        for connection in connections.iter().filter(|connection| connection.active) {
            let provided = catalog.offered_by(&connection.provider_id).unwrap_or_default();
            let Connection { countries, currencies, .. } = connection;
            let narrowing = (countries.is_some() || currencies.is_some())
                .then(|| Arc::new(Narrowing { countries: countries.clone(), currencies: currencies.clone() }));
            for r#type in connection.payment_methods.iter().filter(|r#type| provided.contains(r#type)) {
                let Some(method) = catalog.method(r#type).filter(|method| method.flow.takes_payments()) else {
                    continue;
                };
                let candidate = candidates.entry((r#type != "CARD", &method.r#type)).or_insert(Candidate {
                    method,
                    unnarrowed: false,
                    narrowed: Vec::new(),
                });
                match &narrowing {
                    None => candidate.unnarrowed = true,
                    Some(narrowing) => candidate.narrowed.push(Arc::clone(narrowing)),
                }
            }
        }
        let candidates = candidates.into_values().collect();
        Self { connections, candidates }
    }

    /// The account's connections, oldest first.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The types that a session offers: those for which at least one active connection has the type enabled and its
    /// provider serves it in the session's country and currency. Cards first, then by type.
    pub fn offered(&self, situation: Situation) -> impl Iterator<Item = &'static PaymentMethod> {
        self.candidates
            .iter()
            .filter(move |candidate| candidate.is_offered(&situation))
            .map(|candidate| candidate.method)
    }
}

impl Candidate {
    fn is_offered(&self, situation: &Situation) -> bool {
        let method = self.method;
        (!situation.enrolling || method.enrollable)
            && method.countries.has(&situation.country)
            && situation.currency.is_none_or(|currency| method.currencies.has(&currency))
            && (self.unnarrowed || self.narrowed.iter().any(|narrowing| narrowing.has(situation)))
    }
}

impl Narrowing {
    fn has(&self, situation: &Situation) -> bool {
        self.countries.as_ref().is_none_or(|only| only.contains(&situation.country))
            && situation
                .currency
                .is_none_or(|currency| self.currencies.as_ref().is_none_or(|only| only.contains(&currency)))
    }
}

fn reason(
    situation: &Situation,
    connection: &Connection,
    r#type: &str,
    method: Option<&PaymentMethod>,
    catalog: &Catalog,
) -> Reason {
    let Some(method) = method else { return Reason::NotInCatalog };
    let provided = catalog.offered_by(&connection.provider_id).unwrap_or_default();
    let excludes_country = |only: &Vec<Country>| !only.contains(&situation.country);
    let excludes_currency = |only: &Vec<Currency>| situation.currency.is_some_and(|currency| !only.contains(&currency));
    if !provided.iter().any(|offered| offered == r#type) {
        Reason::NotInCatalog
    } else if !method.flow.takes_payments() {
        Reason::NotAPaymentMethod
    } else if situation.enrolling && !method.enrollable {
        Reason::NotEnrollable
    } else if !method.countries.has(&situation.country) {
        Reason::Country
    } else if situation.currency.is_some_and(|currency| !method.currencies.has(&currency)) {
        Reason::Currency
    } else if connection.countries.as_ref().is_some_and(excludes_country) {
        Reason::ConnectionCountry
    } else if connection.currencies.as_ref().is_some_and(excludes_currency) {
        Reason::ConnectionCurrency
    } else if !connection.active {
        Reason::ConnectionPaused
    } else {
        Reason::Offered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::CATALOG;
    use crate::types::Timestamp;
    use proptest::prelude::*;

    fn country(code: &str) -> Country {
        Country::parse(code).expect(code)
    }

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect(code)
    }

    fn paying(at: &str, with: &str) -> Situation {
        Situation { country: country(at), currency: Some(currency(with)), enrolling: false }
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

    fn types(situation: Situation, connections: &[Connection]) -> Vec<&'static str> {
        let offers = Offers::new(connections.to_vec(), &CATALOG);
        offers.offered(situation).map(|method| method.r#type.as_str()).collect()
    }

    fn reasons(situation: Situation, connections: &[Connection]) -> Vec<(&str, &str)> {
        judge(&situation, connections, &CATALOG)
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
        assert_eq!(
            types(paying("BR", "BRL"), &[paused, connection("ADYEN", &["PIX"])]),
            ["PIX"],
            "another one serves it"
        );
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
        let connections =
            [connection("DLOCAL", &["PIX_PAYOUT", "IDEAL", "NO_SUCH_TYPE"]), connection("ADYEN", &["IDEAL"])];
        let all = reasons(paying("BR", "BRL"), &connections);
        assert!(all.contains(&("NO_SUCH_TYPE", "NOT_IN_CATALOG")), "{all:?}");
        assert!(all.contains(&("IDEAL", "COUNTRY")), "the closest reason decides: {all:?}");
        assert_eq!(types(paying("NL", "EUR"), &connections[..1]), Vec::<&str>::new());
        let payouts = [connection("STP", &["STP_PAYOUT"])];
        assert_eq!(reasons(paying("MX", "MXN"), &payouts), [("STP_PAYOUT", "NOT_A_PAYMENT_METHOD")]);
    }

    #[test]
    fn enrolling_asks_for_the_country_but_not_for_a_currency() {
        let enrolling = Situation { country: country("CO"), currency: None, enrolling: true };
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
        let narrowing =
            proptest::option::of(proptest::sample::subsequence(vec!["BR", "MX", "CO", "US", "NL", "JP"], 0..4));
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

    fn some_situation() -> impl Strategy<Value = Situation> {
        let countries = vec!["BR", "MX", "CO", "CL", "AR", "PE", "US", "NL", "DE", "JP", "ID", "PL", "AQ"];
        let currencies = vec!["BRL", "MXN", "COP", "CLP", "ARS", "PEN", "USD", "EUR", "JPY", "IDR", "PLN"];
        (proptest::sample::select(countries), proptest::option::of(proptest::sample::select(currencies)), any::<bool>())
            .prop_map(|(at, with, enrolling)| Situation {
                country: country(at),
                currency: with.map(currency),
                enrolling,
            })
    }

    proptest! {
        #[test]
        fn the_list_is_what_the_verdicts_call_offered_and_in_their_order(
            situation in some_situation(),
            connections in proptest::collection::vec(some_connection(), 0..6),
        ) {
            let listed = types(situation, &connections);
            let judged: Vec<_> = judge(&situation, &connections, &CATALOG)
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
            for method in Offers::new(connections.clone(), &CATALOG).offered(situation) {
                prop_assert!(method.countries.has(&situation.country));
                prop_assert!(situation.currency.is_none_or(|currency| method.currencies.has(&currency)));
                prop_assert!(method.flow.takes_payments());
                prop_assert!(!situation.enrolling || method.enrollable);
                let served = connections.iter().any(|connection| {
                    connection.active
                        && connection.payment_methods.contains(&method.r#type)
                        && connection.countries.as_ref().is_none_or(|only| only.contains(&situation.country))
                        && situation.currency.is_none_or(|currency| {
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
}
