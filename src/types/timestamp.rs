//! Points in time, to the microsecond, written as the API documents them.

use chrono::{DateTime, Datelike as _, SecondsFormat, SubsecRound, TimeDelta, Timelike as _, Utc};
use serde::{Deserialize, Serialize, Serializer};

/// A point in time in UTC with microseconds, which is what PostgreSQL keeps. Written with 27 characters:
/// `2026-01-15T12:00:00.000000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, Deserialize)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Reads an ISO 8601 time with an offset, such as `2022-05-09T20:46:54.786342Z`.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.with_timezone(&Utc))
            // An offset can lead out of the years that have four digits.
            .filter(|time| (0..=9999).contains(&time.year()))
            // A leap second, which the database does not have.
            .filter(|time| time.nanosecond() < 1_000_000_000)
            .map(Self::from)
            .ok_or_else(|| "must be an ISO 8601 date and time, such as 2022-05-09T20:46:54.786342Z".into())
    }

    /// This time and `span` more.
    #[must_use]
    pub fn plus(self, span: TimeDelta) -> Self {
        Self(self.0 + span)
    }

    /// How long before this time `earlier` was; negative when it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }

    /// Seconds and nanoseconds since 1970.
    #[must_use]
    pub fn unix(self) -> (u64, u32) {
        (self.0.timestamp().try_into().unwrap_or(0), self.0.timestamp_subsec_nanos())
    }

    /// The year and the month, in UTC.
    #[must_use]
    pub fn year_and_month(self) -> (i32, u32) {
        (self.0.year(), self.0.month())
    }

    /// As some objects of the API write it: whole seconds, `2026-01-15T12:00:00Z`.
    #[must_use]
    pub fn to_seconds(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_27_characters_in_utc() {
        for (read, wrote) in [
            ("2022-05-09T20:46:54.786342Z", "\"2022-05-09T20:46:54.786342Z\""),
            ("2022-05-09T20:46:54Z", "\"2022-05-09T20:46:54.000000Z\""),
            ("2022-05-09T20:46:54.1234567-03:00", "\"2022-05-09T23:46:54.123456Z\""),
        ] {
            let time = Timestamp::parse(read).expect(read);
            assert_eq!(serde_json::to_string(&time).expect("text"), wrote);
        }
        for wrong in [
            "2022-05-09",
            "2022-13-09T20:46:54Z",
            "yesterday",
            "",
            "2022-05-09T20:46:54",
            "9999-12-31T23:59:59-23:59",
            "2016-12-31T23:59:60Z",
        ] {
            assert!(Timestamp::parse(wrong).is_err(), "{wrong}");
        }
    }
}
