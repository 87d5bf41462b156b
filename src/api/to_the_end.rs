//! Work that runs to its end although nobody waits for it any more, unless that end depends on a database that has gone.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::db::Tenure;

/// A future that goes on, on a task of its own, when it is dropped before its end. Until then it runs where it is
/// waited for: a task for each request would cost a change of threads there and back.
pub struct ToTheEnd<T: Send + 'static>(Option<(Work<T>, Tenure)>);

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T: Send + 'static> ToTheEnd<T> {
    /// Takes work that must not be left half done, and that asks the primary of a tenure.
    pub fn new(work: impl Future<Output = T> + Send + 'static, tenure: Tenure) -> Self {
        Self(Some((Box::pin(work), tenure)))
    }
}

impl<T: Send + 'static> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Polled after its end it would wait for ever, as any future may.
        let Some((work, _)) = &mut self.0 else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        if let (Some((work, tenure)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(tenure.bound_request(work).in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Pool;
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
    use tokio::sync::oneshot;

    /// Of a primary that nobody watches.
    fn tenure() -> Tenure {
        let nowhere = PgPoolOptions::new().connect_lazy_with(PgConnectOptions::new_without_pgpass());
        Pool::from(nowhere).tenure()
    }

    #[tokio::test]
    async fn goes_on_when_nobody_waits_any_more() {
        let ((go, gone), (done, end)) = (oneshot::channel::<()>(), oneshot::channel());
        let work = async move {
            gone.await.expect("told to go on");
            done.send("done").expect("somebody looks");
        };
        let mut work = ToTheEnd::new(work, tenure());
        tokio::select! {
            biased;
            () = &mut work => panic!("it was not told to go on"),
            () = std::future::ready(()) => drop(work),
        }
        go.send(()).expect("it still runs");
        assert_eq!(end.await, Ok("done"));
    }

    #[tokio::test]
    async fn gives_what_the_work_gives() {
        assert_eq!(ToTheEnd::new(async { 5 }, tenure()).await, 5);
    }
}
