//! The rule as requests ask it: what no session can change is decided beforehand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Connection, Situation};
use crate::catalog::{Catalog, PaymentMethod};
use crate::checkout::{ConditionSet, Judged, MethodSettings, Settings};
use crate::types::{CheckoutId, Country, Currency};

/// The connections of an account and its published checkouts, prepared for the question what it offers.
#[derive(Debug)]
pub struct Offers {
    connections: Vec<Connection>,
    candidates: Vec<Candidate>,
    /// What an account without checkouts has: all its candidates.
    plain: Prepared,
    checkouts: Vec<Prepared>,
}

/// A checkout, with the candidates that it shows.
#[derive(Debug)]
struct Prepared {
    settings: Settings,
    /// The places of the candidates in their order, each with its settings when something was said of it.
    shown: Vec<(usize, Option<MethodSettings>)>,
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

/// A type that is served in a situation and that the checkout has switched on.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The type.
    pub method: &'static PaymentMethod,
    /// What the checkout makes of it, when something was said of it.
    pub settings: Option<&'a MethodSettings>,
    /// What its conditions say of the session.
    judged: Judged<'a>,
    /// Whether the session is for enrolling.
    enrolling: bool,
}

impl<'a> Offer<'a> {
    /// Whether the session offers it: to be paid with anew, or to be enrolled.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        let allowed = match (self.settings, self.enrolling) {
            (None, _) => true,
            (Some(settings), true) => settings.enrollment(self.method).allows_enrolled(),
            (Some(settings), false) => settings.enrollment(self.method).allows_new(),
        };
        allowed && self.judged.is_shown()
    }

    /// Whether the customer can pay with it as it is enrolled: conditions do not matter then.
    #[must_use]
    pub fn allows_enrolled(&self) -> bool {
        self.settings.is_none_or(|settings| settings.enrollment(self.method).allows_enrolled())
    }

    /// The set of conditions because of which it is offered; `None` when there is no condition.
    #[must_use]
    pub fn because(&self) -> Option<&'a ConditionSet> {
        match self.judged {
            Judged::Shown(set) => Some(set),
            Judged::Unconditional | Judged::Hidden => None,
        }
    }

    /// Whether it is shown as the catalog has it, and without a condition.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.because().is_none()
            && self.settings.is_none_or(|settings| {
                settings.own_name().or(settings.own_description()).or(settings.own_icon()).is_none()
            })
    }

    /// What the customer reads.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.settings.and_then(MethodSettings::own_name).unwrap_or(&self.method.name)
    }

    /// What the customer reads below the name.
    #[must_use]
    pub fn description(&self) -> &'a str {
        self.settings.and_then(MethodSettings::own_description).unwrap_or(self.name())
    }
}

impl Offers {
    /// Prepares an account's `connections` and its published `checkouts`.
    #[must_use]
    pub fn new(connections: Vec<Connection>, checkouts: Vec<Settings>, catalog: &'static Catalog) -> Self {
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
        let candidates: Vec<_> = candidates.into_values().collect();
        let plain = Prepared::new(Settings::default(), &candidates);
        let checkouts = checkouts.into_iter().map(|settings| Prepared::new(settings, &candidates)).collect();
        Self { connections, candidates, plain, checkouts }
    }

    /// The account's connections, oldest first.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Whether a checkout of the account is published.
    #[must_use]
    pub fn has_checkout(&self, checkout: CheckoutId) -> bool {
        self.checkouts.iter().any(|prepared| prepared.settings.checkout_id == Some(checkout))
    }

    /// The checkout that shapes a session: the published one that the session names, else the account's default.
    #[must_use]
    pub fn checkout(&self, named: Option<CheckoutId>) -> &Settings {
        &self.prepared(named).settings
    }

    fn prepared(&self, named: Option<CheckoutId>) -> &Prepared {
        let by_name =
            named.and_then(|named| self.checkouts.iter().find(|prepared| prepared.settings.checkout_id == Some(named)));
        let default = || self.checkouts.iter().find(|prepared| prepared.settings.is_default);
        by_name.or_else(default).unwrap_or(&self.plain)
    }

    /// The types that are served in a session's country and currency by at least one active connection which has them
    /// enabled, and that the session's checkout has switched on; in the order of the checkout, which is that of
    /// [`judge`](super::judge). Not all of them are [offered](Offer::is_offered).
    pub fn served<'a>(
        &'a self,
        named: Option<CheckoutId>,
        situation: Situation<'a>,
    ) -> impl Iterator<Item = Offer<'a>> {
        let shown = self.prepared(named).shown.iter();
        shown
            .map(|(candidate, settings)| (&self.candidates[*candidate], settings.as_ref()))
            .filter(move |(candidate, _)| candidate.is_served(&situation))
            .map(move |(candidate, settings)| Offer {
                method: candidate.method,
                settings,
                judged: Judged::of(settings.map_or(&[], MethodSettings::conditions), &situation),
                enrolling: situation.purchase.is_none(),
            })
    }

    /// The types that a session offers.
    pub fn offered<'a>(
        &'a self,
        named: Option<CheckoutId>,
        situation: Situation<'a>,
    ) -> impl Iterator<Item = Offer<'a>> {
        self.served(named, situation).filter(Offer::is_offered)
    }
}

impl Prepared {
    fn new(settings: Settings, candidates: &[Candidate]) -> Self {
        let of = |candidate: &Candidate| settings.methods.get(&candidate.method.r#type);
        let mut shown: Vec<_> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| of(candidate).is_none_or(MethodSettings::shown))
            .map(|(place, candidate)| (place, of(candidate).cloned()))
            .collect();
        // Candidates are in their own order, which a stable sort keeps where the checkout gives no place.
        shown.sort_by_key(|(_, settings)| {
            let place = settings.as_ref().and_then(|settings| settings.order_to_show);
            (place.is_none(), place)
        });
        Self { settings, shown }
    }
}

impl Candidate {
    fn is_served(&self, situation: &Situation<'_>) -> bool {
        let method = self.method;
        (situation.purchase.is_some() || method.enrollable)
            && method.countries.has(&situation.country)
            && situation.currency().is_none_or(|currency| method.currencies.has(&currency))
            && (self.unnarrowed || self.narrowed.iter().any(|narrowing| narrowing.has(situation)))
    }
}

impl Narrowing {
    fn has(&self, situation: &Situation<'_>) -> bool {
        self.countries.as_ref().is_none_or(|only| only.contains(&situation.country))
            && situation
                .currency()
                .is_none_or(|currency| self.currencies.as_ref().is_none_or(|only| only.contains(&currency)))
    }
}
