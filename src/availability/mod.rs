//! The rule that says which methods a session offers. Pure: no database, no clock, no HTTP.
//!
//! It is told twice: [`judge`] says why of everything, [`Offers`] is quick. Tests hold them together.

mod offers;
#[cfg(test)]
mod tests;

pub use offers::{Offer, Offers};

use std::collections::BTreeMap;

use crate::catalog::{Catalog, PaymentMethod};
use crate::checkout::{Judged, Settings};
pub use crate::checkout::{Purchase, Situation};
use crate::types::{ConnectionId, Country, Currency};

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
    /// The checkout does not show the type.
    CheckoutOff,
    /// The checkout shows the type to customers who have enrolled it.
    CheckoutEnrollment,
    /// The checkout shows the type under conditions, and none of their sets holds.
    CheckoutConditions,
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
            Self::CheckoutOff => "CHECKOUT_OFF",
            Self::CheckoutEnrollment => "CHECKOUT_ENROLLMENT",
            Self::CheckoutConditions => "CHECKOUT_CONDITIONS",
            Self::Offered => "OFFERED",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn words(self, r#type: &str, provider: &str, situation: &Situation<'_>) -> String {
        let country = situation.country.as_str();
        let currency = situation.currency();
        let currency = currency.as_ref().map_or("", Currency::as_str);
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
            Self::CheckoutOff => format!("The checkout does not show {type}."),
            Self::CheckoutEnrollment => match situation.purchase {
                Some(_) => format!("The checkout shows {type} to customers who have enrolled it only."),
                None => format!("The checkout does not let {type} be enrolled."),
            },
            Self::CheckoutConditions => {
                format!("The checkout shows {type} under conditions, and no set of them holds for this session.")
            }
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

/// What the rule says of every type that any of an account's `connections` has enabled, in the order of the `checkout`:
/// those first that have a place in it, then cards, then by type. Without a checkout every type is shown.
#[must_use]
pub fn judge<'a>(
    situation: &Situation<'_>,
    connections: &'a [Connection],
    checkout: Option<&Settings>,
    catalog: &'a Catalog,
) -> Vec<Verdict<'a>> {
    let plain = Settings::default();
    let checkout = checkout.unwrap_or(&plain);
    let mut verdicts = BTreeMap::new();
    for connection in connections {
        for r#type in &connection.payment_methods {
            let method = catalog.method(r#type);
            let reason = reason(situation, connection, r#type, method, checkout, catalog);
            verdicts
                .entry(checkout.place_of(r#type))
                .or_insert_with(|| Verdict { r#type, method, connections: Vec::new() })
                .connections
                .push((connection, reason));
        }
    }
    verdicts.into_values().collect()
}

fn reason(
    situation: &Situation<'_>,
    connection: &Connection,
    r#type: &str,
    method: Option<&PaymentMethod>,
    checkout: &Settings,
    catalog: &Catalog,
) -> Reason {
    let Some(method) = method else { return Reason::NotInCatalog };
    let provided = catalog.offered_by(&connection.provider_id).unwrap_or_default();
    let excludes_country = |only: &Vec<Country>| !only.contains(&situation.country);
    let excludes_currency =
        |only: &Vec<Currency>| situation.currency().is_some_and(|currency| !only.contains(&currency));
    if !provided.iter().any(|offered| offered == r#type) {
        Reason::NotInCatalog
    } else if !method.flow.takes_payments() {
        Reason::NotAPaymentMethod
    } else if situation.purchase.is_none() && !method.enrollable {
        Reason::NotEnrollable
    } else if !method.countries.has(&situation.country) {
        Reason::Country
    } else if situation.currency().is_some_and(|currency| !method.currencies.has(&currency)) {
        Reason::Currency
    } else if connection.countries.as_ref().is_some_and(excludes_country) {
        Reason::ConnectionCountry
    } else if connection.currencies.as_ref().is_some_and(excludes_currency) {
        Reason::ConnectionCurrency
    } else if !connection.active {
        Reason::ConnectionPaused
    } else {
        shown(situation, method, checkout)
    }
}

/// What the checkout makes of a type that a connection brings in.
fn shown(situation: &Situation<'_>, method: &PaymentMethod, checkout: &Settings) -> Reason {
    let Some(settings) = checkout.methods.get(&method.r#type) else { return Reason::Offered };
    let enrollment = settings.enrollment(method);
    let allowed = match situation.purchase {
        Some(_) => enrollment.allows_new(),
        None => enrollment.allows_enrolled(),
    };
    if !settings.shown() {
        Reason::CheckoutOff
    } else if !allowed {
        Reason::CheckoutEnrollment
    } else if !Judged::of(settings.conditions(), situation).is_shown() {
        Reason::CheckoutConditions
    } else {
        Reason::Offered
    }
}
