//! What time it is. Nothing else in this crate asks the machine.
//!
//! There are two times. An [organization's](Clock::now) is the time of everything that it has: of its rows, and of when
//! they expire or come due. The [machine's](Clock::machine_time) is for what is about this process and others beside it:
//! what is remembered for a second, who holds a lease, how often a key calls. They are the same, except where a test has
//! moved an organization's time on.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{TimeDelta, Utc};

use crate::types::{OrganizationId, Timestamp};

/// Where the time comes from. Clones tell the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    machine: Machine,
    /// Organizations whose time was moved; without, none can be.
    moved: Option<Arc<Moved>>,
}

#[derive(Clone, Debug, Default)]
enum Machine {
    /// The machine's clock.
    #[default]
    System,
    /// A time that stands still until it is moved.
    Still(Arc<Mutex<Timestamp>>),
}

/// How far organizations are ahead of the machine's time.
#[derive(Debug, Default)]
struct Moved {
    /// Whether any is: as long as none is, nothing is looked up.
    any: AtomicBool,
    ahead: RwLock<HashMap<OrganizationId, TimeDelta>>,
}

impl Clock {
    /// The machine's clock, for all organizations.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `time`.
    #[must_use]
    pub fn still_at(time: Timestamp) -> Self {
        Self { machine: Machine::Still(Arc::new(Mutex::new(time))), moved: None }
    }

    /// The same clock, on which the time of organizations [can be moved](Self::move_on).
    #[must_use]
    pub fn for_testing(self) -> Self {
        Self { moved: Some(Arc::default()), ..self }
    }

    /// The time of an organization, to the microsecond.
    #[must_use]
    pub fn now(&self, organization: OrganizationId) -> Timestamp {
        self.machine_time().plus(self.ahead(organization))
    }

    /// The machine's time, to the microsecond: of nothing that an organization has.
    #[must_use]
    pub fn machine_time(&self) -> Timestamp {
        match &self.machine {
            #[expect(clippy::disallowed_methods, reason = "this is the clock that the others ask")]
            Machine::System => Utc::now().into(),
            Machine::Still(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// How far an organization is ahead of the machine's time: nothing, unless a test has moved it.
    #[must_use]
    pub fn ahead(&self, organization: OrganizationId) -> TimeDelta {
        match &self.moved {
            Some(moved) if moved.any.load(Ordering::Acquire) => moved.read().get(&organization).copied(),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Whether the time of any organization was moved.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.moved.as_ref().is_some_and(|moved| moved.any.load(Ordering::Acquire))
    }

    /// Organizations whose time was moved.
    #[must_use]
    pub fn moved(&self) -> HashSet<OrganizationId> {
        self.moved.as_ref().map(|moved| moved.read().keys().copied().collect()).unwrap_or_default()
    }

    /// Notes how far an organization is ahead. It never goes back: less than what is noted changes nothing. Without
    /// [testing](Self::for_testing) neither does anything else.
    pub fn move_on(&self, organization: OrganizationId, ahead: TimeDelta) {
        if let Some(moved) = self.moved.as_ref().filter(|_| ahead > TimeDelta::zero()) {
            let mut all = moved.write();
            let known = all.entry(organization).or_default();
            *known = ahead.max(*known);
            moved.any.store(true, Ordering::Release);
        }
    }

    /// Forgets that an organization was moved, because it is gone.
    pub fn forget(&self, organization: OrganizationId) {
        if let Some(moved) = &self.moved {
            let mut all = moved.write();
            all.remove(&organization);
            moved.any.store(!all.is_empty(), Ordering::Release);
        }
    }

    /// Moves a clock that stands still, and with it the time of everybody; the machine's clock is left alone.
    pub fn advance(&self, span: TimeDelta) {
        if let Machine::Still(time) = &self.machine {
            let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
            *time = time.plus(span);
        }
    }
}

impl Moved {
    fn read(&self) -> RwLockReadGuard<'_, HashMap<OrganizationId, TimeDelta>> {
        self.ahead.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<OrganizationId, TimeDelta>> {
        self.ahead.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: OrganizationId = OrganizationId::fixed(1);
    const OTHER: OrganizationId = OrganizationId::fixed(2);

    fn noon() -> Timestamp {
        Timestamp::parse("2026-01-15T12:00:00Z").expect("a time")
    }

    #[test]
    fn an_organization_is_moved_alone_and_never_back() {
        let clock = Clock::still_at(noon()).for_testing();
        let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
        assert!(!clock.has_moved());
        clock.move_on(ONE, TimeDelta::zero());
        assert!(!clock.has_moved(), "by nothing");
        clock.move_on(ONE, day);
        clock.move_on(ONE, hour);
        assert_eq!((clock.now(ONE), clock.now(OTHER), clock.machine_time()), (noon().plus(day), noon(), noon()));
        clock.advance(hour);
        assert_eq!((clock.now(ONE), clock.now(OTHER)), (noon().plus(day + hour), noon().plus(hour)));
        clock.forget(ONE);
        assert_eq!(clock.now(ONE), noon().plus(hour));
        assert!(!clock.has_moved() && clock.moved().is_empty());
    }

    #[test]
    fn without_testing_none_is_moved() {
        let clock = Clock::still_at(noon());
        clock.move_on(ONE, TimeDelta::days(1));
        assert_eq!(clock.now(ONE), noon());
    }
}
