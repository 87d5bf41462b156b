//! `GET /v1/testing/log`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::testing::testing;
use crate::error::ApiError;
use crate::input::{Count, QueryOf, input};
use crate::state::AppState;
use crate::testing::log::{Entry, MOST};
use crate::types::Timestamp;

input! {
    /// Which requests.
    pub struct ListTestLog {
        /// How many.
        optional limit: Count<1, 100>,
    }
}

/// A request with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedRequest {
    /// When it came, by the organization's time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Its method.
    method: String,
    /// Its path with the query, as it was sent.
    path: String,
    /// The template of the path.
    route: String,
    /// The headers that say something, none with a secret.
    headers: BTreeMap<String, String>,
    /// Whether the secret key came with it.
    with_secret: bool,
    /// Its body, as it was sent, without card data and secrets; `null` without one. Of a long one a text: its beginning.
    #[schema(value_type = Value, required)]
    body: Value,
    /// The status of the answer.
    status: u16,
    /// The answer's body, in the same way.
    #[schema(value_type = Value, required)]
    answer: Value,
    /// How long it took, in milliseconds.
    milliseconds: f64,
    /// The fault that was asked for: `ANSWERED`, `DELAYED` or `CUT_OFF`.
    #[schema(required)]
    fault: Option<&'static str>,
}

impl From<Entry> for LoggedRequest {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at,
            method: entry.method,
            path: entry.path,
            route: entry.route,
            headers: entry.headers.into_iter().collect(),
            with_secret: entry.with_secret,
            body: entry.body,
            status: entry.status,
            answer: entry.answer,
            milliseconds: entry.milliseconds,
            fault: entry.fault,
        }
    }
}

refusals!();

/// List the last requests
///
/// The organization's last 100 with their answers, oldest first: what a client really sends. Those of the public key alone
/// too; not those under `/v1/testing`, nor any with a wrong key. Card data and secrets are in none of them.
#[utoipa::path(
    get,
    path = "/v1/testing/log",
    tag = "testing",
    params(("limit" = Option<i64>, Query, description = "How many of the newest, from 1 to 100; 100 when not sent.")),
    responses(
        (status = 200, description = "The requests.", body = [LoggedRequest], example = json!([{
            "at": "2026-01-15T12:00:00.000000Z",
            "method": "GET",
            "path": "/v1/payments/01980f2e-7a6b-7c4d-8e5f-0123456789ac",
            "route": "/v1/payments/{payment_id}",
            "headers": {"user-agent": "node"},
            "with_secret": true,
            "body": null,
            "status": 400,
            "answer": {"code": "PAYMENT_NOT_FOUND", "messages": ["Payment not found."]},
            "milliseconds": 1.2,
            "fault": null,
        }])),
        Refusals,
    ),
)]
pub async fn list_test_log(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListTestLog>,
) -> Result<Json<Vec<LoggedRequest>>, ApiError> {
    let limit = query.limit.map_or(MOST, |Count(limit)| usize::try_from(limit).unwrap_or(MOST));
    let entries = testing(&app)?.log().list(merchant.organization, limit);
    Ok(Json(entries.into_iter().map(Into::into).collect()))
}
