//! Captures, cancellations and refunds as they are sent, and the transaction with the payment in short that answers.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{AdditionalData, PaymentAmount, ProviderData, category, example_provider_data};
use crate::db::{payments, transactions};
use crate::gateway;
use crate::input::{Anything, At, Input, Problems, input};
use crate::types::{
    AccountId, Amount, Country, Currency, PaymentId, PaymentStatus, PaymentSubStatus, Text, Timestamp, TransactionId,
    TransactionType,
};

pub(super) type Reference = Text<3, 255>;

input! {
    /// How much of a payment.
    #[derive(Copy)]
    pub struct PartialAmount {
        /// ISO 4217 code: the payment's.
        required currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one.
        required value: Amount,
    }
}

input! {
    /// How much of a payment to give back.
    #[derive(Copy)]
    pub struct RefundAmount {
        /// ISO 4217 code: the payment's, also when not sent.
        optional currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one. All that is left when
        /// not sent.
        optional value: Amount,
    }
}

input! {
    /// What the answer is to have besides: nothing of it is used.
    pub struct ResponseAdditionalData {
        /// Not used.
        optional receipt: bool,
        /// Not used.
        optional receipt_language: Text<0, 2>,
        /// Not used.
        optional transactions_history: bool,
        /// Not used.
        optional raw_response: bool,
    }
}

input! {
    /// What to capture.
    pub struct CapturePayment {
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// How much; all that is left when not sent.
        optional amount: PartialAmount,
        /// Why: `PRODUCT_CONFIRMED` or `REQUESTED_BY_CUSTOMER`.
        required reason: CaptureReason,
        /// What the merchant writes on it.
        optional description: Reference,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// Order, airline and other data: not used.
        optional additional_data: Anything,
    }
}

input! {
    /// Why to cancel.
    pub struct CancelPayment {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to give back.
    pub struct RefundPayment {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference.
        required merchant_reference: Reference,
        /// How much; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to cancel or give back.
    pub struct CancelOrRefund {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        required reason: Reason,
        /// The merchant's reference; that of the order when not sent.
        optional merchant_reference: Reference,
        /// How much to give back; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

input! {
    /// What to cancel or give back of a transaction.
    pub struct CancelOrRefundTransaction {
        /// What the merchant writes on it.
        optional description: Reference,
        /// Why.
        optional reason: Reason,
        /// The merchant's reference; that of the order when not sent.
        optional merchant_reference: Reference,
        /// How much to give back; all that is left when not sent.
        optional amount: RefundAmount,
        /// Whether to try again. Nothing fails here that could be tried again.
        optional simplified_mode: bool,
        /// What the answer is to have besides.
        optional response_additional_data: ResponseAdditionalData,
    }
}

/// Declares why a merchant asks for something.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident [$($text:literal),*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name(pub(super) &'static str);

        impl Input for $name {
            fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
                let known = [$($text),*].into_iter().find(|text| raw.as_str() == Some(text));
                if known.is_none() {
                    problems.wrong(at, concat!("must be one of", $(" ", $text),*));
                }
                known.map(Self)
            }

            fn schema() -> RefOr<Schema> {
                let texts = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($text),*]));
                RefOr::T(Schema::Object(texts.build()))
            }
        }
    };
}

reasons! {
    /// Why to capture.
    CaptureReason ["PRODUCT_CONFIRMED", "REQUESTED_BY_CUSTOMER"]
}

reasons! {
    /// Why to cancel or give back.
    Reason ["DUPLICATE", "FRAUDULENT", "REQUESTED_BY_CUSTOMER", "REVERSE"]
}

/// A transaction, and in short the payment that it moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovingTransaction {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: TransactionId,
    /// What it asked for.
    #[schema(value_type = String)]
    r#type: TransactionType,
    /// How it stands. Of a refund of everything, asked for by "cancel or refund", it is `REFUNDED`.
    status: String,
    /// The group of the method's type.
    category: String,
    /// How much it is about.
    amount: PaymentAmount,
    /// The merchant's reference.
    merchant_reference: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What the provider says.
    provider_data: ProviderData,
    /// Why it stands as it does.
    response_code: String,
    /// The same in words.
    response_message: String,
    /// The payment.
    payment: MovedPayment,
    /// Not used.
    #[schema(value_type = Option<Object>, required)]
    customer_payer: Option<Value>,
    /// Whether it is tried again. It is not.
    simplified_mode: bool,
    /// Not used.
    receipt: bool,
    /// Not used.
    #[schema(required)]
    receipt_url: Option<String>,
    /// Not used.
    #[schema(required)]
    receipt_language: Option<String>,
}

