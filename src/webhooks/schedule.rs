//! When a delivery is tried, and how long a try may take.

use std::time::Duration;

use chrono::TimeDelta;

use crate::types::Timestamp;

/// How often a delivery is tried in all.
pub const TRIES: usize = 7;

/// How long a receiver may take to answer.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How long a delivery is somebody's who tries it. Longer than fetching a token and the call together may take.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// Seconds between the first try and each.
const AFTER_FIRST: [i64; TRIES] = [0, 5 * 60, 50 * 60, 6 * 3_600, 24 * 3_600, 48 * 3_600, 96 * 3_600];

/// When a delivery is tried: as published, or everything sooner for those who try out a receiver.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    haste: u32,
}

impl Schedule {
    /// A schedule with all waits divided by `haste`; 1 is the published one.
    #[must_use]
    pub const fn with_haste(haste: u32) -> Self {
        Self { haste }
    }

    /// When a delivery is tried next that was first tried at a time, and has been tried so often by now; `None` after
    /// the last try. Where that time has passed because nobody was there to try, the wait is the one between the two
    /// tries, so that a receiver has as long as ever to come back.
    #[must_use]
    pub fn next(self, first_tried_at: Timestamp, tries: i16, now: Timestamp) -> Option<Timestamp> {
        let tries = usize::try_from(tries).ok()?;
        let (last, next) = (AFTER_FIRST.get(tries.checked_sub(1)?)?, AFTER_FIRST.get(tries)?);
        let wait = |seconds: i64| TimeDelta::milliseconds(seconds * 1_000 / i64::from(self.haste.max(1)));
        let on_time = first_tried_at.plus(wait(*next));
        Some(if on_time > now { on_time } else { now.plus(wait(next - last)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_seven_times_at_the_published_times() {
        let first = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        let schedule = Schedule::with_haste(1);
        let minutes: Vec<_> =
            (1..=7).map(|tries| schedule.next(first, tries, first).map(|at| at.since(first).num_minutes())).collect();
        assert_eq!(minutes, [Some(5), Some(50), Some(360), Some(1_440), Some(2_880), Some(5_760), None]);
    }

    #[test]
    fn who_comes_late_tries_once_and_waits_again() {
        let first = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        let late = first.plus(TimeDelta::hours(24));
        let next = Schedule::with_haste(1).next(first, 2, late).expect("a third try");
        assert_eq!(next.since(late), TimeDelta::minutes(45));
    }

    #[test]
    fn haste_divides_every_wait() {
        let first = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        let next = Schedule::with_haste(300).next(first, 1, first).expect("a second try");
        assert_eq!(next.since(first), TimeDelta::seconds(1));
    }

    #[test]
    fn a_lease_outlives_a_token_and_a_call() {
        assert!(LEASE.to_std().expect("positive") > 2 * TIME_LIMIT);
    }
}
