//! `POST /v1/customers`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use sqlx::types::Json;

use super::{CreateCustomer, Customer, UpdateCustomer};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::db::{AsSent, customers};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::Body;
use crate::state::AppState;
use crate::types::CustomerId;

refusals!(ApiError::CustomerIdDuplicated);

/// Create a customer
///
/// A customer must exist before a session can name it or a payment method can be enrolled.
#[utoipa::path(
    post,
    path = "/v1/customers",
    tag = "customers",
    params(IdempotencyKey),
    request_body(content = CreateCustomer, example = json!({
        "merchant_customer_id": "customer-1001",
        "first_name": "Ana",
        "last_name": "Souza",
        "email": "ana.souza@example.com",
        "country": "BR",
        "document": {"document_type": "CPF", "document_number": "12345678909"},
        "phone": {"country_code": "55", "number": "11987654321"},
        "metadata": [{"key": "segment", "value": "gold"}],
    })),
    responses((status = 201, description = "The customer.", body = Customer, example = json!(super::example())), Refusals),
)]
pub async fn create_customer(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, sha256 }: Body<CreateCustomer>,
) -> Result<Response, ApiError> {
    let organization = merchant.organization;
    let mut work = match begin(&app, organization, "create_customer", key, sha256, OtherBody::Ignored).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    let now = app.clock.now(organization);
    let merchant_customer_id = new.merchant_customer_id.as_str().to_owned();
    let metadata = new.metadata.as_ref().map(|metadata| AsSent(json!(metadata)));
    let customer = customers::Row {
        customer_id: CustomerId::new(now),
        merchant_customer_id,
        details: Json(UpdateCustomer::from(new).details()?),
        metadata,
        created_at: now,
        updated_at: now,
    };
    customers::insert(work.connection(), organization, &customer)
        .await
        .on_constraint("customers_merchant_customer_id_key", ApiError::CustomerIdDuplicated)?;

    let customer = Customer::try_from(customer)?;
    work.about(customer.id).answer(StatusCode::CREATED, &customer).await
}
