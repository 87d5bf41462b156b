//! What goes wrong with the next calls of an organization, as a test has decided.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use crate::types::FaultId;

/// Faults that can wait for an organization at a time.
pub const MOST: usize = 100;

/// What goes wrong with the next calls to a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its id.
    pub id: FaultId,
    /// The operation, by its id in the document.
    pub operation: String,
    /// Its method.
    pub method: Method,
    /// The template of its path.
    pub route: String,
    /// For how many calls it stands yet.
    pub left: u16,
    /// What goes wrong.
    pub what: Wrong,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing is done, and this is answered.
    Answered(StatusCode, Option<u64>),
    /// It is begun so much later.
    Delayed(Duration),
    /// It is done, and the connection ends without an answer.
    CutOff,
}

impl Wrong {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered(..) => "ANSWERED",
            Self::Delayed(_) => "DELAYED",
            Self::CutOff => "CUT_OFF",
        }
    }
}

/// The code of an answer that a test asks for, by its status.
#[must_use]
pub fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "REQUEST_TIMEOUT",
        StatusCode::TOO_MANY_REQUESTS => "TOO_MANY_REQUESTS",
        StatusCode::BAD_GATEWAY => "BAD_GATEWAY",
        StatusCode::SERVICE_UNAVAILABLE => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    }
}

/// Faults that wait, in the order in which they were decided.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds one; `false` when there are as many as there can be.
    pub fn add(&mut self, fault: Fault) -> bool {
        let room = self.0.len() < MOST;
        if room {
            self.0.push(fault);
        }
        room
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// Takes one back; `false` when there is none.
    pub fn remove(&mut self, id: FaultId) -> bool {
        let before = self.0.len();
        self.0.retain(|fault| fault.id != id);
        self.0.len() < before
    }

    /// What goes wrong with a call, if anything was decided. The first that fits is used once.
    pub fn take(&mut self, method: &Method, route: &str) -> Option<Wrong> {
        let at = self.0.iter().position(|fault| fault.method == *method && fault.route == route)?;
        let what = self.0[at].what;
        self.0[at].left -= 1;
        if self.0[at].left == 0 {
            self.0.remove(at);
        }
        Some(what)
    }
}
