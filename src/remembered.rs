//! What was read a moment ago and need not be read for each request: keys, and what accounts offer and have.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;

use crate::types::Timestamp;

/// How many things of a kind are remembered at most; those that were not found count too.
const MOST: u64 = 10_000;

/// How long what nobody asks for takes room.
const UNUSED_FOR: Duration = Duration::from_secs(60);

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
    /// How often it was asked for: the number of the next question.
    questions: u64,
    /// Answers to questions before this one are not kept: it was forgotten since, or a later one is known.
    from: u64,
}

struct Known<V> {
    value: V,
    asked_at: Timestamp,
}

impl<V> Entry<V> {
    fn state(&self) -> MutexGuard<'_, State<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was asked for at a time, unless something later is known.
    fn keep(&self, value: V, asked_at: Timestamp, question: u64) {
        let mut state = self.state();
        if question >= state.from {
            state.from = question;
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
        Self(Cache::builder().max_capacity(MOST).time_to_idle(UNUSED_FOR).build())
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
        let question = {
            let mut state = entry.state();
            let question = state.questions;
            state.questions += 1;
            if let Some(known) = &state.known {
                let age = now.since(known.asked_at);
                // A clock that was set back says nothing about the age.
                if age >= TimeDelta::zero() && age < longest() {
                    let value = known.value.clone();
                    if age >= renewed_after() && !std::mem::replace(&mut state.renewing, true) {
                        tokio::spawn(renew(Renewing(Arc::clone(&entry)), now, question, read()));
                    }
                    return Ok(value);
                }
            }
            question
        };
        let value = read().await?;
        entry.keep(value.clone(), now, question);
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
            state.from = state.questions;
        }
    }
}

impl<V> Default for Entry<V> {
    fn default() -> Self {
        Self(Mutex::new(State { known: None, renewing: false, questions: 0, from: 0 }))
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
    question: u64,
    read: impl Future<Output = Result<V, E>>,
) {
    match read.await {
        Ok(value) => renewing.0.keep(value, now, question),
        // Who asks when it is too old tries again, and is told.
        Err(error) => tracing::debug!(%error, "cannot renew what is remembered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::future::ready;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    fn at(milliseconds: i64) -> Timestamp {
        let start = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        start.plus(TimeDelta::milliseconds(milliseconds))
    }

    async fn find(remembered: &Remembered<String, u32>, milliseconds: i64, value: u32) -> u32 {
        let read = || ready(Ok::<_, Infallible>(value));
        remembered.find("key", at(milliseconds), read).await.expect("it cannot fail")
    }

    #[tokio::test]
    async fn what_is_known_is_given_for_a_second_at_most() {
        let remembered = Remembered::default();
        assert_eq!(find(&remembered, 0, 1).await, 1);
        assert_eq!(find(&remembered, 499, 2).await, 1);
        assert_eq!(find(&remembered, 1_000, 3).await, 3);
        // A clock that was set back says nothing about the age.
        assert_eq!(find(&remembered, 0, 4).await, 4);
    }

    #[tokio::test]
    async fn it_is_read_again_while_the_others_go_on() {
        let remembered = Remembered::default();
        find(&remembered, 0, 1).await;
        let (answer, answered) = oneshot::channel();
        let slowly = || answered;
        assert_eq!(remembered.find("key", at(500), slowly).await, Ok(1));
        // Only one reads.
        assert_eq!(find(&remembered, 600, 9).await, 1);
        answer.send(2).expect("it is being read");
        yield_now().await;
        assert_eq!(find(&remembered, 700, 9).await, 2);
        // It is as old as its question.
        assert_eq!(find(&remembered, 1_500, 3).await, 3);
    }

    #[tokio::test]
    async fn a_reading_that_fails_is_tried_again() {
        let remembered = Remembered::default();
        find(&remembered, 0, 1).await;
        assert_eq!(remembered.find("key", at(500), || ready(Err("gone"))).await, Ok(1));
        yield_now().await;
        assert_eq!(find(&remembered, 600, 2).await, 1);
        yield_now().await;
        assert_eq!(find(&remembered, 700, 3).await, 2);
        assert_eq!(remembered.find("key", at(2_000), || ready(Err("gone"))).await, Err("gone"));
    }

    #[tokio::test]
    async fn what_was_being_read_when_it_changed_is_not_kept() {
        let remembered = Remembered::default();
        let (answer, answered) = oneshot::channel();
        let before = || answered;
        let mut reading = std::pin::pin!(remembered.find("key", at(0), before));
        tokio::select! {
            biased;
            _ = &mut reading => panic!("it waits"),
            () = ready(()) => remembered.forget("key"),
        }
        answer.send(1).expect("it is being read");
        assert_eq!(reading.await, Ok(1));
        assert_eq!(find(&remembered, 0, 2).await, 2);
        remembered.forget("key");
        assert_eq!(find(&remembered, 0, 3).await, 3);
    }
}
