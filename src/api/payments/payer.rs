//! Who pays: what was sent with the payment, what its session keeps, and what the customer's record says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::db;
use crate::error::ApiError;
use crate::input::{Anything, At, Input, Problems, input};
use crate::types::{CustomerId, Text};

type Words = Text<0, 255>;

input! {
    /// Who pays. What is not sent is taken from the session, and then from the customer.
    #[derive(Serialize)]
    pub struct CustomerPayer {
        /// A customer of the organization.
        optional id: CustomerId,
        /// The merchant's own id of the customer.
        optional merchant_customer_id: Words,
        /// When the customer registered with the merchant, in the merchant's words.
        optional merchant_customer_created_at: Text<0, 64>,
        /// What the merchant has checked of the customer.
        optional merchant_customer_validations: Anything,
        /// First name.
        optional first_name: Words,
        /// Last name.
        optional last_name: Words,
        /// Gender, in the merchant's words.
        optional gender: Words,
        /// Day of birth.
        optional date_of_birth: Text<0, 10>,
        /// E-mail address.
        optional email: Words,
        /// Country of nationality.
        optional nationality: Text<0, 2>,
        /// Address in the network.
        optional ip_address: Text<0, 45>,
        /// A device's fingerprint for fraud screening.
        optional device_fingerprint: Text<0, 4000>,
        /// Devices' fingerprints for fraud screening.
        optional device_fingerprints: Vec<DeviceFingerprint>,
        /// The browser.
        optional browser_info: BrowserInfo,
        /// Identity document.
        optional document: PayerDocument,
        /// Phone.
        optional phone: PayerPhone,
        /// Where bills go.
        optional billing_address: PayerAddress,
        /// Where goods go.
        optional shipping_address: PayerAddress,
        /// Where the customer is.
        optional geolocation: Anything,
    }
}

input! {
    /// A device's fingerprint for fraud screening.
    #[derive(Serialize)]
    pub struct DeviceFingerprint {
        /// Who made it.
        required provider_id: Text<1, 255>,
        /// The fingerprint.
        required id: Text<1, 4000>,
    }
}

input! {
    /// A browser.
    #[derive(Serialize)]
    pub struct BrowserInfo {
        /// Its name for itself.
        optional user_agent: Text<0, 2000>,
        /// What it accepts.
        optional accept_header: Text<0, 2000>,
        /// What content it accepts.
        optional accept_content: Text<0, 2000>,
        /// What encodings it accepts.
        optional accept_browser: Text<0, 2000>,
        /// Bits of a colour.
        optional color_depth: Words,
        /// Height of the screen.
        optional screen_height: Words,
        /// Width of the screen.
        optional screen_width: Words,
        /// Whether it runs scripts.
        optional javascript_enabled: bool,
        /// Whether it runs Java.
        optional java_enabled: bool,
        /// Minutes from UTC.
        optional browser_time_difference: Words,
        /// Its language.
        optional language: Words,
        /// What it runs on.
        optional platform: Words,
    }
}

input! {
    /// An identity document.
    #[derive(Serialize)]
    pub struct PayerDocument {
        /// Its kind, such as CPF.
        optional document_type: Text<0, 40>,
        /// Its number.
        optional document_number: Text<0, 40>,
    }
}

input! {
    /// A phone.
    #[derive(Serialize)]
    pub struct PayerPhone {
        /// The number.
        optional number: Text<0, 40>,
        /// The country's calling code.
        optional country_code: Text<0, 4>,
    }
}

input! {
    /// An address.
    #[derive(Serialize)]
    pub struct PayerAddress {
        /// Street and number.
        optional address_line_1: Words,
        /// Flat, floor and the like.
        optional address_line_2: Words,
        /// Number of the building.
        optional building_number_1: Words,
        /// Second number of the building.
        optional building_number_2: Words,
        /// Country.
        optional country: Text<0, 2>,
        /// State or province.
        optional state: Words,
        /// City.
        optional city: Words,
        /// Postal code.
        optional zip_code: Text<0, 11>,
        /// Neighborhood.
        optional neighborhood: Words,
    }
}

