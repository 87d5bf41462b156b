//! What the callers were told: every acknowledged change with the values that were acknowledged.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

/// How long it may take until another request is acknowledged while nothing is dead.
const ANOTHER_WITHIN: Duration = Duration::from_secs(60);

/// A request that can be sent again under its key.
#[derive(Clone)]
pub struct Keyed {
    pub path: String,
    pub key: String,
    pub body: Value,
}

/// A session that was acknowledged.
pub struct Session {
    pub id: String,
    pub answer: Value,
    pub keyed: Option<Keyed>,
    /// The values that it was patched to, in their order, and whether that was acknowledged.
    pub patches: Vec<(String, bool)>,
}

/// A payment that was acknowledged.
pub struct Payment {
    pub id: String,
    pub answer: Value,
    pub keyed: Option<Keyed>,
}

/// A refund that was acknowledged.
pub struct Refund {
    pub payment: String,
    pub transaction: String,
    pub amount: i64,
    pub keyed: Option<Keyed>,
}

/// Everything that the callers were told.
#[derive(Default)]
pub struct Told {
    pub sessions: Vec<Session>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    /// Requests under a key that were begun and had no answer yet: they must have one in the end.
    pub undecided: Vec<Keyed>,
    /// Answers that differ from what the key was answered first.
    pub different: Vec<String>,
    pub acknowledged: usize,
    /// Requests whose outcome nobody was told.
    pub unknown: usize,
    /// Answers with 503.
    pub unavailable: usize,
}

/// The journal of all callers.
pub struct Journal {
    told: Mutex<Told>,
    /// When the last acknowledged request was sent.
    last: watch::Sender<Instant>,
}

impl Journal {
    pub fn new() -> Self {
        Self { told: Mutex::default(), last: watch::channel(Instant::now()).0 }
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// Notes that a request was acknowledged.
    pub fn acknowledge(&self, sent: Instant) {
        self.told().acknowledged += 1;
        self.last.send_if_modified(|last| {
            let later = sent > *last;
            *last = sent.max(*last);
            later
        });
    }

    /// Waits until a request is acknowledged that was sent after a time.
    pub async fn acknowledged_after(&self, time: Instant) {
        self.last.subscribe().wait_for(|sent| *sent > time).await.unwrap();
    }

    /// Waits until so many more requests are acknowledged.
    pub async fn acknowledged_more(&self, more: usize) {
        let mut last = self.last.subscribe();
        let wanted = self.told().acknowledged + more;
        while self.told().acknowledged < wanted {
            let another = tokio::time::timeout(ANOTHER_WITHIN, last.changed()).await;
            another.expect("requests are acknowledged").unwrap();
        }
    }
}
