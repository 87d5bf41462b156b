//! How long sessions and payments are kept.

use chrono::TimeDelta;
use clap::Args;

use super::wrong::Wrong;

/// The shortest time that anything is kept, in days: an idempotency key that leads to a session or a payment is forgotten
/// by then.
const MIN_DAYS: i64 = 1;

/// The longest, in days: a hundred years.
const MAX_DAYS: i64 = 36_500;

/// The settings as they are given.
#[derive(Args, Debug, Clone, Default)]
pub struct RetentionArgs {
    /// Drop sessions that are older, such as 90d, at least 1d; one with a payment stays as long as that; off by default
    #[arg(long, env = "RETAIN_SESSIONS", value_name = "DAYS")]
    pub retain_sessions: Option<String>,

    /// Drop payments that are over and have not moved for so long, such as 730d, at least 1d; off by default
    #[arg(long, env = "RETAIN_PAYMENTS", value_name = "DAYS")]
    pub retain_payments: Option<String>,
}

/// How long what is old is kept; `None` is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Checkout sessions and customer sessions, from when they were made. A session with a payment is kept as long as
    /// its payment is.
    pub sessions: Option<TimeDelta>,
    /// Payments that are over, from when they last moved.
    pub payments: Option<TimeDelta>,
}

impl Retention {
    /// Checks the settings.
    pub(super) fn check(args: &RetentionArgs, wrong: &mut Wrong) -> Self {
        let mut read = |name, text: &Option<String>| {
            // An empty variable is like one that is not set.
            let text = text.as_deref().filter(|text| !text.is_empty())?;
            wrong.unless(name, days(text))
        };
        Self {
            sessions: read("RETAIN_SESSIONS (--retain-sessions)", &args.retain_sessions),
            payments: read("RETAIN_PAYMENTS (--retain-payments)", &args.retain_payments),
        }
    }

    /// Whether nothing is ever dropped.
    #[must_use]
    pub fn keeps_everything(self) -> bool {
        self == Self::default()
    }
}

fn days(text: &str) -> Result<TimeDelta, &'static str> {
    text.strip_suffix('d')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|days| (MIN_DAYS..=MAX_DAYS).contains(days))
        .and_then(TimeDelta::try_days)
        .ok_or("must be a number of days from 1d to 36500d, such as 90d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_off_unless_asked_for_and_at_least_a_day() {
        let check = |sessions: Option<&str>, payments: Option<&str>| {
            let args = RetentionArgs {
                retain_sessions: sessions.map(str::to_owned),
                retain_payments: payments.map(str::to_owned),
            };
            let mut wrong = Wrong::default();
            let retention = Retention::check(&args, &mut wrong);
            (retention, wrong.to_string())
        };
        assert!(check(None, Some("")).0.keeps_everything());
        let (retention, wrong) = check(Some("90d"), Some("1d"));
        assert_eq!(wrong, "");
        let (sessions, payments) = (Some(TimeDelta::days(90)), Some(TimeDelta::days(1)));
        assert_eq!(retention, Retention { sessions, payments });
        for text in ["0d", "90", "d", "-1d", "+1d", "1.5d", "36501d", "99999999999999999999d", "90 d", "12h"] {
            let (_, wrong) = check(Some(text), Some(text));
            assert!(wrong.contains("RETAIN_SESSIONS (--") && wrong.contains("RETAIN_PAYMENTS (--"), "{text}: {wrong}");
        }
    }
}
