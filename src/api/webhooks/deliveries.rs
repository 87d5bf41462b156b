//! `GET /v1/webhooks/{webhook_id}/deliveries`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::{deliveries, webhooks};
use crate::error::ApiError;
use crate::input::{Count, PathParameter, QueryOf, input};
use crate::state::AppState;
use crate::types::{DeliveryId, DeliveryStatus, EventId, Timestamp, WebhookId};

input! {
    /// Which deliveries.
    pub struct ListDeliveries {
        /// Only those that stand so.
        optional status: DeliveryStatus,
        /// Only those that come after this one in the list.
        optional before: DeliveryId,
        /// How many.
        optional limit: Count<1, 100>,
    }
}

/// A delivery of an event to a webhook, or to the `callback_url` of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: DeliveryId,
    /// What is delivered.
    #[schema(value_type = String, format = Uuid)]
    event_id: EventId,
    /// The event's place among those of the organization.
    position: i64,
    /// To which webhook; `null` when it goes to a session's `callback_url`.
    #[schema(value_type = Option<String>, required)]
    webhook_id: Option<WebhookId>,
    /// To which `callback_url`; `null` when it goes to a webhook.
    #[schema(required)]
    callback_url: Option<String>,
    /// `PENDING`, `DELIVERED`, `FAILED` or, when its webhook was deleted, `CANCELED`.
    #[schema(value_type = String)]
    status: DeliveryStatus,
    /// How often it was tried, of seven times.
    tries: i16,
    /// When it was first tried.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    first_tried_at: Option<Timestamp>,
    /// When it was last tried.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_tried_at: Option<Timestamp>,
    /// When it is tried next; `null` when it is over, while it is being tried, and while it waits for an earlier event
    /// of the same payment, method or session.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    next_try_at: Option<Timestamp>,
    /// The status that the receiver answered with last; only 200 counts as delivered.
    #[schema(required)]
    answer_status: Option<i16>,
    /// The first 2,048 bytes of what it answered.
    #[schema(required)]
    answer_body: Option<String>,
    /// Why there was no answer.
    #[schema(required)]
    problem: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<deliveries::Row> for Delivery {
    fn from(row: deliveries::Row) -> Self {
        Self {
            id: row.delivery_id,
            event_id: row.event_id,
            position: row.position,
            webhook_id: row.webhook_id,
            callback_url: row.callback_url,
            status: row.status,
            tries: row.tries,
            first_tried_at: row.first_tried_at,
            last_tried_at: row.last_tried_at,
            next_try_at: row.due_at.filter(|_| row.leased_until.is_none()),
            answer_status: row.answer_status,
            answer_body: row.answer_body,
            problem: row.problem,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

refusals!(ApiError::WebhookNotFound);

/// List the deliveries of a webhook
///
/// Newest first, of the last 30 days; the next page begins `before` the last one of this. This server's own; the
/// published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{webhook_id}/deliveries",
    tag = "webhooks",
    params(
        ("webhook_id" = String, Path, description = "Id of the webhook."),
        ("status" = Option<String>, Query, description = "Only those that are `PENDING`, `DELIVERED`, `FAILED` or `CANCELED`."),
        ("before" = Option<String>, Query, description = "Id of a delivery: only those that come after it in the list."),
        ("limit" = Option<i64>, Query, description = "How many, from 1 to 100; 50 when not sent."),
    ),
    responses(
        (status = 200, description = "The deliveries.", body = [Delivery], example = json!([example_delivery()])),
        Refusals,
    ),
)]
pub async fn list_webhook_deliveries(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    QueryOf(query): QueryOf<ListDeliveries>,
) -> Result<Json<Vec<Delivery>>, ApiError> {
    let organization = merchant.organization;
    let id = WebhookId::parse(&id).map_err(|_| ApiError::WebhookNotFound)?;
    let connection = &mut *app.db.acquire().await?;
    webhooks::find(connection, organization, None, id).await?.ok_or(ApiError::WebhookNotFound)?;
    let limit = query.limit.map_or(50, |Count(limit)| limit);
    let rows = deliveries::list_of_webhook(connection, organization, id, query.before, query.status, limit).await?;
    Ok(Json(rows.into_iter().map(Into::into).collect()))
}

/// The delivery of the document's examples.
pub(in crate::api) fn example_delivery() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789d1",
        "event_id": "01980f2e-7a6b-7c4d-8e5f-0123456789d0",
        "position": 12,
        "webhook_id": "482190374655012",
        "callback_url": null,
        "status": "PENDING",
        "tries": 1,
        "first_tried_at": "2026-01-15T12:05:00.000000Z",
        "last_tried_at": "2026-01-15T12:05:00.000000Z",
        "next_try_at": "2026-01-15T12:10:00.000000Z",
        "answer_status": 500,
        "answer_body": "out of order",
        "problem": null,
        "created_at": "2026-01-15T12:05:00.000000Z",
        "updated_at": "2026-01-15T12:05:00.000000Z",
    })
}
