//! Customers: who pays, known to the merchant by an id of its own.

mod create;
mod delete;
mod find;
mod retrieve;
mod update;

pub use create::*;
pub use delete::*;
pub use find::*;
pub use retrieve::*;
pub use update::*;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db;
use crate::error::ApiError;
use crate::input::input;
use crate::types::{Country, CustomerId, Date, Email, Metadata, Text, Timestamp};

type MerchantCustomerId = Text<1, 255>;
type Line = Text<1, 255>;

input! {
    /// A customer to create.
    pub struct CreateCustomer / /// What to change of a customer: only what is sent changes.
    UpdateCustomer {
        /// The merchant's own id of the customer, unique in the organization. It stays taken when the customer is
        /// deleted.
        required merchant_customer_id: MerchantCustomerId,
        /// When the customer registered with the merchant.
        optional merchant_customer_created_at: Timestamp,
        /// First name.
        optional first_name: Line,
        /// Last name.
        optional last_name: Line,
        /// Gender, in the merchant's words.
        optional gender: Line,
        /// Day of birth.
        optional date_of_birth: Date,
        /// E-mail address.
        optional email: Email,
        /// Country of nationality.
        optional nationality: Country,
        /// Country of residence.
        optional country: Country,
        /// Identity document.
        optional document: CustomerDocument,
        /// Phone.
        optional phone: CustomerPhone,
        /// Where bills go.
        optional billing_address: CustomerAddress,
        /// Where goods go.
        optional shipping_address: CustomerAddress,
        /// The merchant's own entries.
        optional metadata: Metadata,
    }
}

input! {
    /// An identity document.
    #[derive(Serialize)]
    pub struct CustomerDocument {
        /// Its kind, such as CPF.
        optional document_type: Text<2, 6>,
        /// Its number.
        required document_number: Text<3, 40>,
    }
}

input! {
    /// A phone.
    #[derive(Serialize)]
    pub struct CustomerPhone {
        /// The number.
        required number: Text<1, 40>,
        /// The country's calling code.
        required country_code: Text<1, 4>,
    }
}

input! {
    /// An address.
    #[derive(Serialize)]
    pub struct CustomerAddress {
        /// Street and number.
        required address_line_1: Text<3, 255>,
        /// Flat, floor and the like.
        optional address_line_2: Text<3, 255>,
        /// Number of the building.
        optional building_number_1: Line,
        /// Second number of the building.
        optional building_number_2: Line,
        /// City.
        required city: Text<3, 255>,
        /// Country.
        required country: Country,
        /// State or province.
        optional state: Line,
        /// Postal code.
        optional zip_code: Text<4, 11>,
        /// Neighborhood.
        optional neighborhood: Line,
    }
}

impl UpdateCustomer {
    /// The fields that were sent and are kept by name, beside the merchant's id and the metadata.
    fn details(&self) -> Result<Value, ApiError> {
        let sent = serde_json::json!({
            "merchant_customer_created_at": self.merchant_customer_created_at,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "gender": self.gender,
            "date_of_birth": self.date_of_birth,
            "email": self.email,
            "nationality": self.nationality,
            "country": self.country,
            "document": self.document,
            "phone": self.phone,
            "billing_address": self.billing_address,
            "shipping_address": self.shipping_address,
        });
        match sent {
            Value::Object(fields) => {
                Ok(fields.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into())
            }
            _ => Err(anyhow::anyhow!("the details of a customer are no object").into()),
        }
    }
}

/// A customer. What is not known is `null`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Customer {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CustomerId,
    /// The merchant's own id of the customer.
    merchant_customer_id: String,
    /// First name.
    #[schema(required)]
    first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    last_name: Option<String>,
    /// Gender, in the merchant's words.
    #[schema(required)]
    gender: Option<String>,
    /// Day of birth.
    #[schema(required)]
    date_of_birth: Option<String>,
    /// E-mail address.
    #[schema(required)]
    email: Option<String>,
    /// Country of nationality.
    #[schema(required)]
    nationality: Option<String>,
    /// Country of residence.
    #[schema(required)]
    country: Option<String>,
    /// Identity document.
    #[schema(required)]
    document: Option<KnownDocument>,
    /// Phone.
    #[schema(required)]
    phone: Option<KnownPhone>,
    /// Where bills go.
    #[schema(required)]
    billing_address: Option<KnownAddress>,
    /// Where goods go.
    #[schema(required)]
    shipping_address: Option<KnownAddress>,
    /// The merchant's own entries, in the form in which they were sent; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Metadata>, nullable = false)]
    metadata: Option<Value>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the customer registered with the merchant.
    #[schema(required)]
    merchant_customer_created_at: Option<String>,
}

/// An identity document as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownDocument {
    /// Its kind.
    #[schema(required)]
    document_type: Option<String>,
    /// Its number.
    document_number: String,
}

/// A phone as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownPhone {
    /// The number.
    number: String,
    /// The country's calling code.
    country_code: String,
}

/// An address as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownAddress {
    /// Street and number.
    address_line_1: String,
    /// Flat, floor and the like.
    #[schema(required)]
    address_line_2: Option<String>,
    /// Number of the building; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    building_number_1: Option<String>,
    /// Second number of the building; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    building_number_2: Option<String>,
    /// Country.
    #[schema(required)]
    country: Option<String>,
    /// State or province.
    #[schema(required)]
    state: Option<String>,
    /// City.
    city: String,
    /// Postal code.
    #[schema(required)]
    zip_code: Option<String>,
    /// Neighborhood.
    #[schema(required)]
    neighborhood: Option<String>,
}

/// What [`UpdateCustomer::details`] wrote, read back.
#[derive(Deserialize)]
struct Details {
    merchant_customer_created_at: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    gender: Option<String>,
    date_of_birth: Option<String>,
    email: Option<String>,
    nationality: Option<String>,
    country: Option<String>,
    document: Option<KnownDocument>,
    phone: Option<KnownPhone>,
    billing_address: Option<KnownAddress>,
    shipping_address: Option<KnownAddress>,
}

impl TryFrom<db::customers::Row> for Customer {
    type Error = ApiError;

    fn try_from(row: db::customers::Row) -> Result<Self, ApiError> {
        let details: Details = serde_json::from_value(row.details.0).map_err(anyhow::Error::from)?;
        Ok(Self {
            id: row.customer_id,
            merchant_customer_id: row.merchant_customer_id,
            first_name: details.first_name,
            last_name: details.last_name,
            gender: details.gender,
            date_of_birth: details.date_of_birth,
            email: details.email,
            nationality: details.nationality,
            country: details.country,
            document: details.document,
            phone: details.phone,
            billing_address: details.billing_address,
            shipping_address: details.shipping_address,
            metadata: row.metadata.map(|metadata| metadata.0),
            created_at: row.created_at,
            updated_at: row.updated_at,
            merchant_customer_created_at: details.merchant_customer_created_at,
        })
    }
}

/// The customer of the document's examples.
fn example() -> Value {
    serde_json::json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "merchant_customer_id": "customer-1001",
        "first_name": "Ana",
        "last_name": "Souza",
        "gender": null,
        "date_of_birth": null,
        "email": "ana.souza@example.com",
        "nationality": null,
        "country": "BR",
        "document": {"document_type": "CPF", "document_number": "12345678909"},
        "phone": {"number": "11987654321", "country_code": "55"},
        "billing_address": null,
        "shipping_address": null,
        "metadata": [{"key": "segment", "value": "gold"}],
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "merchant_customer_created_at": null,
    })
}
