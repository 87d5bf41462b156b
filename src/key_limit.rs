//! How many calls a key may make: a bucket of tokens for each, that fills at a steady rate.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use moka::sync::Cache;

use crate::types::Timestamp;

/// How many keys are counted at most, of each kind of call; of more, those that call least are forgotten.
const MOST: u64 = 100_000;

/// A limit on the calls of each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second, at least 1.
    pub per_second: u32,
    /// Calls that may come at once, at least 1.
    pub burst: u32,
}

/// Counts the calls of keys, in this process alone. Those with the secret and those without are counted apart: whoever
/// knows a public key, as every customer does, must not be able to use up what the merchant's backend has.
pub struct KeyLimit {
    rate: Option<Rate>,
    with_secret: Cache<String, Bucket>,
    public_alone: Cache<String, Bucket>,
}

/// When the bucket will be full again, if nobody takes anything until then.
type Bucket = Arc<Mutex<Timestamp>>;

impl KeyLimit {
    /// Counts against a rate, or without one not at all.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        Self { rate, with_secret: Cache::new(MOST), public_alone: Cache::new(MOST) }
    }

    /// Forgets the calls of a key that is gone.
    pub fn forget(&self, public: &str) {
        self.with_secret.invalidate(public);
        self.public_alone.invalidate(public);
    }

    /// Takes one call from a key's bucket.
    ///
    /// # Errors
    /// When it is empty: the whole seconds after which there is one again, at least 1.
    pub fn take(&self, public: &str, with_secret: bool, now: Timestamp) -> Result<(), u64> {
        let Some(Rate { per_second, burst }) = self.rate else { return Ok(()) };
        let buckets = if with_secret { &self.with_secret } else { &self.public_alone };
        let bucket = buckets.get(public).unwrap_or_else(|| buckets.get_with_by_ref(public, || new_bucket(now)));
        let one = TimeDelta::microseconds(1_000_000 / i64::from(per_second.max(1)));
        let whole = TimeDelta::microseconds(one.num_microseconds().unwrap_or(0) * i64::from(burst.max(1)));
        let mut full_at = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let lacking = full_at.since(now);
        // Never more than all of it, but for calls that read the clock before others and come here after them, unless
        // the clock was set back.
        let set_back = lacking > whole + TimeDelta::seconds(1);
        let lacking = if set_back { TimeDelta::zero() } else { lacking.max(TimeDelta::zero()) };
        let missing = lacking + one - whole;
        if missing > TimeDelta::zero() {
            return Err(u64::try_from(missing.num_microseconds().unwrap_or(0)).unwrap_or(0).div_ceil(1_000_000));
        }
        *full_at = now.plus(lacking + one);
        Ok(())
    }
}

fn new_bucket(now: Timestamp) -> Bucket {
    Arc::new(Mutex::new(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        let start = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        start.plus(TimeDelta::milliseconds(milliseconds))
    }

    /// How many calls of many at one time are let through.
    fn let_through(limit: &KeyLimit, milliseconds: i64) -> usize {
        (0..1_000).filter(|_| limit.take("key", true, at(milliseconds)).is_ok()).count()
    }

    #[test]
    fn lets_a_burst_through_and_then_its_rate() {
        let limit = KeyLimit::new(Some(Rate { per_second: 10, burst: 5 }));
        assert_eq!(let_through(&limit, 0), 5);
        assert_eq!(let_through(&limit, 99), 0);
        assert_eq!(let_through(&limit, 100), 1);
        assert_eq!(let_through(&limit, 400), 3);
        // It holds no more than the burst, however long nobody called.
        assert_eq!(let_through(&limit, 60_000), 5);
        // Who read the clock a little earlier than the last gets nothing more.
        assert_eq!(let_through(&limit, 59_999), 0);
        // A clock that was set back locks nobody out.
        assert_eq!(let_through(&limit, 0), 5);
    }

    #[test]
    fn tells_when_to_come_back() {
        let limit = KeyLimit::new(Some(Rate { per_second: 1, burst: 3 }));
        assert_eq!(let_through(&limit, 0), 3);
        assert_eq!(limit.take("key", true, at(0)), Err(1));
        assert_eq!(limit.take("key", true, at(999)), Err(1));
        assert_eq!(limit.take("key", true, at(1_000)), Ok(()));
        let fast = KeyLimit::new(Some(Rate { per_second: 1_000, burst: 1 }));
        assert_eq!(let_through(&fast, 0), 1);
        assert_eq!(fast.take("key", true, at(0)), Err(1), "whole seconds");
    }

    #[test]
    fn each_key_has_two_buckets_of_its_own() {
        let limit = KeyLimit::new(Some(Rate { per_second: 1, burst: 1 }));
        for (key, with_secret) in [("one", true), ("one", false), ("two", true), ("two", false)] {
            assert_eq!(limit.take(key, with_secret, at(0)), Ok(()), "{key}");
            assert_eq!(limit.take(key, with_secret, at(0)), Err(1), "{key}");
        }
        assert_eq!(let_through(&KeyLimit::new(None), 0), 1_000);
    }
}