/// A payment in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedPayment {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PaymentId,
    /// The account that is paid.
    #[schema(value_type = String, format = Uuid)]
    account_id: AccountId,
    /// What is paid for.
    description: String,
    /// Where the customer pays.
    #[schema(value_type = String)]
    country: Country,
    /// How it stands, roughly.
    #[schema(value_type = String)]
    status: PaymentStatus,
    /// How it stands, exactly.
    #[schema(value_type = String)]
    sub_status: PaymentSubStatus,
    /// The merchant's id of the order.
    merchant_order_id: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What is paid.
    amount: PaymentAmount,
    /// Order, airline and other data.
    additional_data: AdditionalData,
    /// Who gets which part, as it was sent.
    #[schema(value_type = Vec<Object>)]
    split_marketplace: Value,
}

impl MovingTransaction {
    /// The transaction as it is answered; `everything` when it alone gave everything back.
    pub(super) fn new(payment: payments::Row, row: transactions::Row, everything: bool) -> Self {
        Self {
            id: row.transaction_id,
            r#type: row.r#type,
            status: if everything { "REFUNDED" } else { row.status.as_str() }.to_owned(),
            category: category(&payment),
            amount: PaymentAmount::of_transaction(&payment, row.amount),
            merchant_reference: row.merchant_reference.clone().unwrap_or_default(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            provider_data: ProviderData::of(&payment, &row),
            response_message: gateway::message(row.r#type, row.status, &row.response_code).to_owned(),
            response_code: row.response_code,
            payment: MovedPayment {
                id: payment.payment_id,
                account_id: payment.account_id,
                country: payment.country,
                status: payment.status,
                sub_status: payment.sub_status,
                created_at: payment.created_at,
                updated_at: payment.updated_at,
                amount: PaymentAmount::of(&payment),
                additional_data: payment.additional_data.map(|data| AdditionalData::of(&data.0)).unwrap_or_default(),
                split_marketplace: payment.split_marketplace.map_or_else(|| json!([]), |split| split.0),
                description: payment.description,
                merchant_order_id: payment.merchant_order_id,
            },
            customer_payer: None,
            simplified_mode: false,
            receipt: false,
            receipt_url: None,
            receipt_language: None,
        }
    }
}

/// The transaction of the document's examples.
pub(super) fn example_moving(r#type: &str, status: &str, sub_status: &str) -> Value {
    let amount = json!({"captured": 0, "currency": "BRL", "currency_conversion": null, "refunded": 0, "value": 259.9});
    let captured = if r#type == "CAPTURE" { 259.9 } else { 0.0 };
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ba",
        "type": r#type,
        "status": "SUCCEEDED",
        "category": "CARD",
        "amount": amount,
        "merchant_reference": "order-2001",
        "created_at": "2026-01-15T12:06:00.000000Z",
        "updated_at": "2026-01-15T12:06:00.000000Z",
        "provider_data": example_provider_data(),
        "response_code": "SUCCEEDED",
        "response_message": "Transaction successful",
        "payment": {
            "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ac",
            "account_id": "00000000-0000-4000-8000-000000000001",
            "description": "Running shoes",
            "country": "BR",
            "status": status,
            "sub_status": sub_status,
            "merchant_order_id": "order-2001",
            "created_at": "2026-01-15T12:05:00.000000Z",
            "updated_at": "2026-01-15T12:06:00.000000Z",
            "amount": {
                "captured": captured, "currency": "BRL", "currency_conversion": null, "refunded": 0, "value": 259.9,
            },
            "additional_data": {"airline": null, "transportations": null, "order": null, "seller_details": null},
            "split_marketplace": [],
        },
        "customer_payer": null,
        "simplified_mode": false,
        "receipt": false,
        "receipt_url": null,
        "receipt_language": null,
    })
}
