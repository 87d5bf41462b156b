//! Cards: the number and the security code, which are never kept, and what is kept in their place.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Timestamp, text_column};

/// A card's number: 8 to 19 digits. It lives as long as the request: there is no way to write, print or store it whole.
///
/// A check digit is not asked for: some published test cards have a wrong one.
#[derive(Clone)]
pub struct CardNumber(String);

impl CardNumber {
    /// Takes digits.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        match (8..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self(text.to_owned())),
            false => Err("must have 8 to 19 digits and nothing else".into()),
        }
    }

    /// The digits, for those who must see all of them: the gateway's table of test cards and the fingerprint.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Its brand, by its first digits; `OTHER` when no range has it.
    #[must_use]
    pub fn brand(&self) -> &'static Brand {
        brand_of(&self.0)
    }
}

/// The brand of the number that begins with these digits.
fn brand_of(digits: &str) -> &'static Brand {
    static OTHER: LazyLock<Brand> = LazyLock::new(|| Brand { name: OTHER_BRAND.into(), security_code_length: 3 });
    let range = BRANDS.iter().find(|range| {
        let prefix = &digits[..range.from.len().min(digits.len())];
        (range.from.as_str()..=range.to.as_str()).contains(&prefix)
    });
    range.map_or(&*OTHER, |range| &range.brand)
}

impl std::fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardNumber")
    }
}

/// The first digits of cards' numbers, which say who issued them: 6 to 8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iin(String);

impl Iin {
    /// Takes digits.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        match (6..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self(text.to_owned())),
            false => Err("must have 6 to 8 digits and nothing else".into()),
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The brand of the cards; `OTHER` when no range has it.
    #[must_use]
    pub fn brand(&self) -> &'static Brand {
        brand_of(&self.0)
    }
}

text_column!(Iin);

/// The brand of a number that no range has.
pub const OTHER_BRAND: &str = "OTHER";

/// A security code: 3 or 4 digits. It lives as long as the request.
#[derive(Clone)]
pub struct SecurityCode(u8);

impl SecurityCode {
    /// Takes digits and forgets which they were: nothing here asks for more than their number.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.len() {
            length @ (3 | 4) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(length as u8)),
            _ => Err("must have 3 or 4 digits".into()),
        }
    }

    /// How many digits it had.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.0
    }
}

/// A brand of cards.
#[derive(Debug)]
pub struct Brand {
    /// Its name in the API, such as `VISA`.
    pub name: String,
    /// How many digits its security codes have.
    pub security_code_length: u8,
}

/// Numbers that begin with the digits `from` to `to`, which are equally many.
struct BrandRange {
    from: String,
    to: String,
    brand: Brand,
}

/// The ranges of brands; an earlier one goes before a later one.
static BRANDS: LazyLock<Vec<BrandRange>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("../../catalog/card_brands.csv").as_bytes())
        .deserialize::<(String, String, String, u8)>()
        .map(|row| {
            row.map(|(name, from, to, security_code_length)| BrandRange {
                from,
                to,
                brand: Brand { name, security_code_length },
            })
        })
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("the ranges of card brands compiled into this build are broken: {error}"))
});

/// When a card ends: at the end of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// 1 to 12.
    pub month: u8,
    /// All four digits.
    pub year: u16,
}

impl Expiry {
    /// Whether the card has ended.
    #[must_use]
    pub fn has_passed(self, now: Timestamp) -> bool {
        let (year, month) = now.year_and_month();
        (i32::from(self.year), u32::from(self.month)) < (year, month)
    }
}

/// What its number makes a card do at the testing gateway. Decided when the number is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardOutcome {
    /// It is no test card: the description of the payment decides.
    #[default]
    Unlisted,
    /// Every payment ends with this response code.
    ResponseCode(String),
    /// The cardholder is authenticated first, with this result.
    ThreeDSecure(String),
}

/// What is kept of a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptCard {
    /// Whose name is on it.
    pub holder_name: Option<String>,
    /// The first digits of its number: at most eight, and so many that four stay unknown.
    pub iin: String,
    /// The last four digits of its number.
    pub lfd: String,
    /// How many digits its number has.
    pub number_length: u8,
    /// How many digits its security code has.
    pub security_code_length: u8,
    /// Its brand.
    pub brand: String,
    /// `CREDIT` or `DEBIT`.
    pub r#type: String,
    /// When it ends.
    pub expiry: Option<Expiry>,
    /// The same for the same number in one organization, and nothing that leads back to it.
    pub fingerprint: Option<Uuid>,
    /// What its number makes it do at the testing gateway.
    pub outcome: CardOutcome,
}

impl KeptCard {
    /// What a customer reads: `VISA ****1111`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} ****{}", self.brand, self.lfd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(number: &str) -> &str {
        &CardNumber::parse(number).expect(number).brand().name
    }

    #[test]
    fn brands_follow_the_first_digits() {
        for (number, expected) in [
            ("4507990000000002", "VISA"),
            ("5252440000000002", "MASTERCARD"),
            ("2221000000000009", "MASTERCARD"),
            ("370000000000002", "AMEX"),
            ("3647166000000002", "DINERS"),
            ("1139000000000002", "UATP"),
            ("3528000000000000", "JCB"),
            ("5067555612342011", "ELO"),
            ("6062820000000000", "HIPERCARD"),
            ("9999999999999999", "OTHER"),
        ] {
            assert_eq!(brand(number), expected, "{number}");
        }
    }

    #[test]
    fn the_first_digits_are_six_to_eight_and_have_a_brand() {
        for (iin, expected) in [("450799", "VISA"), ("52524400", "MASTERCARD"), ("9999999", "OTHER")] {
            assert_eq!(Iin::parse(iin).expect(iin).brand().name, expected, "{iin}");
        }
        for wrong in ["45079", "450799000", "45079a", "4507 99", "", "４５０７９９"] {
            assert!(Iin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_digits_and_are_never_printed() {
        let number = CardNumber::parse("4507990000000002").expect("a number");
        assert_eq!(format!("{number:?}"), "CardNumber");
        for wrong in
            ["4507", "4507 9900 0000 0002", "45079900000000021234", "4507a90000000002", "", "４５０７９９００００００"]
        {
            assert!(CardNumber::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_card_is_good_until_its_month_is_over() {
        let expiry = Expiry { month: 11, year: 2028 };
        let at = |time| Timestamp::parse(time).expect(time);
        assert!(!expiry.has_passed(at("2028-11-30T23:59:59.999999Z")));
        assert!(expiry.has_passed(at("2028-12-01T00:00:00Z")));
        assert!(!expiry.has_passed(at("2027-12-31T00:00:00Z")));
    }
}
