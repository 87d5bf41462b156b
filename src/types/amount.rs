//! Amounts of money in major units, exact: no binary floating point on the way in, in the database or out.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimal places that an amount can have. The API's step is 0.0001.
const PLACES: u32 = 4;

/// The largest amount: fifteen digits before the point, so that it fits `numeric(19,4)`.
const MAX: Decimal = Decimal::from_parts(0x89E7_FFFF, 0x8AC7_2304, 0, false, PLACES);

/// An amount in major units: 0 to 999999999999999.9999, at most four decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Amount(Decimal);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// This and `other` together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// What is left when `other` is taken away; nothing when it is more.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self((self.0 - other.0).max(Decimal::ZERO))
    }

    /// A whole number of units.
    #[must_use]
    pub const fn whole(units: u32) -> Self {
        Self(Decimal::from_parts(units, 0, 0, false, 0))
    }

    /// This times a rate, rounded half up to so many decimal places; the largest amount when it would be more.
    #[must_use]
    pub fn times(self, rate: Rate, places: u32) -> Self {
        Self(rounded(self.0.checked_mul(rate.0).unwrap_or(MAX), places))
    }

    /// One of so many equal parts, rounded half up to so many decimal places; all of it when there are none.
    #[must_use]
    pub fn part(self, parts: u16, places: u32) -> Self {
        Self(rounded(self.0.checked_div(Decimal::from(parts)).unwrap_or(self.0), places))
    }

    /// With two decimal places, rounded half up: `45.30`.
    #[must_use]
    pub fn with_two_places(self) -> String {
        format!("{:.2}", rounded(self.0, 2))
    }

    /// Reads a decimal number such as `8000`, `0.5` or `1e3`.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        decimal(text)
            .filter(|value| !value.is_sign_negative() && *value <= MAX)
            .map(Self)
            .ok_or_else(|| format!("must be a decimal number from 0 to {MAX} with at most {PLACES} decimal places"))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rust_decimal::serde::arbitrary_precision::serialize(&self.0.normalize(), serializer)
    }
}

/// Without trailing zeros: `8000.5`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

/// From a JSON number, exactly.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(kept: D) -> Result<Self, D::Error> {
        Self::parse(&serde_json::Number::deserialize(kept)?.to_string()).map_err(D::Error::custom)
    }
}

/// `value` with so many decimal places, rounded half up, and no more than there can be.
fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero).min(MAX)
}

/// A multiplier of an instalment plan: 1.20 adds twenty percent. Same limits as an amount.
pub type Rate = Amount;

/// `text` as a number without trailing zeros, when it has at most [`PLACES`] decimal places.
fn decimal(text: &str) -> Option<Decimal> {
    // A sign `+`, inner spaces and underscores are no JSON numbers, though the decimal parser reads some of them.
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        || text.contains(|c: char| !(c.is_ascii_digit() || "-+.eE".contains(c)))
        || text.split_once('.').is_some_and(|(_, after)| !after.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let value = shifted(Decimal::from_str_exact(digits).ok()?.normalize(), exponent)?;
    (value.scale() <= PLACES).then_some(value)
}

/// `value` times ten to the power of `exponent`, exactly. The library's own reading of exponents rounds.
fn shifted(value: Decimal, exponent: i32) -> Option<Decimal> {
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    match u32::try_from(scale) {
        Ok(scale) => Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok(),
        Err(_) => {
            let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
            Decimal::try_from_i128_with_scale(value.mantissa().checked_mul(factor)?, 0).ok()
        }
    }
    .map(|value| value.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        serde_json::to_string(&Amount::parse(text).expect(text)).expect("a number")
    }

    #[test]
    fn writes_what_it_read_exactly() {
        for (read, wrote) in [
            ("8000", "8000"),
            ("100.50", "100.5"),
            ("0.0001", "0.0001"),
            ("0", "0"),
            ("-0", "0"),
            ("1e3", "1000"),
            ("999999999999999.9999", "999999999999999.9999"),
            ("1.00000", "1"),
            ("0e400", "0"),
            ("1200E-2", "12"),
            ("2.5e+1", "25"),
        ] {
            assert_eq!(written(read), wrote);
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for wrong in [
            "-1",
            "-0.0001",
            "0.00001",
            "1.23456",
            "1e400",
            "1e-9",
            "12,50",
            "",
            " 1",
            "1 ",
            "+1",
            "1_000",
            "NaN",
            "inf",
            "0x10",
            "1000000000000000",
            "--1",
            "1.2.3",
            "e",
            "1e",
            ".5",
            "5.",
            "5.e1",
            "1e99999999999",
            "1e-2147483648",
            "0.00000000000000000000000000000000001e0",
            "1.00000000000000000000000000000000000001e0",
        ] {
            assert!(Amount::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn rates_and_parts_are_exact_and_rounded_half_up() {
        let amount = |text: &str| Amount::parse(text).expect(text);
        for (value, rate, places, expected) in [
            ("100", "1.2", 2, "120"),
            ("259.9", "1.0525", 2, "273.54"),
            ("0.05", "1.1", 2, "0.06"),
            ("0.04", "1.1", 2, "0.04"),
            ("8000.5", "1", 0, "8001"),
            ("33.3335", "1", 3, "33.334"),
            ("123456789012345.6789", "1.0001", 4, "123469134691246.9135"),
            ("999999999999999.9999", "1", 0, "999999999999999.9999"),
            ("999999999999999.9999", "999999999999999.9999", 2, "999999999999999.9999"),
            ("5", "0", 2, "0"),
        ] {
            assert_eq!(amount(value).times(amount(rate), places).to_string(), expected, "{value} × {rate}");
        }
        for (value, parts, places, expected) in [
            ("100", 3, 2, "33.33"),
            ("200", 3, 2, "66.67"),
            ("0.25", 2, 2, "0.13"),
            ("100", 12, 0, "8"),
            ("100", 1, 2, "100"),
            ("100", 0, 2, "100"),
            ("999999999999999.9999", 999, 4, "1001001001001.001"),
        ] {
            assert_eq!(amount(value).part(parts, places).to_string(), expected, "{value} ÷ {parts}");
        }
        assert_eq!(
            ["45.25", "38.5", "0", "0.005", "100000"].map(|text| amount(text).with_two_places()),
            ["45.25", "38.50", "0.00", "0.01", "100000.00"]
        );
        assert_eq!(Amount::whole(100_000), amount("1e5"));
    }

    #[test]
    fn is_read_from_json_as_it_was_written() {
        for text in ["8000.5", "0.0001", "999999999999999.9999", "0"] {
            assert_eq!(serde_json::from_str::<Amount>(text).expect(text).to_string(), text);
        }
        for wrong in ["-1", "1.00001", "\"1\"", "1e400", "null"] {
            assert!(serde_json::from_str::<Amount>(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_step_of_the_api_survives(units in 0_i64..999_999_999_999_999, step in 0_u32..10_000) {
            let text = format!("{units}.{step:04}");
            let amount = Amount::parse(&text).expect("within the limits");
            let wrote = serde_json::to_string(&amount).expect("a number");
            prop_assert_eq!(Amount::parse(&wrote), Ok(amount));
            prop_assert_eq!(amount.0, Decimal::from_i128_with_scale(i128::from(units) * 10_000 + i128::from(step), 4));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = Amount::parse(&text);
        }
    }
}
