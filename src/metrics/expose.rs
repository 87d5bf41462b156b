//! `GET /metrics`, on an address of its own: it tells more than the callers of the API should know.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::prometheus_text;

use super::Metrics;
use crate::db::batch::ROOM;
use crate::state::AppState;

/// What is served where Prometheus asks: `GET /metrics`, and nothing else.
pub fn router(app: AppState) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

async fn metrics(State(app): State<AppState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], app.metrics.exposed(&app))
}

impl Metrics {
    /// Everything that is counted, as Prometheus reads it. Waits for nothing: what asks the database was
    /// [collected](super::collect) before.
    #[must_use]
    pub fn exposed(&self, app: &AppState) -> String {
        let Some(recorded) = &self.0 else { return String::new() };
        let measures = &recorded.measures;
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        measures.pool_connections_limit.set(app.db.most().into());
        measures.pool_connections.set(app.db.size().into());
        measures.pool_connections_idle.set(whole(app.db.num_idle()));
        measures.statement_queue_limit.set(whole(ROOM));
        let (admitted, most) = app.admission.taken();
        measures.requests_admitted.set(whole(admitted));
        measures.requests_admitted_limit.set(whole(most));
        app.new_checkout_sessions.note_queue();
        app.checkout_sessions.note_queue();
        recorded.process.read();
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = prometheus_text::encode(&mut text, &recorded.registry);
        text
    }

    /// The names of all metrics, each with its type.
    #[must_use]
    pub fn names() -> Vec<(&'static str, &'static str)> {
        [super::Measures::NAMES, super::Process::NAMES].concat()
    }
}
