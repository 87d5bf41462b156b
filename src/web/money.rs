//! Amounts as customers read them.

use rust_decimal::Decimal;

use super::language::Language;
use crate::types::{Country, Currency};

/// Where decimals stand behind a point in Spanish, too (Unicode CLDR).
const POINT_IN_SPANISH: [&str; 10] = ["DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"];

/// How amounts of a currency are written in a language.
#[derive(Debug)]
pub struct Writing {
    /// What stands before the number.
    pub sign: String,
    /// Decimal places.
    pub decimals: u32,
    /// What stands before them.
    pub point: char,
    /// What stands between thousands.
    pub separator: char,
}

impl Writing {
    /// Of a currency in a language, as it is written where the customer pays.
    #[must_use]
    pub fn of(currency: Currency, language: Language, country: Country) -> Self {
        let (point, separator) = match language {
            Language::En => ('.', ','),
            Language::Es if POINT_IN_SPANISH.contains(&country.as_str()) => ('.', ','),
            Language::Es | Language::Pt => (',', '.'),
        };
        Self { sign: currency.sign(), decimals: currency.decimals(), point, separator }
    }

    /// An amount, with the decimal places of its currency, or more when it has more.
    #[must_use]
    pub fn write(&self, amount: Decimal) -> String {
        let mut amount = amount.normalize();
        amount.rescale(amount.scale().max(self.decimals));
        let text = amount.to_string();
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(self.separator);
            }
            grouped.push(digit);
        }
        if !rest.is_empty() {
            grouped.push(self.point);
            grouped.push_str(rest);
        }
        format!("{}\u{a0}{grouped}", self.sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_language_does() {
        for (code, language, country, amount, expected) in [
            ("BRL", Language::Pt, "BR", "259.9", "R$\u{a0}259,90"),
            ("USD", Language::En, "US", "1234567.5", "$\u{a0}1,234,567.50"),
            ("CLP", Language::Es, "CL", "1000", "$\u{a0}1.000"),
            ("CLP", Language::Es, "CL", "999", "$\u{a0}999"),
            ("COP", Language::Es, "CO", "0.1234", "$\u{a0}0,1234"),
            ("MXN", Language::Es, "MX", "1899", "$\u{a0}1,899.00"),
            ("BRL", Language::En, "BR", "100.0000", "R$\u{a0}100.00"),
        ] {
            let country = Country::parse(country).expect(country);
            let writing = Writing::of(Currency::parse(code).expect(code), language, country);
            assert_eq!(writing.write(amount.parse().expect("an amount")), expected);
        }
    }
}
