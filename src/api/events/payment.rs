//! What an event tells of a payment.

use serde_json::{Value, json};

use crate::api::pages;
use crate::api::payments::{AdditionalData, KnownPayer, MethodDetail, Transaction};
use crate::db::{events, payments, transactions};
use crate::error::ApiError;
use crate::lifecycle::State;
use crate::state::AppState;
use crate::types::{EventId, EventKind, Link, OrganizationId, Timestamp, TransactionId, TransactionType};
use crate::webhooks::event;

/// The event of what a transaction has made of its payment. `rows` are all transactions of the payment.
///
/// # Errors
/// When what is kept cannot be read.
pub fn payment_event(
    app: &AppState,
    organization: OrganizationId,
    payment: &payments::Row,
    rows: &[transactions::Row],
    transaction: TransactionId,
    now: Timestamp,
) -> Result<events::Row, ApiError> {
    let moved = rows.iter().find(|row| row.transaction_id == transaction);
    let moved = moved.ok_or_else(|| anyhow::anyhow!("an event without its transaction"))?;
    let kind = match moved.r#type {
        TransactionType::Purchase | TransactionType::ThreeDSecure => EventKind::Purchase,
        TransactionType::Authorize => EventKind::Authorize,
        TransactionType::Verify => EventKind::Verify,
        TransactionType::Capture => EventKind::Capture,
        TransactionType::Cancel => EventKind::Cancel,
        TransactionType::Refund => EventKind::Refund,
        TransactionType::Chargeback => EventKind::Chargeback,
    };
    let holder_of = |transaction: String| {
        format!("/payment/{transaction}/payment_method/payment_method_detail/card/card_data/holder_name")
    };
    let holders = (0..rows.len()).map(|at| holder_of(format!("transactions_history/{at}")));
    let personal: Vec<_> = ["/payment/customer_payer", "/payment/additional_data"]
        .map(str::to_owned)
        .into_iter()
        .chain([holder_of("transactions".to_owned())])
        .chain(holders)
        .collect();
    let personal: Vec<_> = personal.iter().map(String::as_str).collect();
    let data = |id| data(app, organization, payment, rows, moved, id);
    let mut event = event(kind, payment.account_id, payment.payment_id, payment.customer_id, now, data, &personal)?;
    let of_session = payment.checkout_session_id.is_some() && payment.return_url.is_some();
    event.callback_url = payment.callback_url.as_deref().filter(|_| of_session).and_then(callable);
    Ok(event)
}

/// The address of a session as it is notified; `None` when it leads into an app.
pub(super) fn callable(address: &str) -> Option<String> {
    let link = Link::from_loose(address).ok()?;
    crate::types::Endpoint::parse(link.as_str()).ok().map(crate::types::Endpoint::into_string)
}

