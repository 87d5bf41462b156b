//! Payment methods that customers enroll: through a customer session, or directly.

mod enroll;
mod list;
mod retrieve;
mod unenroll;
mod verification;

pub use enroll::*;
pub use list::*;
pub use retrieve::*;
pub use unenroll::*;
pub use verification::*;

use chrono::TimeDelta;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::cards::EnrolledCard;
use crate::api::icons;
use crate::api::pages;
use crate::api::payments::{KnownPayer, Payment, Shape, answer, known};
use crate::catalog::CATALOG;
use crate::db::payment_methods::Row;
use crate::db::{Connection, customers, payments};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{
    AccountId, Country, Currency, CustomerId, EnrollmentStatus, OrganizationId, PaymentMethodId, Timestamp,
    VaultedToken,
};

/// How long a method that is enrolled without a session waits for its customer.
const fn lifetime() -> TimeDelta {
    TimeDelta::hours(5)
}

/// What is to be done where a page waits for the customer.
const REDIRECT: &str = "REDIRECT_URL";

/// A payment method that a customer enrolls, or has enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledPaymentMethod {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: PaymentMethodId,
    /// The key that it was made under.
    #[schema(required)]
    idempotency_key: Option<String>,
    /// The account that enrolled it.
    #[schema(value_type = String, format = Uuid)]
    account_id: AccountId,
    /// What the customer reads: of a card its brand and last digits.
    name: String,
    /// What the customer reads below the name.
    description: String,
    /// Address of a picture of it.
    icon: String,
    /// Its type.
    r#type: String,
    /// The group of its type.
    category: String,
    /// Where it was enrolled.
    #[schema(value_type = String)]
    country: Country,
    /// How it stands.
    #[schema(value_type = String)]
    status: EnrollmentStatus,
    /// Not used.
    #[schema(required)]
    sub_status: Option<String>,
    /// The token to pay with it; `null` when it is not enrolled.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    vaulted_token: Option<VaultedToken>,
    /// Where the customer is sent when done.
    #[schema(required)]
    callback_url: Option<String>,
    /// What is to be done: `FORM` of a card, `REDIRECT_URL` of anything that the customer agrees to on a page.
    action: &'static str,
    /// The page on which the customer agrees, or the cardholder authenticates.
    #[schema(required)]
    redirect_url: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What a session has to do with it.
    enrollment: Enrollment,
    /// Who keeps it.
    provider: EnrollmentProvider,
    /// Whose it is; `null` in lists, and when the customer was deleted.
    #[schema(required)]
    customer_payer: Option<KnownPayer>,
    /// Its card; absent when it is none, or not enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    card_data: Option<EnrolledCard>,
    /// Whether it was paid with.
    last_successfully_used: bool,
    /// When it was last paid with; empty when it never was.
    last_successfully_used_at: String,
    /// How it is verified.
    verify: EnrollmentVerification,
    /// Not used.
    #[schema(required)]
    preferred: Option<bool>,
}

/// What a customer session has to do with an enrollment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrollment {
    /// The session; empty when there is none.
    session: String,
    /// Whether the SDK must ask the customer for something.
    sdk_required_action: bool,
}

/// Who keeps an enrolled method.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentProvider {
    /// Its id.
    id: &'static str,
    /// Its kind.
    r#type: &'static str,
    /// Its token of the method; absent when it is not enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    token: Option<VaultedToken>,
    /// Not used.
    #[schema(required)]
    provider_status: Option<String>,
    /// Where the customer agrees; absent where there is no such page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    redirect: Option<EnrollmentRedirect>,
}

/// Where a customer agrees to an enrollment.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentRedirect {
    /// The page.
    init_url: String,
}

/// How a card is verified before it is enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentVerification {
    /// Whether it is.
    vault_on_success: bool,
    /// In which currency; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    currency: Option<Currency>,
    /// The payment of nothing that verifies it; `null` in lists.
    #[schema(required)]
    payment: Option<Box<Payment>>,
}

/// A method as it is answered. Only where it was enrolled directly its card has a holder.
pub(super) async fn told(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    row: Row,
) -> Result<EnrolledPaymentMethod, ApiError> {
    let payment = match row.verify_payment_id {
        Some(payment) => payments::find(connection, organization, payment).await?,
        None => None,
    };
    // Where the cardholder of a card that is being verified authenticates.
    let authentication = payment.as_ref().and_then(|payment| pages::of_payment(app, organization, payment));
    let payment = match payment {
        Some(payment) => Some(Box::new(answer(app, connection, organization, payment, Shape::Retrieved).await?)),
        None => None,
    };
    let customer = customers::find(connection, organization, row.customer_id).await?;
    let customer = customer.map(|customer| known(None, None, Some(&customer))).transpose()?;
    let customer = customer.map(|customer| KnownPayer::read(&customer)).transpose()?;
    let mut told = EnrolledPaymentMethod::new(app, organization, row, customer, payment);
    if authentication.is_some() {
        told.action = REDIRECT;
        told.redirect_url = authentication;
    }
    Ok(told)
}

