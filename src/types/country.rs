//! Countries by their ISO 3166-1 alpha-2 codes.

use super::text_column;

/// An assigned ISO 3166-1 alpha-2 code in upper case, such as `BR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(&'static str);

impl Country {
    /// Takes an assigned code; case matters, and common but unassigned codes such as `UK` are not taken.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(code: &str) -> Result<Self, String> {
        rust_iso3166::from_alpha2(code)
            .filter(|country| country.alpha2 == code)
            .map(|country| Self(country.alpha2))
            .ok_or_else(|| "must be an ISO 3166-1 alpha-2 code in upper case, such as BR".into())
    }

    /// Its short name in English.
    #[must_use]
    pub fn name(&self) -> &'static str {
        rust_iso3166::from_alpha2(self.0).map_or(self.0, |country| country.name)
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

text_column!(Country);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_assigned_codes_only() {
        assert_eq!(rust_iso3166::ALL.len(), 249);
        for country in rust_iso3166::ALL {
            assert!(Country::parse(country.alpha2).is_ok());
        }
        for wrong in ["UK", "XX", "br", "Br", "BRA", "B", "", "EU", "XK", "AN", "ZZ"] {
            assert!(Country::parse(wrong).is_err(), "{wrong}");
        }
    }
}
