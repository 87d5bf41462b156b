//! `POST /v1/testing/payment-methods/{payment_method_id}/settle`

use axum::Json;
use axum::extract::State;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::payment_methods::{EnrolledPaymentMethod, example, told};
use crate::api::waiting::end_enrollment;
use crate::db::payment_methods;
use crate::error::ApiError;
use crate::input::{At, Body, Input, PathParameter, Problems, input};
use crate::state::AppState;
use crate::types::{EnrollmentStatus, PaymentMethodId};

/// How an enrollment ends that waits for its page.
#[derive(Clone, Copy)]
pub struct EnrollmentEnd(EnrollmentStatus);

impl Input for EnrollmentEnd {
    fn read(raw: &serde_json::Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let status = match raw.as_str() {
            Some("ENROLLED") => EnrollmentStatus::Enrolled,
            Some("DECLINED") => EnrollmentStatus::Declined,
            _ => {
                problems.wrong(at, "must be one of ENROLLED DECLINED");
                return None;
            }
        };
        Some(Self(status))
    }

    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ENROLLED", "DECLINED"]));
        RefOr::T(names.build().into())
    }
}

input! {
    /// How an enrollment ends.
    pub struct SettleTestPaymentMethod {
        /// `ENROLLED` when not sent, or `DECLINED`.
        optional status: EnrollmentEnd,
    }
}

refusals!(ApiError::PaymentMethodNotFound, ApiError::InvalidStatus("The payment method is ENROLLED.".into()));

/// End an enrollment that waits
///
/// As its customer would on the simulated provider's page. A card that an SDK has yet to send is completed by its session,
/// and one that is being verified ends with its payment.
#[utoipa::path(
    post,
    path = "/v1/testing/payment-methods/{payment_method_id}/settle",
    tag = "testing",
    params(("payment_method_id" = String, Path, description = "Id of the payment method.")),
    request_body(content = SettleTestPaymentMethod, example = json!({"status": "ENROLLED"})),
    responses(
        (status = 200, description = "The method.", body = EnrolledPaymentMethod, example = json!(example())),
        Refusals,
    ),
)]
pub async fn settle_test_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(id): PathParameter,
    Body { value: sent, .. }: Body<SettleTestPaymentMethod>,
) -> Result<Json<EnrolledPaymentMethod>, ApiError> {
    let organization = merchant.organization;
    let id = PaymentMethodId::parse(&id).map_err(|_| ApiError::PaymentMethodNotFound)?;
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    let method =
        payment_methods::lock(&mut database, organization, id).await?.ok_or(ApiError::PaymentMethodNotFound)?;
    let status = method.status(now);
    if status != EnrollmentStatus::ReadyToEnroll {
        return Err(ApiError::InvalidStatus(format!("The payment method is {}.", status.as_str())));
    }
    if method.verify_payment_id.is_some() {
        return Err(ApiError::InvalidStatus("The card is being verified.".to_owned()));
    }
    if method.page_id.is_none() && method.card.is_none() {
        return Err(ApiError::InvalidStatus("The card is not known yet.".to_owned()));
    }
    let end = sent.status.map_or(EnrollmentStatus::Enrolled, |EnrollmentEnd(status)| status);
    let method = end_enrollment(&mut database, organization, method, end, now).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    let connection = &mut *app.db.acquire().await?;
    Ok(Json(told(&app, connection, organization, method).await?))
}
