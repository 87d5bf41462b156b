//! What time it is. Nothing else in this crate asks the machine.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{TimeDelta, Utc};

use crate::types::Timestamp;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A time that stands still until it is moved.
    Still(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `time`.
    #[must_use]
    pub fn still_at(time: Timestamp) -> Self {
        Self::Still(Arc::new(Mutex::new(time)))
    }

    /// The time, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock that the others ask")]
            Self::System => Utc::now().into(),
            Self::Still(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a clock that stands still; the machine's clock is left alone.
    pub fn advance(&self, span: TimeDelta) {
        if let Self::Still(time) = self {
            let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
            *time = time.plus(span);
        }
    }
}
