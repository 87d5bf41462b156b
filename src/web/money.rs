//! Amounts as customers read them.

use rust_decimal::Decimal;

use super::language::Language;
use crate::types::Currency;

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
    /// Of a currency in a language.
    #[must_use]
    pub fn of(currency: Currency, language: Language) -> Self {
        let (point, separator) = match language {
            Language::En => ('.', ','),
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
        for (code, language, amount, expected) in [
            ("BRL", Language::Pt, "259.9", "R$\u{a0}259,90"),
            ("USD", Language::En, "1234567.5", "$\u{a0}1,234,567.50"),
            ("CLP", Language::Es, "1000", "$\u{a0}1.000"),
            ("CLP", Language::Es, "999", "$\u{a0}999"),
            ("COP", Language::Es, "0.1234", "$\u{a0}0,1234"),
            ("BRL", Language::En, "100.0000", "R$\u{a0}100.00"),
        ] {
            let writing = Writing::of(Currency::parse(code).expect(code), language);
            assert_eq!(writing.write(amount.parse().expect("an amount")), expected);
        }
    }
}
