//! Answers that stay open for a while: how many there may be, and their end when the server stops.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How many there may be at a time: each asks the database once a second.
const MOST: usize = 64;

/// The answers that are open.
pub struct Streams {
    places: Arc<Semaphore>,
    over: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), over: watch::Sender::new(false) }
    }
}

impl Streams {
    /// A place for one more, if there is one.
    #[must_use]
    pub fn open(&self) -> Option<Stream> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Stream { _place: place, over: self.over.subscribe() })
    }

    /// Has all of them end, and those that would still be opened: the server does not stop before they have.
    pub fn end(&self) {
        self.over.send_replace(true);
    }
}

/// An open answer. It has its place until it is dropped.
pub struct Stream {
    _place: OwnedSemaphorePermit,
    over: watch::Receiver<bool>,
}

impl Stream {
    /// Ends when the answer must.
    pub async fn over(&mut self) {
        // Whoever would say so is gone: there is no server any more.
        let _ = self.over.wait_for(|over| *over).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_are_so_many_at_a_time_and_all_end_together() {
        let streams = Streams::default();
        let mut open: Vec<_> = std::iter::from_fn(|| streams.open()).collect();
        assert_eq!(open.len(), MOST);
        open.pop();
        let mut again = streams.open().expect("the place of the one that ended");
        streams.end();
        again.over().await;
        drop(open);
        streams.open().expect("a place").over().await;
    }
}