fn data(
    app: &AppState,
    organization: OrganizationId,
    payment: &payments::Row,
    rows: &[transactions::Row],
    moved: &transactions::Row,
    id: EventId,
) -> Result<Value, ApiError> {
    let page = pages::of_payment(app, organization, payment);
    let transaction = |row: &transactions::Row| {
        let detail = MethodDetail::answered(payment, rows, page.clone())?;
        Ok::<_, ApiError>(transaction(&json!(Transaction::new(payment, row.clone(), detail))))
    };
    let nobody = json!({});
    let payer = payment.customer_payer.as_ref().map_or(&nobody, |payer| &payer.0);
    let mut payer = json!(KnownPayer::read(payer)?);
    if let Some(payer) = payer.as_object_mut() {
        payer.insert("third_party_session_id".to_owned(), Value::Null);
    }
    let more = payment.additional_data.as_ref().map(|data| AdditionalData::of(&data.0));
    let more = json!(more.unwrap_or_default());
    let state = State::new(payment.status, payment.sub_status);
    let as_sent = |kept: &Option<crate::db::AsSent>| kept.as_ref().map(|kept| kept.0.clone());
    let list = |kept: &Option<crate::db::AsSent>| as_sent(kept).unwrap_or_else(|| json!([]));
    let session = payment.checkout_session_id.map(|session| ("checkoutSession", session.to_string()));
    let callback_url =
        payment.callback_url.as_deref().and_then(|address| Link::from_loose(address).ok()?.for_return(session));
    Ok(json!({"payment": {
        "id": payment.payment_id,
        "account_id": payment.account_id,
        "description": payment.description,
        "country": payment.country,
        "status": payment.status,
        "sub_status": payment.sub_status,
        "order_id": payment.merchant_order_id,
        "merchant_order_id": payment.merchant_order_id,
        "created_at": payment.created_at,
        "updated_at": payment.updated_at,
        "idempotency_key": id,
        "amount": {
            "currency": payment.currency,
            "value": payment.amount,
            "refunded": payment.refunded,
            "captured": payment.captured,
            "currency_conversion": null,
        },
        "checkout": {
            "session": payment.checkout_session_id,
            "sdk_action_required": payment.checkout_session_id.is_some() && state.waits_for_customer(),
        },
        "customer_payer": payer,
        "additional_data": {
            "order": more["order"],
            "airline": more["airline"],
            "seller_details": more["seller_details"],
            "transportations": more["transportations"],
        },
        "transactions": transaction(moved)?,
        "transactions_history": rows.iter().map(transaction).collect::<Result<Vec<_>, _>>()?,
        "callback_url": callback_url,
        "workflow": payment.workflow,
        "split": list(&payment.split_marketplace),
        "payment_link_code": "",
        "subscription_id": null,
        "fraud_screening": null,
        "metadata": list(&payment.metadata),
        "routing_rules": {"condition": {"id": null, "name": null, "description": null}},
        "code": payment.payment_id,
        "organization_code": organization,
        "account_code": payment.account_id,
        "split_marketplace": list(&payment.split_marketplace),
        "subscription": as_sent(&payment.subscription),
    }}))
}

/// A transaction as events tell it: what answers tell, under the names and in the order of events.
fn transaction(told: &Value) -> Value {
    let method = &told["payment_method"];
    let mut detail = method["detail"].clone();
    // What events alone have, and what they say otherwise of what is not known.
    if let Some(card) = detail.get_mut("card").and_then(Value::as_object_mut) {
        // Under a name of their own.
        let part = card.get("installment_amount").cloned();
        card.insert("installments_amount".to_owned(), part.unwrap_or_default());
        for field in ["first_installment_deferral", "installments_type"] {
            let value = card.entry(field).or_insert(Value::Null);
            if *value == 0 || *value == "" {
                *value = Value::Null;
            }
        }
        if let Some(data) = card.get_mut("card_data").and_then(Value::as_object_mut) {
            data.insert("network_token".to_owned(), Value::Null);
        }
    }
    let or_null = |text: &Value| if text == "" { Value::Null } else { text.clone() };
    let mut provider_data = told["provider_data"].clone();
    provider_data["status_detail"] = or_null(&provider_data["status_detail"]);
    json!({
        "id": told["id"],
        "type": told["type"],
        "status": told["status"],
        "category": told["category"],
        "amount": told["amount"],
        "provider_id": told["provider_id"],
        "response_code": told["response_code"],
        "merchant_reference": told["merchant_reference"],
        "response_message": told["response_message"],
        "reason": told["reason"],
        "description": told["description"],
        "created_at": told["created_at"],
        "updated_at": told["updated_at"],
        "payment_method": {
            "token": or_null(&method["token"]),
            "type": method["type"],
            "vaulted_token": or_null(&method["vaulted_token"]),
            "vault_on_success": method["vault_on_success"],
            "parent_payment_method_type": method["parent_payment_method_type"],
            "payment_method_detail": {
                "card": detail["card"],
                "wallet": detail["wallet"],
                "bnpl": detail["bnpl"],
                "bank_transfer": detail["bank_transfer"],
                "ticket": detail["ticket"],
                "payment_link": detail["payment_link"],
            },
        },
        "provider": {"provider_transaction_id": told["provider_data"]["transaction_id"]},
        "provider_data": provider_data,
        "connection_data": {"id": told["connection_data"]["id"], "name": told["connection_data"]["name"]},
        "simplified_mode": false,
        "third_party_session_id": null,
    })
}
