//! What is wrong with settings, gathered so that all of it is told at once.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What is wrong with settings, each with the names of its setting: `VARIABLE (--option)`.
#[derive(Debug, Default)]
pub struct Wrong(Vec<String>);

impl Wrong {
    /// Notes what is wrong with a setting. Never with its value, which can be a secret.
    pub fn note(&mut self, name: &str, what: &str) {
        self.0.push(format!("{name} {what}"));
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, or a note of what it must be.
    pub fn unless<T>(&mut self, name: &str, read: Result<T, &'static str>) -> Option<T> {
        read.map_err(|what| self.note(name, what)).ok()
    }

    /// A value that is read from its text.
    pub fn read<T: FromStr>(&mut self, name: &str, text: &str, expected: &'static str) -> Option<T> {
        self.unless(name, text.parse().map_err(|_| expected))
    }

    /// A whole number within limits.
    pub fn number<N: FromStr + PartialOrd + fmt::Display>(
        &mut self,
        name: &str,
        text: &str,
        limits: RangeInclusive<N>,
    ) -> Option<N> {
        let number = text.parse().ok().filter(|number| limits.contains(number));
        if number.is_none() {
            self.note(name, &format!("must be a number from {} to {}", limits.start(), limits.end()));
        }
        number
    }

    /// A value that is true or false; an empty one is false.
    pub fn switch(&mut self, name: &str, text: &str) -> bool {
        match text {
            "true" | "1" | "yes" => true,
            "false" | "0" | "no" | "" => false,
            _ => {
                self.note(name, "must be true or false");
                false
            }
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}
