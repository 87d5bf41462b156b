//! `POST /v1/webhooks/deliveries/{delivery_id}/resend`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Delivery, example_delivery};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::deliveries::{self, Row};
use crate::db::{events, webhooks};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::{DeliveryId, DeliveryStatus, WebhookState};

/// Why nothing is sent.
const INACTIVE: &str = "The webhook is INACTIVE.";

refusals!(ApiError::DeliveryNotFound, ApiError::InvalidDeliveryStatus(INACTIVE));

/// Send an event once more
///
/// What is pending is tried now, as its next try; one that is over begins anew, as a delivery of its own that waits
/// for no other. The event and its key are the same. This server's own; the published API does not have it.
#[utoipa::path(
    post,
    path = "/v1/webhooks/deliveries/{delivery_id}/resend",
    tag = "webhooks",
    params(("delivery_id" = String, Path, description = "Id of the delivery.")),
    responses(
        (status = 202, description = "The delivery that is tried now.", body = Delivery, example = json!(example_delivery())),
        Refusals,
    ),
)]
pub async fn resend_delivery(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<(StatusCode, Json<Delivery>), ApiError> {
    let organization = merchant.organization;
    let id = DeliveryId::parse(&id).map_err(|_| ApiError::DeliveryNotFound)?;
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    // The event before its delivery, as who drops both does it.
    let event = deliveries::find(&mut database, organization, id).await?.ok_or(ApiError::DeliveryNotFound)?.event_id;
    events::hold(&mut database, organization, event).await?;
    let delivery = deliveries::lock(&mut database, organization, id).await?.ok_or(ApiError::DeliveryNotFound)?;
    if let Some(webhook) = delivery.webhook_id {
        let webhook = webhooks::find(&mut database, organization, None, webhook).await?;
        let webhook = webhook.ok_or(ApiError::DeliveryNotFound)?;
        if webhook.state == WebhookState::Inactive {
            return Err(ApiError::InvalidDeliveryStatus(INACTIVE));
        }
    }
    let sent = match (delivery.status, delivery.due_at) {
        (DeliveryStatus::Pending, None) => {
            return Err(ApiError::InvalidDeliveryStatus(
                "It waits for an earlier event of the same payment, method or session.",
            ));
        }
        // It is being tried, or about to be.
        (DeliveryStatus::Pending, Some(due_at)) if delivery.leased_until.is_some() || due_at <= now => delivery,
        (DeliveryStatus::Pending, Some(_)) => {
            deliveries::make_due(&mut database, organization, id, now).await?;
            Row { due_at: Some(now), updated_at: now, ..delivery }
        }
        _ => {
            let again = Row {
                delivery_id: DeliveryId::new(now),
                ordered: false,
                status: DeliveryStatus::Pending,
                tries: 0,
                first_tried_at: None,
                due_at: Some(now),
                leased_until: None,
                last_tried_at: None,
                answer_status: None,
                answer_body: None,
                problem: None,
                created_at: now,
                updated_at: now,
                ..delivery
            };
            deliveries::insert(&mut database, organization, std::slice::from_ref(&again)).await?;
            again
        }
    };
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok((StatusCode::ACCEPTED, Json(sent.into())))
}
