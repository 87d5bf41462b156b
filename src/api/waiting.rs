//! Ending what waits for a customer or a provider: a payment, a cardholder's authentication, an enrollment. The pages of
//! the simulated provider do it, and tests do.

use crate::api::events::record_enrollment;
use crate::api::settlement::{Recorded, main_transaction, record};
use crate::db::{Connection, payment_methods, payments};
use crate::error::ApiError;
use crate::gateway::Answer;
use crate::state::AppState;
use crate::types::{EnrollmentStatus, OrganizationId, Timestamp, VaultedToken};

/// Records what the customer or the provider has made of a payment that waits. It must be locked in the database
/// transaction; [wake](crate::webhooks::Webhooks::wake) the webhooks once that is committed.
///
/// # Errors
/// When the database refuses.
pub async fn end_payment(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    payment: payments::Row,
    answer: &Answer,
    now: Timestamp,
) -> Result<Recorded, ApiError> {
    let transaction = main_transaction(connection, organization, payment.payment_id).await?;
    record(app, connection, organization, payment, transaction, answer, now).await
}

/// Records what an enrollment has come to that waits; as with a payment.
///
/// # Errors
/// When the database refuses.
pub async fn end_enrollment(
    connection: &mut Connection,
    organization: OrganizationId,
    method: payment_methods::Row,
    status: EnrollmentStatus,
    now: Timestamp,
) -> Result<payment_methods::Row, ApiError> {
    let method = ended(method, status, now);
    payment_methods::update(connection, organization, &method, now).await?;
    record_enrollment(connection, organization, &method, now).await?;
    Ok(method)
}

/// A method whose enrollment has come to a status: one that has expired is that by the clock, as any is.
#[must_use]
pub fn ended(method: payment_methods::Row, status: EnrollmentStatus, now: Timestamp) -> payment_methods::Row {
    let (status, expires_at) = match status {
        EnrollmentStatus::Expired => (EnrollmentStatus::ReadyToEnroll, Some(now)),
        status => (status, method.expires_at),
    };
    let provider_token = (status == EnrollmentStatus::Enrolled).then(|| VaultedToken::new(now));
    payment_methods::Row { status, expires_at, provider_token, ..method }
}
