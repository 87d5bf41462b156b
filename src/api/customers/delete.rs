//! `DELETE /v1/customers/{customer_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::record_enrollment;
use crate::db::{checkout_sessions, customers, events, idempotency_keys, payment_methods, payments, tokens};
use crate::error::ApiError;
use crate::input::PathParameter;
use crate::state::AppState;
use crate::types::CustomerId;

refusals!(ApiError::CustomerNotFound);

/// Delete a customer
///
/// Personal data and enrolled payment methods are gone when this answers. The ids stay taken, and sessions and payments
/// that name the customer stay readable.
#[utoipa::path(
    delete,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    params(("customer_id" = String, Path, description = "Id of the customer.")),
    responses((status = 202, description = "Deleted; no body."), Refusals),
)]
pub async fn delete_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
) -> Result<StatusCode, ApiError> {
    let id = CustomerId::parse(&id).map_err(|_| ApiError::CustomerNotFound)?;
    let organization = merchant.organization;
    let mut transaction = app.db.begin().await?;
    let now = app.clock.now(organization);
    if !customers::delete(&mut transaction, organization, id, now).await? {
        return Err(ApiError::CustomerNotFound);
    }
    // In the order in which a payment that comes to its end moves them, so that neither waits for the other.
    payments::forget_payer(&mut transaction, organization, id).await?;
    payment_methods::lock_all(&mut transaction, organization, id).await?;
    let unenrolled = payment_methods::unenroll_all(&mut transaction, organization, id, now).await?;
    payment_methods::forget_unenrolled(&mut transaction, organization, id, now).await?;
    checkout_sessions::forget_payer(&mut transaction, organization, id).await?;
    tokens::delete_of_customer(&mut transaction, organization, id).await?;
    idempotency_keys::delete_of_customer(&mut transaction, organization, id).await?;
    // No event is given its place meanwhile: who does that takes events and deliveries in another order.
    events::lock_last_position(&mut transaction, organization, true).await?;
    events::forget_customer(&mut transaction, organization, id).await?;
    for method in unenrolled {
        record_enrollment(&mut transaction, organization, &method, now).await?;
    }
    transaction.commit().await?;
    app.webhooks.wake(organization);
    Ok(StatusCode::ACCEPTED)
}