impl EnrolledPaymentMethod {
    fn new(
        app: &AppState,
        organization: OrganizationId,
        row: Row,
        customer_payer: Option<KnownPayer>,
        payment: Option<Box<Payment>>,
    ) -> Self {
        let status = row.status(app.clock.now(organization));
        let enrolled = status == EnrollmentStatus::Enrolled;
        let method = CATALOG.method(&row.payment_method_type);
        let name = name_of(&row);
        let page = row.page_id.map(|page| pages::address(app, organization, page));
        let direct = row.customer_session_id.is_none();
        Self {
            id: row.payment_method_id,
            idempotency_key: row.idempotency_key,
            account_id: row.account_id,
            description: name.clone(),
            name,
            icon: method.map(|method| icons::address(&app.public_url, method)).unwrap_or_default(),
            category: method.map_or("TICKET", |method| &method.category).to_owned(),
            country: row.country,
            status,
            sub_status: None,
            vaulted_token: enrolled.then_some(row.vaulted_token),
            callback_url: row.callback_url,
            action: if page.is_some() { REDIRECT } else { "FORM" },
            redirect_url: page.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            enrollment: Enrollment {
                session: row.customer_session_id.map(|session| session.to_string()).unwrap_or_default(),
                sdk_required_action: status == EnrollmentStatus::ReadyToEnroll && !direct,
            },
            provider: EnrollmentProvider {
                id: "YUNO",
                r#type: "YUNO",
                token: row.provider_token.filter(|_| enrolled),
                provider_status: None,
                redirect: page.map(|init_url| EnrollmentRedirect { init_url }),
            },
            customer_payer,
            card_data: row.card.filter(|_| enrolled).map(|card| EnrolledCard::new(&card, row.country.as_str(), direct)),
            last_successfully_used: row.last_successfully_used_at.is_some(),
            last_successfully_used_at: row
                .last_successfully_used_at
                .and_then(|at| json!(at).as_str().map(str::to_owned))
                .unwrap_or_default(),
            verify: EnrollmentVerification {
                vault_on_success: row.verify_vault_on_success,
                currency: row.verify_currency,
                payment,
            },
            preferred: None,
            r#type: row.payment_method_type,
        }
    }
}

/// What a method is called: by its card, else by its type.
pub(in crate::api) fn name_of(row: &Row) -> String {
    let name = row.card.as_ref().map(|card| card.name());
    let name = name.or_else(|| CATALOG.method(&row.payment_method_type).map(|method| method.name.clone()));
    name.unwrap_or_else(|| row.payment_method_type.clone())
}

/// Finds a customer's payment method, by its id or its token. One of another customer is like none.
async fn find_of_customer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: &str,
    method: &str,
) -> Result<Row, ApiError> {
    let customer = existing_customer(connection, organization, customer).await?;
    let id = PaymentMethodId::parse(method).map_err(|_| ApiError::PaymentMethodNotFound)?;
    crate::db::payment_methods::find(connection, organization, id)
        .await?
        .filter(|row| row.customer_id == customer)
        .ok_or(ApiError::PaymentMethodNotFound)
}

/// The customer that a path names.
async fn existing_customer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: &str,
) -> Result<CustomerId, ApiError> {
    let id = CustomerId::parse(customer).map_err(|_| ApiError::CustomerNotFound)?;
    match customers::find(connection, organization, id).await? {
        Some(_) => Ok(id),
        None => Err(ApiError::CustomerNotFound),
    }
}

/// The payment method of the document's examples.
pub(super) fn example() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789bc",
        "idempotency_key": null,
        "account_id": "00000000-0000-4000-8000-000000000001",
        "name": "VISA ****0002",
        "description": "VISA ****0002",
        "icon": "http://127.0.0.1:7070/icons/card.svg",
        "type": "CARD",
        "category": "CARD",
        "country": "BR",
        "status": "ENROLLED",
        "sub_status": null,
        "vaulted_token": "01980f2e-7a6b-7c4d-8e5f-0123456789bd",
        "callback_url": null,
        "action": "FORM",
        "redirect_url": null,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "enrollment": {"session": "", "sdk_required_action": false},
        "provider": {
            "id": "YUNO", "type": "YUNO", "token": "01980f2e-7a6b-7c4d-8e5f-0123456789be", "provider_status": null,
        },
        "customer_payer": null,
        "card_data": {
            "iin": "45079900",
            "lfd": "0002",
            "holder_name": "Ana Souza",
            "expiration_month": 11,
            "expiration_year": 28,
            "number_length": 16,
            "security_code_length": 3,
            "brand": "VISA",
            "issuer": "TEST BANK",
            "issuer_name": "TEST BANK",
            "issuer_code": null,
            "country_code": "BR",
            "category": "CLASSIC",
            "type": "CREDIT",
            "fingerprint": "5605f3e4-69e7-8a9f-9646-2ac8c2e33e12",
        },
        "last_successfully_used": false,
        "last_successfully_used_at": "",
        "verify": {"vault_on_success": false, "payment": null},
        "preferred": null,
    })
}

/// The payment method of the document's examples, before its card is known.
pub(super) fn example_ready() -> Value {
    let mut method = example();
    if let Value::Object(method) = &mut method {
        method.remove("card_data");
        method["name"] = json!("Card");
        method["description"] = json!("Card");
        method["status"] = json!("READY_TO_ENROLL");
        method["vaulted_token"] = json!(null);
        method["enrollment"] = json!({"session": "01980f2e-7a6b-7c4d-8e5f-0123456789ab", "sdk_required_action": true});
        method["provider"] = json!({"id": "YUNO", "type": "YUNO", "provider_status": null});
    }
    method
}
