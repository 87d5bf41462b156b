//! Text within a length, and the two kinds of text that have a form: e-mail addresses and dates.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Text of `MIN` to `MAX` characters (Unicode scalar values) without U+0000, which PostgreSQL cannot store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Takes `text` when it is within the length.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("must not contain the character U+0000".into());
        }
        let length = text.chars().count();
        if (MIN..=MAX).contains(&length) {
            Ok(Self(text.to_owned()))
        } else if MIN == MAX {
            Err(format!("must have {MIN} characters"))
        } else if MIN == 0 {
            Err(format!("must have at most {MAX} characters"))
        } else {
            Err(format!("must have {MIN} to {MAX} characters"))
        }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The name of a payment method type, such as `PIX`: 1 to 64 capital letters, digits and a few signs, with at least one
/// letter. Whether there is such a type is not asked.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct MethodType(String);

impl MethodType {
    /// Takes a name.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let sign = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_-.()".contains(c);
        // A card number that was put in the wrong place is no type, and is not kept as one.
        match text.len() <= 64 && text.chars().all(sign) && text.contains(|c: char| c.is_ascii_uppercase()) {
            true => Ok(Self(text.to_owned())),
            false => Err("must be the name of a payment method type, such as CARD or PIX".into()),
        }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// An e-mail address: 3 to 255 characters, something before and after one `@`. Whether it exists is not asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Takes `text` when it looks like an address.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = Text::<3, 255>::parse(text)?.into_string();
        match text.split_once('@') {
            Some((before, after))
                if !before.is_empty()
                    && !after.is_empty()
                    && !after.contains('@')
                    && !text.contains(char::is_whitespace) =>
            {
                Ok(Self(text))
            }
            _ => Err("must be an e-mail address".into()),
        }
    }
}

/// A calendar day, written `YYYY-MM-DD`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(NaiveDate);

impl Date {
    /// Takes `text` when it is a day that exists.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The library also reads signs, spaces and single digits.
        let in_form = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|_| in_form)
            .map(Self)
            .ok_or_else(|| "must be a date in the form YYYY-MM-DD".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_and_not_bytes() {
        assert!(Text::<3, 3>::parse("ñãç").is_ok());
        assert!(Text::<3, 255>::parse("ab").is_err());
        assert!(Text::<1, 3>::parse("abcd").is_err());
        assert!(Text::<0, 3>::parse("").is_ok());
    }

    #[test]
    fn a_card_number_is_no_payment_method_type() {
        for right in ["CARD", "7ELEVEN", "DE_UNA_(APP)", "TRANSFERENCIA_3.0", "3DS"] {
            assert!(MethodType::parse(right).is_ok(), "{right}");
        }
        for wrong in ["4507990000000002", "", "card", "A B", "A\0"] {
            assert!(MethodType::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refuses_what_postgresql_cannot_store() {
        assert!(Text::<1, 9>::parse("a\0b").is_err());
    }

    #[test]
    fn refuses_days_that_do_not_exist() {
        assert!(Date::parse("1990-02-28").is_ok());
        for wrong in
            ["1990-02-30", "28-02-1990", "1990-2-8", "1990-02-28T00:00", " 990-02-28", "-199-02-08", "1990- 2-08", ""]
        {
            assert!(Date::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refuses_addresses_without_an_at() {
        assert!(Email::parse("john.doe@example.com").is_ok());
        for wrong in ["john.doe", "@example.com", "john@", "a@b@c", "a b@c.d"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }
}
