//! `/console/live`: tells an open page that something of its organization has come or moved. It asks the database, and
//! not this process, so that it does not matter which server did it.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::time::{Instant, sleep_until};

use super::sign_in::Operator;
use crate::db::console;
use crate::error::ApiError;
use crate::state::AppState;
use crate::streams::Stream;

/// How often the database is asked.
const PAUSE: Duration = Duration::from_secs(1);

/// How long one answer goes on. The browser asks again then, and may reach another server.
const LONGEST: Duration = Duration::from_secs(60);

/// How many of the newest sessions, payments, events and deliveries are looked at: as many as a page of a list has.
const NEWEST: i64 = 50;

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/console/live", get(live))
}

async fn live(State(app): State<AppState>, _: Operator, parts: Parts) -> Response {
    let Some(stream) = app.streams.open() else { return ApiError::Overloaded.into_response() };
    // Who comes back has seen what was told last.
    let seen = parts.headers.get("last-event-id").and_then(|seen| seen.to_str().ok()).map(str::to_owned);
    let next = Instant::now();
    let looking = Looking { app, parts, stream, seen, next, end: next + LONGEST };
    let events = stream::unfold(looking, |looking| Box::pin(looking.go_on()));
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Somebody who looks at a page.
struct Looking {
    app: AppState,
    /// The request: whether its cookie still stands for keys is asked again and again.
    parts: Parts,
    stream: Stream,
    /// What there was at the last look.
    seen: Option<String>,
    /// When the next look is.
    next: Instant,
    end: Instant,
}

impl Looking {
    /// Waits until there is something new; `None` when the answer is to end.
    async fn go_on(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.next < self.end {
            tokio::select! {
                biased;
                () = self.stream.over() => return None,
                () = sleep_until(self.next) => {}
            }
            self.next = Instant::now() + PAUSE;
            // Apart, so that it goes on to its end when the browser goes away.
            let look = tokio::spawn(look(self.app.clone(), self.parts.clone()));
            let now = tokio::select! {
                biased;
                () = self.stream.over() => return None,
                now = look => now.ok().flatten()?,
            };
            if self.seen.as_ref() != Some(&now) {
                let event = Event::default().event("changed").id(&now).retry(PAUSE).data("changed");
                self.seen = Some(now);
                return Some((Ok(event), self));
            }
        }
        None
    }
}

/// What there is now; `None` when nobody is signed in any more, or there is no database to ask: the page asks again.
async fn look(app: AppState, mut parts: Parts) -> Option<String> {
    let operator = Operator::of(&mut parts, &app).await.ok()?;
    let digest = async {
        let connection = &mut *app.db.acquire().await?;
        console::digest(connection, operator.organization(), NEWEST).await
    };
    app.db.tenure().bound(digest).await.ok()
}
