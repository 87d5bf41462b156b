//! What providers offer, where and in which currency: the files of `catalog/`, compiled in and read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::types::{Country, Currency};

/// The provider of the testing gateway. It serves cards everywhere and needs no credentials.
pub const TESTING_GATEWAY: &str = "YUNO_TEST_PAYMENT_GW";

/// A payment method type, such as `PIX`.
#[derive(Debug)]
pub struct PaymentMethod {
    /// The type's name in the API.
    pub r#type: String,
    /// What a customer reads.
    pub name: String,
    /// The API's group of types, such as `CARD`, `WALLET` or `TICKET`.
    pub category: String,
    /// How a customer pays with it.
    pub flow: Flow,
    /// Whether a customer can enroll it.
    pub enrollable: bool,
    /// Where it is served.
    pub countries: Reach<Country>,
    /// In which currencies it is served.
    pub currencies: Reach<Currency>,
    /// Why it is served there.
    pub ground: String,
    /// The name of its icon: letters, digits and `_`.
    pub slug: String,
    /// Its place among [all](Catalog::methods).
    pub place: usize,
}

/// How a customer pays with a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Flow {
    /// A card form.
    Card,
    /// Authorised in a wallet.
    Wallet,
    /// On a page of the provider.
    Redirect,
    /// A voucher that is paid at a shop.
    Voucher,
    /// From a bank account.
    BankTransfer,
    /// A QR code.
    Qr,
    /// Buy now, pay later.
    Bnpl,
    /// Money goes out: never offered to a customer.
    Payout,
    /// A service beside payments, such as fraud screening: never offered to a customer.
    Service,
}

impl Flow {
    /// Whether money comes in by it.
    #[must_use]
    pub fn takes_payments(self) -> bool {
        !matches!(self, Self::Payout | Self::Service)
    }
}

/// Where, or in which currencies, something is served.
#[derive(Debug)]
pub enum Reach<T> {
    /// Everywhere, or in all of them.
    All,
    /// In these only.
    Only(Vec<T>),
}

impl<T: PartialEq> Reach<T> {
    /// Whether `one` is within.
    pub fn has(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::Only(these) => these.contains(one),
        }
    }
}

impl PaymentMethod {
    /// Whether somebody states where it is served. Where nobody does it counts as served everywhere.
    #[must_use]
    pub fn reach_is_stated(&self) -> bool {
        self.ground != "UNSTATED"
    }
}

/// Something that a provider needs to know to be connected.
#[derive(Debug, Clone, Deserialize)]
pub struct Param {
    provider_id: String,
    /// Its name. Case matters.
    pub param_id: String,
    /// The kind of its value.
    pub field_type: String,
    /// Whether its value is answered as `***` only.
    pub secret: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it is.
    pub description: String,
}

/// Providers, payment method types, and who offers which.
#[derive(Debug)]
pub struct Catalog {
    methods: BTreeMap<String, PaymentMethod>,
    providers: BTreeMap<String, Vec<String>>,
    params: Vec<Param>,
}

/// The catalog that this build has.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::read(
        include_str!("../catalog/payment_methods.csv"),
        include_str!("../catalog/providers.csv"),
        include_str!("../catalog/provider_params.csv"),
    )
    .unwrap_or_else(|error| panic!("the catalog compiled into this build is broken: {error}"))
});

#[derive(Deserialize)]
struct MethodRow {
    r#type: String,
    name: String,
    category: String,
    flow: Flow,
    enrollable: bool,
    countries: String,
    currencies: String,
    ground: String,
}

#[derive(Deserialize)]
struct ProviderRow {
    provider_id: String,
    payment_method_type: String,
}

