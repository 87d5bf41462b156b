//! Currencies by their ISO 4217 codes.

use iso_currency::{Currency as Iso, Flag};

use super::text_column;

/// An active ISO 4217 code in upper case, such as `BRL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(Iso);

impl Currency {
    /// Takes an active code; case matters. Withdrawn codes and the two that stand for no money at all (`XXX`,
    /// `XTS`) are not taken.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(code: &str) -> Result<Self, String> {
        Iso::from_code(code)
            .filter(|currency| active(*currency) && currency.code() == code)
            .map(Self)
            .ok_or_else(|| "must be an active ISO 4217 code in upper case, such as BRL".into())
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.code()
    }

    /// The sign that people write, such as `R$`; the three letters where there is none.
    #[must_use]
    pub fn sign(&self) -> String {
        match self.0.symbol().to_string().as_str() {
            "" | "¤" => self.as_str().to_owned(),
            sign => sign.to_owned(),
        }
    }

    /// How many decimal places its amounts have: 2 for `BRL`, 0 for `CLP`. As many as any amount where ISO 4217 names
    /// none, as for gold.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        self.0.exponent().map_or(4, u32::from)
    }
}

fn active(currency: Iso) -> bool {
    match currency {
        Iso::XXX | Iso::XTS => false,
        // The library calls VES superseded by VED, but both are active: VED is the accounting code of the same money.
        Iso::VES => true,
        other => !other.flags().iter().any(|flag| matches!(flag, Flag::Superseded(_))),
    }
}

text_column!(Currency);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_active_codes_only() {
        for right in ["BRL", "MXN", "COP", "USD", "EUR", "VES", "CLF", "XCG"] {
            assert!(Currency::parse(right).is_ok(), "{right}");
        }
        for wrong in ["HRK", "BGN", "CUC", "SLL", "ZWL", "DEM", "brl", "BR", "XXX", "XTS", "BTC", "", "BRLL"] {
            assert!(Currency::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn knows_the_sign_of_each() {
        for (code, sign) in [("BRL", "R$"), ("USD", "$"), ("EUR", "€"), ("CLF", "CLF")] {
            assert_eq!(Currency::parse(code).expect(code).sign(), sign, "{code}");
        }
    }

    #[test]
    fn knows_the_decimals_of_each() {
        for (code, decimals) in [("BRL", 2), ("CLP", 0), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XAU", 4)] {
            assert_eq!(Currency::parse(code).expect(code).decimals(), decimals, "{code}");
        }
    }
}
