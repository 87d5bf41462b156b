//! What was read a moment ago and need not be read for each request: keys, and what accounts offer.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use moka::sync::Cache;

use crate::types::Timestamp;

/// How many things of a kind are remembered at most; those that were not found count too.
const MOST: u64 = 10_000;

/// How long something is remembered: so long does another instance's change of it take to show.
const fn longest() -> TimeDelta {
    TimeDelta::seconds(1)
}

/// From when on what is asked for is read again, while those who ask get what is known: nobody waits for it then.
const fn renewed_after() -> TimeDelta {
    TimeDelta::milliseconds(500)
}

/// Values by their keys, each as it was at most a second ago.
pub struct Remembered<K, V>(Cache<K, Arc<Entry<V>>>);

struct Entry<V>(Mutex<State<V>>);

struct State<V> {
    known: Option<Known<V>>,
    /// Whether somebody reads it anew.
    renewing: bool,
    /// How often it was forgotten: what was read before must not be remembered after.
    forgotten: u64,
}

struct Known<V> {
    value: V,
    asked_at: Timestamp,
}

impl<V> Entry<V> {
    fn state(&self) -> MutexGuard<'_, State<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was asked for at a time, unless it was forgotten since.
    fn keep(&self, value: V, asked_at: Timestamp, forgotten: u64) {
        let mut state = self.state();
        if state.forgotten == forgotten {
            state.known = Some(Known { value, asked_at });
        }
    }
}

impl<K, V> Default for Remembered<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl<K, V> Remembered<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What is known of a key, or else what `read` reads. The asker must hold no connection to the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find<Q, E, F>(&self, key: &Q, now: Timestamp, read: impl FnOnce() -> F) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        E: std::fmt::Display + Send + 'static,
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let entry = self.0.get(key).unwrap_or_else(|| self.0.get_with_by_ref(key, Arc::default));
        let forgotten = {
            let mut state = entry.state();
            let forgotten = state.forgotten;
            if let Some(known) = &state.known {
                let age = now.since(known.asked_at);
                // A clock that was set back says nothing about the age.
                if age >= TimeDelta::zero() && age < longest() {
                    let value = known.value.clone();
                    if age >= renewed_after() && !std::mem::replace(&mut state.renewing, true) {
                        tokio::spawn(renew(Renewing(Arc::clone(&entry)), now, forgotten, read()));
                    }
                    return Ok(value);
                }
            }
            forgotten
        };
        let value = read().await?;
        entry.keep(value.clone(), now, forgotten);
        Ok(value)
    }

    /// Forgets a key, because what it leads to has changed: who asks from now on gets what it is now.
    pub fn forget<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(entry) = self.0.get(key) {
            let mut state = entry.state();
            state.known = None;
            state.forgotten += 1;
        }
    }
}

impl<V> Default for Entry<V> {
    fn default() -> Self {
        Self(Mutex::new(State { known: None, renewing: false, forgotten: 0 }))
    }
}

/// That somebody reads an entry anew; ends with the reading, also when that panics.
struct Renewing<V>(Arc<Entry<V>>);

impl<V> Drop for Renewing<V> {
    fn drop(&mut self) {
        self.0.state().renewing = false;
    }
}

async fn renew<V, E: std::fmt::Display>(
    renewing: Renewing<V>,
    now: Timestamp,
    forgotten: u64,
    read: impl Future<Output = Result<V, E>>,
) {
    match read.await {
        Ok(value) => renewing.0.keep(value, now, forgotten),
        // Who asks when it is too old tries again, and is told.
        Err(error) => tracing::debug!(%error, "cannot renew what is remembered"),
    }
}