/// Who pays, as far as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownPayer {
    /// The customer of the organization.
    #[schema(required)]
    id: Option<String>,
    /// The merchant's own id of the customer.
    #[schema(required)]
    merchant_customer_id: Option<String>,
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
    /// Address in the network.
    #[schema(required)]
    ip_address: Option<String>,
    /// A device's fingerprint.
    #[schema(required)]
    device_fingerprint: Option<String>,
    /// Devices' fingerprints.
    #[serde(default)]
    device_fingerprints: Vec<KnownFingerprint>,
    /// The browser.
    #[serde(default)]
    browser_info: KnownBrowser,
    /// Identity document.
    #[schema(required)]
    document: Option<KnownPayerDocument>,
    /// Phone.
    #[schema(required)]
    phone: Option<KnownPayerPhone>,
    /// Where bills go.
    #[schema(required)]
    billing_address: Option<KnownPayerAddress>,
    /// Where goods go.
    #[schema(required)]
    shipping_address: Option<KnownPayerAddress>,
    /// When the customer registered with the merchant.
    #[schema(required)]
    merchant_customer_created_at: Option<String>,
    /// Where the customer is.
    #[schema(value_type = Option<Object>, required)]
    geolocation: Option<Value>,
    /// What the merchant has checked of the customer.
    #[schema(value_type = Option<Object>, required)]
    merchant_customer_validations: Option<Value>,
}

/// A device's fingerprint.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownFingerprint {
    /// Who made it.
    provider_id: String,
    /// The fingerprint.
    id: String,
}

/// A browser, as far as it is known.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct KnownBrowser {
    /// Its name for itself.
    user_agent: String,
    /// What it accepts.
    accept_header: String,
    /// What content it accepts.
    #[schema(required)]
    accept_content: Option<String>,
    /// What encodings it accepts.
    #[schema(required)]
    accept_browser: Option<String>,
    /// Bits of a colour.
    color_depth: String,
    /// Height of the screen.
    screen_height: String,
    /// Width of the screen.
    screen_width: String,
    /// Whether it runs scripts.
    #[schema(required)]
    javascript_enabled: Option<bool>,
    /// Whether it runs Java.
    #[schema(required)]
    java_enabled: Option<bool>,
    /// Minutes from UTC.
    #[schema(required)]
    browser_time_difference: Option<String>,
    /// Its language.
    language: String,
    /// What it runs on.
    #[schema(required)]
    platform: Option<String>,
}

/// An identity document, as far as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownPayerDocument {
    /// Its kind.
    #[schema(required)]
    document_type: Option<String>,
    /// Its number.
    #[schema(required)]
    document_number: Option<String>,
}

/// A phone, as far as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownPayerPhone {
    /// The number.
    #[schema(required)]
    number: Option<String>,
    /// The country's calling code.
    #[schema(required)]
    country_code: Option<String>,
}

/// An address, as far as it is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct KnownPayerAddress {
    /// Street and number.
    #[schema(required)]
    address_line_1: Option<String>,
    /// Flat, floor and the like.
    #[schema(required)]
    address_line_2: Option<String>,
    /// Country.
    #[schema(required)]
    country: Option<String>,
    /// State or province.
    #[schema(required)]
    state: Option<String>,
    /// City.
    #[schema(required)]
    city: Option<String>,
    /// Postal code.
    #[schema(required)]
    zip_code: Option<String>,
    /// Neighborhood.
    #[schema(required)]
    neighborhood: Option<String>,
}

/// Who pays, as it is kept with a payment: what was sent goes before what the session keeps, and that before the
/// customer's record.
pub fn known(
    sent: Option<&CustomerPayer>,
    session: Option<&Value>,
    customer: Option<&db::customers::Row>,
) -> Result<Value, ApiError> {
    let mut known = Map::new();
    if let Some(customer) = customer {
        add(&mut known, customer.details.0.clone());
        known.insert("id".to_owned(), json!(customer.customer_id));
        known.insert("merchant_customer_id".to_owned(), json!(customer.merchant_customer_id));
    }
    // A session keeps anything: what is no payer says nothing.
    if let Some(session) = session.and_then(|session| CustomerPayer::read(session, At::Root, &mut Problems::default()))
    {
        add(&mut known, json!(CustomerPayer { id: None, ..session }));
    }
    if let Some(sent) = sent {
        add(&mut known, json!(sent));
    }
    Ok(json!(KnownPayer::read(&Value::Object(known))?))
}

/// Puts what is known in one place over what is known in another.
fn add(known: &mut Map<String, Value>, more: Value) {
    let Value::Object(more) = without_nulls(more) else { return };
    known.extend(more);
}

/// A browser has texts where nothing was sent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        other => other,
    }
}

impl KnownPayer {
    /// Reads what is [kept](known).
    pub fn read(kept: &Value) -> Result<Self, ApiError> {
        Ok(Self::deserialize(kept).map_err(anyhow::Error::from)?)
    }
}
