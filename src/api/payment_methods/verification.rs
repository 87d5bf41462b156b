//! Verifying a card before it is enrolled: with a payment of nothing.

use serde_json::json;
use sqlx::types::Json;

use crate::api::payments::{CardDetail, MethodDetail, route};
use crate::api::settlement::longest_flight;
use crate::availability::{self, Situation};
use crate::db::payment_methods::Row;
use crate::db::{AsSent, Connection, connections, payment_methods, payments, transactions};
use crate::error::ApiError;
use crate::types::{
    Amount, Currency, OrganizationId, PageId, PaymentId, PaymentStatus, PaymentSubStatus, Timestamp, TransactionId,
    TransactionType, Workflow,
};

/// The currency of nothing, where the merchant did not say one.
const CURRENCY: &str = "USD";

/// The connection that serves a type where a method is enrolled.
pub async fn enrolling_route(
    connection: &mut Connection,
    organization: OrganizationId,
    method: &Row,
) -> Result<Option<availability::Connection>, ApiError> {
    let situation = Situation { country: method.country, purchase: None };
    let connections = connections::list(connection, organization, Some(method.account_id)).await?;
    let connections: Vec<availability::Connection> = connections.into_iter().map(Into::into).collect();
    Ok(route(&connections, &situation, &method.payment_method_type).cloned())
}

/// Puts the payment of nothing in flight that verifies a method. A gateway is to be asked about it.
pub async fn begin_verification(
    connection: &mut Connection,
    organization: OrganizationId,
    method: &mut Row,
    now: Timestamp,
) -> Result<(payments::Row, transactions::Row), ApiError> {
    let route = enrolling_route(connection, organization, method).await?;
    let route = route.ok_or_else(|| ApiError::UnavailablePaymentMethod(method.payment_method_type.clone()))?;
    let currency = match method.verify_currency {
        Some(currency) => currency,
        None => Currency::parse(CURRENCY).map_err(anyhow::Error::msg)?,
    };
    let (payment_id, transaction_id) = (PaymentId::new(now), TransactionId::new(now));
    let merchant_order_id = format!("VERIFY_CARD_{}", method.vaulted_token);
    let detail = MethodDetail {
        card: Some(CardDetail { verify: true, installments: 1, ..CardDetail::default() }),
        ..MethodDetail::default()
    };
    let payment = payments::Row {
        payment_id,
        account_id: method.account_id,
        checkout_session_id: None,
        customer_id: Some(method.customer_id),
        merchant_order_id: merchant_order_id.clone(),
        merchant_reference: None,
        description: "VERIFY CARD".to_owned(),
        country: method.country,
        currency,
        amount: Amount::ZERO,
        paid: Amount::ZERO,
        captured: Amount::ZERO,
        refunded: Amount::ZERO,
        status: PaymentStatus::Created,
        sub_status: PaymentSubStatus::Created,
        workflow: Workflow::Direct,
        payment_method_type: method.payment_method_type.clone(),
        provider_id: route.provider_id,
        connection_id: Some(route.connection_id),
        token_id: None,
        vaulted_token: None,
        vault_on_success: false,
        card: method.card.as_ref().map(|card| Json(card.0.clone())),
        detail: AsSent(json!(detail)),
        callback_url: method.callback_url.clone(),
        return_url: method.return_address(),
        metadata: method.verify_metadata.clone(),
        customer_payer: None,
        additional_data: None,
        split_marketplace: None,
        subscription: None,
        idempotency_key: None,
        in_flight: Some(transaction_id),
        page_id: Some(PageId::new(now)),
        due_at: Some(now.plus(longest_flight())),
        created_at: now,
        updated_at: now,
    };
    let r#type = TransactionType::Verify;
    let transaction = transactions::Row {
        merchant_reference: Some(merchant_order_id),
        description: Some(payment.description.clone()),
        ..transactions::Row::new(transaction_id, payment_id, transactions::MAIN_POSITION, r#type, Amount::ZERO, now)
    };
    payments::insert(connection, organization, &payment).await?;
    transactions::insert(connection, organization, &transaction).await?;
    method.verify_payment_id = Some(payment_id);
    payment_methods::update(connection, organization, method, now).await?;
    Ok((payment, transaction))
}
