//! `POST /v1/customers/{customer_id}/payment-methods/{payment_method_id}/unenroll` and
//! `POST /v1/customers/payment-methods/{payment_method_id}/unenroll`

use axum::Json;
use axum::extract::State;

use super::{EnrolledPaymentMethod, existing_customer, told};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::events::record_enrollment;
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::db::payment_methods;
use crate::error::ApiError;
use crate::input::{PathParameter, PathParameters};
use crate::state::AppState;
use crate::types::{CustomerId, EnrollmentStatus, OrganizationId, PaymentMethodId};

refusals!(
    ApiError::CustomerNotFound,
    ApiError::PaymentMethodNotFound,
    ApiError::InvalidStatus("The payment method is UNENROLLED.".into()),
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Unenroll a payment method of a customer
///
/// It cannot be paid with any more. By its id or its `vaulted_token`.
#[utoipa::path(
    post,
    path = "/v1/customers/{customer_id}/payment-methods/{payment_method_id}/unenroll",
    tag = "payment methods",
    params(
        ("customer_id" = String, Path, description = "Id of the customer."),
        ("payment_method_id" = String, Path, description = "Id of the payment method, or its `vaulted_token`."),
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The method.", body = EnrolledPaymentMethod, example = json!(example())),
        Refusals,
    ),
)]
pub async fn unenroll_customer_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameters(customer, method): PathParameters,
    key: IdempotencyKey,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    unenroll(&app, merchant.organization, &key, Some(&customer), &method).await
}

/// Unenroll a payment method
///
/// It cannot be paid with any more. By its id or its `vaulted_token`.
#[utoipa::path(
    post,
    path = "/v1/customers/payment-methods/{payment_method_id}/unenroll",
    tag = "payment methods",
    params(
        ("payment_method_id" = String, Path, description = "Id of the payment method, or its `vaulted_token`."),
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The method.", body = EnrolledPaymentMethod, example = json!(example())),
        Refusals,
    ),
)]
pub async fn unenroll_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(method): PathParameter,
    key: IdempotencyKey,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    unenroll(&app, merchant.organization, &key, None, &method).await
}

async fn unenroll(
    app: &AppState,
    organization: OrganizationId,
    key: &IdempotencyKey,
    customer: Option<&str>,
    method: &str,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    let keyed = Keyed { app, organization, operation: "unenroll_payment_method", key };
    let id = keyed.use_up(unenrolled(&keyed, customer, method).await).await?;
    let connection = &mut *app.db.acquire().await?;
    let method = payment_methods::find(connection, organization, id).await?.ok_or(ApiError::PaymentMethodNotFound)?;
    Ok(Json(told(app, connection, organization, method).await?))
}

async fn unenrolled(keyed: &Keyed<'_>, customer: Option<&str>, method: &str) -> Result<PaymentMethodId, ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    if let Some(before) = keyed.claim(&mut database, now).await? {
        let before = PaymentMethodId::fixed(before.as_u128());
        let made = payment_methods::find(&mut database, organization, before).await?;
        let asked = |made: &payment_methods::Row| {
            let same = PaymentMethodId::parse(method)
                .is_ok_and(|id| [made.payment_method_id.number(), made.vaulted_token.number()].contains(&id.number()));
            same && customer.is_none_or(|customer| CustomerId::parse(customer) == Ok(made.customer_id))
        };
        // The key may have been used on another method.
        return match made.is_some_and(|made| asked(&made)) {
            true => Ok(before),
            false => Err(ApiError::IdempotencyDuplicated),
        };
    }
    let customer = match customer {
        Some(customer) => Some(existing_customer(&mut database, organization, customer).await?),
        None => None,
    };
    let id = PaymentMethodId::parse(method).map_err(|_| ApiError::PaymentMethodNotFound)?;
    let mut method = payment_methods::lock(&mut database, organization, id)
        .await?
        .filter(|method| customer.is_none_or(|customer| method.customer_id == customer))
        .ok_or(ApiError::PaymentMethodNotFound)?;
    let status = method.status(now);
    if !matches!(status, EnrollmentStatus::Enrolled | EnrollmentStatus::ReadyToEnroll) {
        return Err(ApiError::InvalidStatus(format!("The payment method is {}.", status.as_str())));
    }
    method.status = EnrollmentStatus::Unenrolled;
    method.provider_token = None;
    payment_methods::update(&mut database, organization, &method, now).await?;
    if status == EnrollmentStatus::Enrolled {
        record_enrollment(&mut database, organization, &method, now).await?;
    }
    keyed.keep(&mut database, method.payment_method_id.into()).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok(method.payment_method_id)
}

/// The payment method of the document's examples, unenrolled.
fn example() -> serde_json::Value {
    let mut method = super::example_ready();
    method["name"] = serde_json::json!("VISA ****0002");
    method["description"] = serde_json::json!("VISA ****0002");
    method["status"] = serde_json::json!("UNENROLLED");
    method["enrollment"]["sdk_required_action"] = serde_json::json!(false);
    method
}
