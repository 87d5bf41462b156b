//! Settings of who gets in: whom to believe where a call comes from, and how many calls a key may make.

use clap::Args;

use super::wrong::Wrong;
use crate::key_limit::Rate;
use crate::types::Networks;

/// The most calls a second that a key can be limited to.
const MOST_PER_SECOND: u32 = 100_000;

/// The most calls at once that a key can be limited to.
const MOST_AT_ONCE: u32 = 1_000_000;

/// The settings as they are given.
#[derive(Args, Debug, Clone, Default)]
pub struct AccessArgs {
    /// Proxies whose X-Forwarded-For is believed: networks such as 10.0.0.0/8, divided by commas; nobody's by default
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: String,

    /// Calls a second that a key may make at this server, up to 100000; 0 is any number
    #[arg(long, env = "KEY_REQUESTS_PER_SECOND", default_value = "0")]
    pub key_requests_per_second: String,

    /// Calls that a key may make at once, up to 1000000; by default what it may make in a second
    #[arg(long, env = "KEY_BURST")]
    pub key_burst: Option<String>,
}

/// Who gets in. By default everybody with a key, as often as they like, and no proxy is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// How many calls a key may make; any number without.
    pub key_rate: Option<Rate>,
}

impl AccessArgs {
    /// Checks the settings, and notes everything that is wrong with them.
    pub(super) fn check(&self, wrong: &mut Wrong) -> Access {
        let proxies = self.trusted_proxies.split(',').map(str::trim).filter(|text| !text.is_empty());
        let trusted_proxies = wrong.unless("TRUSTED_PROXIES (--trusted-proxies)", Networks::parse(proxies));
        let per_second = wrong.number(
            "KEY_REQUESTS_PER_SECOND (--key-requests-per-second)",
            if self.key_requests_per_second.is_empty() { "0" } else { &self.key_requests_per_second },
            0..=MOST_PER_SECOND,
        );
        let burst = self.key_burst.as_deref().filter(|burst| !burst.is_empty());
        let burst = burst.map(|burst| wrong.number("KEY_BURST (--key-burst)", burst, 1..=MOST_AT_ONCE));
        let per_second = per_second.filter(|per_second| *per_second > 0);
        if burst.is_some() && per_second.is_none() {
            wrong.note("KEY_BURST (--key-burst)", "goes with KEY_REQUESTS_PER_SECOND (--key-requests-per-second)");
        }
        Access {
            trusted_proxies: trusted_proxies.unwrap_or_default(),
            key_rate: per_second.map(|per_second| Rate { per_second, burst: burst.flatten().unwrap_or(per_second) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(proxies: &str, per_second: &str, burst: Option<&str>) -> Result<Access, String> {
        let args = AccessArgs {
            trusted_proxies: proxies.to_owned(),
            key_requests_per_second: per_second.to_owned(),
            key_burst: burst.map(str::to_owned),
        };
        let mut wrong = Wrong::default();
        let access = args.check(&mut wrong);
        if wrong.is_empty() { Ok(access) } else { Err(wrong.to_string()) }
    }

    #[test]
    fn nothing_is_limited_and_nobody_is_believed_unless_told_so() {
        for (per_second, burst) in [("0", None), ("", None), ("0", Some(""))] {
            assert_eq!(checked("", per_second, burst), Ok(Access::default()));
        }
        let limited = checked("10.0.0.0/8, 2001:db8::1", "50", None).expect("right");
        assert_eq!(limited.trusted_proxies.to_texts(), ["10.0.0.0/8", "2001:db8::1/128"]);
        assert_eq!(limited.key_rate, Some(Rate { per_second: 50, burst: 50 }));
        let burst = checked("", "50", Some("200")).expect("right");
        assert_eq!(burst.key_rate, Some(Rate { per_second: 50, burst: 200 }));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let told = checked("10.0.0.0/40", "-1", Some("0")).expect_err("wrong");
        for name in ["TRUSTED_PROXIES", "KEY_REQUESTS_PER_SECOND", "KEY_BURST"] {
            assert!(told.contains(name), "{told}");
        }
        assert!(checked("", "0", Some("10")).is_err(), "a burst of nothing");
    }
}
