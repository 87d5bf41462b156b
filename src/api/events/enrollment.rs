//! What an event tells of a payment method that was enrolled, or is not any more.

use serde_json::{Value, json};

use super::payment::callable;
use crate::api::cards::EnrolledCard;
use crate::api::payment_methods::name_of;
use crate::catalog::CATALOG;
use crate::db::{Connection, events, payment_methods};
use crate::error::ApiError;
use crate::types::{EnrollmentStatus, EventId, EventKind, OrganizationId, Timestamp};
use crate::webhooks::event;

/// Writes the event of what a payment method has become, in the transaction in which it did.
///
/// # Errors
/// When the database refuses.
pub async fn record_enrollment(
    connection: &mut Connection,
    organization: OrganizationId,
    method: &payment_methods::Row,
    now: Timestamp,
) -> Result<(), ApiError> {
    let kind = match method.status {
        EnrollmentStatus::Enrolled => EventKind::Enroll,
        EnrollmentStatus::Unenrolled => EventKind::Unenroll,
        // Nothing is enrolled, and nothing was.
        _ => return Ok(()),
    };
    let (account, id, customer) = (method.account_id, method.payment_method_id, method.customer_id);
    let data = |event| Ok::<_, ApiError>(data(method, now, event));
    let personal = ["/payment_method/detail/card", "/payment_method/name", "/payment_method/description"];
    let mut event = event(kind, account, id, Some(customer), now, data, &personal)?;
    let of_session = method.customer_session_id.is_some() && method.return_url.is_some();
    event.callback_url = method.callback_url.as_deref().filter(|_| of_session).and_then(callable);
    Ok(events::insert(connection, organization, &event).await?)
}

fn data(method: &payment_methods::Row, now: Timestamp, event: EventId) -> Value {
    let name = name_of(method);
    json!({"payment_method": {
        "id": method.payment_method_id,
        "account_id": method.account_id,
        "name": name,
        "description": name,
        "type": method.payment_method_type,
        "category": CATALOG.method(&method.payment_method_type).map_or("TICKET", |known| known.category.as_str()),
        "country": method.country,
        "status": method.status,
        "customer_id": method.customer_id,
        "created_at": method.created_at,
        "updated_at": now,
        "enrollment": {"session": method.customer_session_id, "sdk_action_required": false},
        "verify": {
            "vault_on_success": method.verify_vault_on_success,
            "currency": method.verify_currency,
            "payment": method.verify_payment_id,
        },
        "detail": {"card": card(method, now)},
        "idempotency_key": event,
    }})
}

fn card(method: &payment_methods::Row, now: Timestamp) -> Value {
    let Some(kept) = &method.card else { return Value::Null };
    let told = json!(EnrolledCard::new(kept, method.country.as_str(), true));
    json!({
        "holder_name": told["holder_name"],
        "expiration_month": told["expiration_month"],
        "expiration_year": told["expiration_year"],
        "iin": told["iin"],
        "lfd": told["lfd"],
        "security_code_length": told["security_code_length"],
        "number_length": told["number_length"],
        "brand": told["brand"],
        "issuer_name": told["issuer_name"],
        "issuer_code": told["issuer_code"],
        "type": told["type"],
        "category": told["category"],
        "country_code": told["country_code"],
        "country_name": method.country.name(),
        "fingerprint_code": told["fingerprint"],
        "created_at": method.created_at,
        "updated_at": now,
    })
}