impl Catalog {
    fn read(methods: &str, providers: &str, params: &str) -> Result<Self, String> {
        let mut catalog = Self { methods: BTreeMap::new(), providers: BTreeMap::new(), params: Vec::new() };
        for row in csv::Reader::from_reader(methods.as_bytes()).deserialize() {
            let row: MethodRow = row.map_err(|error| error.to_string())?;
            let method = PaymentMethod {
                countries: reach(&row.countries, Country::parse)?,
                currencies: reach(&row.currencies, Currency::parse)?,
                slug: slug(&row.r#type),
                place: 0,
                r#type: row.r#type,
                name: row.name,
                category: row.category,
                flow: row.flow,
                enrollable: row.enrollable,
                ground: row.ground,
            };
            catalog.methods.insert(method.r#type.clone(), method);
        }
        for (place, method) in catalog.methods.values_mut().enumerate() {
            method.place = place;
        }
        for row in csv::Reader::from_reader(providers.as_bytes()).deserialize() {
            let row: ProviderRow = row.map_err(|error| error.to_string())?;
            if !catalog.methods.contains_key(&row.payment_method_type) {
                return Err(format!("{} offers the unknown {}", row.provider_id, row.payment_method_type));
            }
            catalog.providers.entry(row.provider_id).or_default().push(row.payment_method_type);
        }
        for row in csv::Reader::from_reader(params.as_bytes()).deserialize() {
            catalog.params.push(row.map_err(|error| error.to_string())?);
        }
        Ok(catalog)
    }

    /// All types, by name.
    pub fn methods(&self) -> impl Iterator<Item = &PaymentMethod> {
        self.methods.values()
    }

    /// One type. Case matters.
    #[must_use]
    pub fn method(&self, r#type: &str) -> Option<&PaymentMethod> {
        self.methods.get(r#type)
    }

    /// The types that a provider offers, by name; `None` for an unknown provider. Case matters.
    #[must_use]
    pub fn offered_by(&self, provider: &str) -> Option<&[String]> {
        self.providers.get(provider).map(Vec::as_slice)
    }

    /// The providers that offer a type, by name.
    pub fn providers_of<'a>(&'a self, r#type: &'a str) -> impl Iterator<Item = &'a str> {
        self.providers
            .iter()
            .filter(move |(_, types)| types.iter().any(|offered| offered == r#type))
            .map(|(provider, _)| provider.as_str())
    }

    /// What a provider is known to need. Of most nobody states it: they need nothing here and take anything.
    pub fn params_of<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a Param> {
        self.params.iter().filter(move |param| param.provider_id == provider)
    }

    /// The type that an icon belongs to.
    #[must_use]
    pub fn method_by_slug(&self, slug: &str) -> Option<&PaymentMethod> {
        self.methods.values().find(|method| method.slug == slug)
    }

    /// Every category that a type has, by name.
    pub fn categories(&self) -> impl Iterator<Item = &str> {
        let categories: std::collections::BTreeSet<_> =
            self.methods.values().map(|method| method.category.as_str()).collect();
        categories.into_iter()
    }
}

fn reach<T>(list: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Reach<T>, String> {
    if list == "*" {
        return Ok(Reach::All);
    }
    list.split(';')
        .map(|code| parse(code).map_err(|what| format!("{code}: {what}")))
        .collect::<Result<_, _>>()
        .map(Reach::Only)
}

/// `DE_UNA_(APP)` is `de_una_app`: types are no file names.
fn slug(r#type: &str) -> String {
    let words: Vec<_> = r#type.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_published_type_and_provider() {
        assert_eq!(CATALOG.methods.len(), 221);
        assert_eq!(CATALOG.providers.len(), 126 + 1, "and the testing gateway");
        assert_eq!(CATALOG.offered_by(TESTING_GATEWAY), Some(&["CARD".to_owned()][..]));
        let offered: std::collections::BTreeSet<_> = CATALOG.providers.values().flatten().collect();
        assert_eq!(offered.len(), 221, "every type has a provider");
    }

    #[test]
    fn places_methods_where_they_are_served() {
        for (r#type, country, currency) in [
            ("PIX", "BR", "BRL"),
            ("OXXO", "MX", "MXN"),
            ("PSE", "CO", "COP"),
            ("NEQUI", "CO", "COP"),
            ("WEBPAY", "CL", "CLP"),
            ("IDEAL", "NL", "EUR"),
            ("CARD", "AQ", "XCG"),
        ] {
            let method = CATALOG.method(r#type).expect(r#type);
            assert!(method.countries.has(&Country::parse(country).expect(country)), "{type} in {country}");
            assert!(method.currencies.has(&Currency::parse(currency).expect(currency)), "{type} in {currency}");
        }
        for (r#type, country) in [("PIX", "MX"), ("OXXO", "BR"), ("PSE", "BR"), ("IDEAL", "DE")] {
            let method = CATALOG.method(r#type).expect(r#type);
            assert!(!method.countries.has(&Country::parse(country).expect(country)), "{type} in {country}");
        }
    }

    #[test]
    fn says_the_ground_of_every_reach() {
        for method in CATALOG.methods() {
            assert!(!method.ground.is_empty() && !method.name.is_empty(), "{}", method.r#type);
            if !method.reach_is_stated() {
                assert!(matches!(method.countries, Reach::All), "{} is not placed", method.r#type);
            }
        }
    }

    #[test]
    fn no_two_types_share_an_icon() {
        let slugs: std::collections::BTreeSet<_> = CATALOG.methods().map(|method| &method.slug).collect();
        assert_eq!(slugs.len(), CATALOG.methods.len());
        assert_eq!(CATALOG.method_by_slug("de_una_app").map(|method| method.r#type.as_str()), Some("DE_UNA_(APP)"));
    }

    #[test]
    fn money_that_goes_out_takes_no_payments() {
        for method in CATALOG.methods() {
            let out = method.r#type.contains("PAYOUT")
                || ["FRAUD", "3DS", "NEQUI_DISPERSION"].contains(&method.r#type.as_str());
            assert_eq!(method.flow.takes_payments(), !out, "{}", method.r#type);
        }
    }
}
