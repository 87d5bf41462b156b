//! `GET /v1/events`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::webhooks::{Delivery, example_delivery};
use crate::db::{deliveries, events};
use crate::error::ApiError;
use crate::input::{Count, QueryOf, input};
use crate::state::AppState;
use crate::types::{EventId, Timestamp};
use crate::webhooks::{body, dispatch};

/// Deliveries that a page shows at most: a hundred events to fifty webhooks each, and as many that were sent again.
const MAX_DELIVERIES: i64 = 10_000;

input! {
    /// Which events.
    pub struct ListEvents {
        /// The place after which they come.
        optional after: Count<0, 9_007_199_254_740_991>,
        /// How many.
        optional limit: Count<1, 100>,
    }
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    /// The events, in the order in which they were committed.
    events: Vec<Event>,
    /// What `after` is for the next page: the place of the last event of this one.
    next_after: i64,
    /// The place of the organization's last event.
    latest: i64,
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Its id: the `idempotency_key` of its body.
    #[schema(value_type = String, format = Uuid)]
    id: EventId,
    /// Its place among those of the organization: 1, 2, 3 and so on.
    position: i64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What a receiver gets with the first try.
    #[schema(schema_with = body_schema)]
    body: Value,
    /// To whom it goes, and how that stands.
    deliveries: Vec<Delivery>,
}

/// What every body has; what is in `data` depends on the type.
fn body_schema() -> Object {
    let of_type = |kind| ObjectBuilder::new().schema_type(kind);
    let account = of_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    [
        ("type", of_type(Type::String).description(Some("`payment`, `enrollment` or `checkout_session`."))),
        ("type_event", of_type(Type::String).description(Some("What happened, such as `payment.purchase`."))),
        ("account_id", account.description(Some("The account in which it happened."))),
        ("retry", of_type(Type::Integer).description(Some("The number of the try: 0 is the first."))),
        ("version", of_type(Type::Integer).description(Some("That of the body: 2."))),
        (
            "data",
            of_type(Type::Object).description(Some("By its type: the payment, payment method or checkout session.")),
        ),
    ]
    .into_iter()
    .fold(
        of_type(Type::Object).description(Some("What a receiver gets with the first try.")),
        |body, (name, schema)| body.property(name, schema).required(name),
    )
    .build()
}

refusals!();

/// List events
///
/// Everything of the last 30 days, whether or not a webhook asked for it (of checkout sessions only what one asks for),
/// in the order in which it was committed: who goes on `after` the last place that was read misses nothing. This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "webhooks",
    params(
        ("after" = Option<i64>, Query, description = "The place after which they come; 0 when not sent."),
        ("limit" = Option<i64>, Query, description = "How many, from 1 to 100; 50 when not sent."),
    ),
    responses(
        (status = 200, description = "The events.", body = Events, example = json!({
            "events": [{
                "id": "01980f2e-7a6b-7c4d-8e5f-0123456789d0",
                "position": 12,
                "created_at": "2026-01-15T12:05:00.000000Z",
                "body": {
                    "type": "payment",
                    "type_event": "payment.purchase",
                    "account_id": "00000000-0000-4000-8000-000000000001",
                    "retry": 0,
                    "version": 2,
                    "data": {"payment": {"id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac", "status": "SUCCEEDED"}},
                },
                "deliveries": [example_delivery()],
            }],
            "next_after": 12,
            "latest": 12,
        })),
        Refusals,
    ),
)]
pub async fn list_events(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<ListEvents>,
) -> Result<Json<Events>, ApiError> {
    let organization = merchant.organization;
    let after = query.after.map_or(0, |Count(after)| after);
    let limit = query.limit.map_or(50, |Count(limit)| limit);
    // What is committed has its place in this answer.
    dispatch(&app.db, organization, app.clock.now(organization), true).await?;
    app.webhooks.wake(organization);
    let connection = &mut *app.db.acquire().await?;
    let rows = events::list_after(connection, organization, after, limit).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.event_id).collect();
    let mut sent = deliveries::list_of_events(connection, organization, &ids, MAX_DELIVERIES).await?;
    let latest = events::last_position(connection, organization).await?;
    let next_after = rows.last().and_then(|row| row.position).unwrap_or(after);
    let told = rows.into_iter().map(|row| Event {
        id: row.event_id,
        position: row.position.unwrap_or_default(),
        created_at: row.created_at,
        body: body(&row, 0),
        deliveries: sent.extract_if(.., |delivery| delivery.event_id == row.event_id).map(Into::into).collect(),
    });
    Ok(Json(Events { events: told.collect(), next_after, latest }))
}
