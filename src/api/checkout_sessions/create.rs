//! `POST /v1/checkout/sessions`

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};

use super::{CheckoutSession, OfferedMethod, example_with, lifetime};
use crate::api::auth::Merchant;
use crate::api::checkouts::offers_naming;
use crate::api::document::refusals;
use crate::api::idempotency::{IdempotencyKey, OtherBody, forgotten_before, told_before};
use crate::api::installments_plans::{check_plan, none_twice};
use crate::api::written::Written;
use crate::db::checkout_sessions::{self, Insert, Once};
use crate::db::{AsSent, idempotency_keys};
use crate::error::ApiError;
use crate::input::{Anything, At, Body, Definitions, Input, Problems, input};
use crate::state::AppState;
use crate::types::{
    AccountId, Amount, CheckoutId, CheckoutSessionId, Country, Currency, CustomerId, Link, Metadata, MethodType,
    OrganizationId, Rate, Text, Workflow,
};

pub(super) type Words = Text<3, 255>;

/// The operation, as idempotency keys know it.
const OPERATION: &str = "create_checkout_session";

input! {
    /// A checkout session to create.
    pub struct CreateCheckoutSession {
        /// Who pays: a customer of the organization.
        optional customer_id: CustomerId,
        /// The merchant's id of the order.
        required merchant_order_id: Words,
        /// What is paid for.
        required payment_description: Words,
        /// Where the customer is sent when done, unless there is a `return_url`.
        optional callback_url: Link,
        /// Where the customer is sent when done.
        optional return_url: Link,
        /// Where the customer pays.
        required country: Country,
        /// The account that is paid.
        required account_id: AccountId,
        /// What is paid.
        required amount: NewAmount,
        /// The amount in another currency, for display.
        optional alternative_amount: NewAmount,
        /// The merchant's own entries: up to 120 keys of 1 to 48 characters with values of up to 512.
        optional metadata: Metadata,
        /// How the payment is made; `SDK_CHECKOUT` when not sent.
        optional workflow: Workflow,
        /// Instalments of the session's own.
        optional installments: NewInstallments,
        /// What a wallet shows of a subscription.
        optional recurring_payment: RecurringPayment,
        /// The checkout that shapes the session: a published one of the account; its default when not sent.
        optional checkout_id: CheckoutId,
        /// Order, airline and other data for the payment.
        optional additional_data: Anything,
        /// Data of who pays, for the payment.
        optional customer_payer: Anything,
        /// What is decided of the payment method beforehand.
        optional payment_method: SessionPaymentMethod,
    }
}

input! {
    /// An amount of money.
    #[derive(Serialize)]
    pub struct NewAmount / /// What to change of an amount: what is not sent stays.
    #[derive(Serialize)]
    AmountChange {
        /// ISO 4217 code.
        required currency: Currency,
        /// In major units with at most four decimal places; a number, or a string that is one.
        required value: Amount,
    }
}

input! {
    /// Instalments of a session.
    #[derive(Serialize)]
    pub struct NewInstallments {
        /// A plan that the account has.
        optional plan_id: Text<1, 64>,
        /// The session's own plan.
        optional plan: OwnParts,
    }
}

/// The choices of a session's own plan: no number of instalments twice.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct OwnParts(Vec<NewInstallment>);

impl Input for OwnParts {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let parts = Vec::read(raw, at, problems);
        // Also beside something wrong: all of it is told at once.
        let none_twice = none_twice(raw, at, problems);
        parts.filter(|_| none_twice).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        Vec::<NewInstallment>::schema()
    }

    fn definitions(into: &mut Definitions) {
        Vec::<NewInstallment>::definitions(into);
    }
}

input! {
    /// One choice of a plan.
    #[derive(Serialize)]
    pub struct NewInstallment {
        /// In how many parts.
        required installment: u16,
        /// What the amount is multiplied with: 1.2 adds twenty percent.
        required rate: Rate,
    }
}

input! {
    /// What a wallet shows of a subscription.
    #[derive(Serialize)]
    pub struct RecurringPayment {
        /// What is paid for.
        optional description: Words,
        /// Where the customer manages it.
        optional management_url: Link,
        /// What the customer agrees to.
        optional billing_agreement: Text<1, 255>,
        /// What is paid each time.
        optional regular_billing: Billing,
        /// What is paid at first.
        optional trial_billing: Billing,
    }
}

input! {
    /// What is paid in each interval of a subscription.
    #[derive(Serialize)]
    pub struct Billing {
        /// What the customer reads.
        required label: Text<1, 255>,
        /// How much.
        required amount: Amount,
        /// `year`, `month`, `day`, `hour` or `minute`.
        required interval_unit: IntervalUnit,
        /// How many units an interval has.
        required interval_count: u16,
    }
}

input! {
    /// What is decided of the payment method beforehand. Card numbers are not read here and not kept.
    #[derive(Serialize)]
    pub struct SessionPaymentMethod {
        /// The method's type.
        optional r#type: MethodType,
        /// Token of an enrolled method.
        optional vaulted_token: Text<1, 64>,
        /// Whether the method is enrolled when the payment succeeds.
        optional vault_on_success: bool,
        /// Details by kind of method.
        optional detail: SessionMethodDetail,
    }
}

input! {
    /// Details by kind of method.
    #[derive(Serialize)]
    pub struct SessionMethodDetail {
        /// Details of a card payment.
        optional card: SessionCardDetail,
    }
}

input! {
    /// Details of a card payment.
    #[derive(Serialize)]
    pub struct SessionCardDetail {
        /// Whether the amount is captured at once.
        optional capture: bool,
    }
}

/// The unit of a subscription's interval.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IntervalUnit {
    /// A year.
    Year,
    /// A month.
    Month,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
}

refusals!(ApiError::InvalidAccountId, ApiError::CustomerNotFound);

/// Create a checkout session
///
/// One session for each attempt to pay. It lives five hours.
#[utoipa::path(
    post,
    path = "/v1/checkout/sessions",
    tag = "checkout sessions",
    params(IdempotencyKey),
    request_body(content = CreateCheckoutSession, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "merchant_order_id": "order-2001",
        "payment_description": "Running shoes",
        "country": "BR",
        "amount": {"currency": "BRL", "value": 259.9},
        "callback_url": "https://shop.example.com/return",
        "metadata": [{"key": "cart", "value": "77"}],
    })),
    responses(
        (status = 200, description = "The session.", body = CheckoutSession, example = json!(example_with(json!({
            "payment_methods": [
                {"type": "CARD", "category": "CARD", "name": "Card"},
                {"type": "PIX", "category": "BANK_TRANSFER", "name": "Pix"},
            ],
        })))),
        Refusals,
    ),
)]
pub async fn create_checkout_session(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, sha256 }: Body<CreateCheckoutSession>,
) -> Result<Response, ApiError> {
    let account_id = merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let offers = match offers_naming(&app, organization, account_id, new.checkout_id).await {
        Ok(offers) => offers,
        Err(refused) => return told_or(&app, organization, &key, sha256, refused).await,
    };
    let now = app.clock.now(organization);
    if let Some(plan) = new.installments.as_ref().and_then(|installments| installments.plan_id.as_ref()) {
        let checked = check_plan(&mut *app.db.acquire().await?, organization, account_id, plan.as_str()).await;
        if let Err(refused) = checked {
            return told_or(&app, organization, &key, sha256, refused).await;
        }
    }
    let kept = checkout_sessions::Kept {
        alternative_amount: new.alternative_amount.map(|amount| sqlx::types::Json(json!(amount))),
        recurring_payment: as_sent(new.recurring_payment.as_ref()),
        additional_data: as_sent(new.additional_data.as_ref()),
        payment_method: as_sent(new.payment_method.as_ref()),
        customer_payer: as_sent(new.customer_payer.as_ref()),
    };
    let session = checkout_sessions::Row {
        checkout_session_id: CheckoutSessionId::new(now),
        account_id,
        customer_id: new.customer_id,
        merchant_order_id: new.merchant_order_id.into_string(),
        payment_description: new.payment_description.into_string(),
        country: new.country,
        currency: new.amount.currency,
        amount: new.amount.value,
        callback_url: new.callback_url,
        return_url: new.return_url,
        metadata: as_sent(new.metadata.as_ref()),
        workflow: new.workflow.unwrap_or_default(),
        installments: as_sent(new.installments.as_ref()),
        checkout_id: new.checkout_id,
        used: false,
        completed: false,
        created_at: now,
        expires_at: now.plus(lifetime()),
    };
    let methods = offers.offered(session.checkout_id, session.situation()).map(OfferedMethod::from).collect();
    let answer =
        CheckoutSession { used: None, payment_methods: Some(methods), ..CheckoutSession::new(session.clone(), now) };
    let Some(idempotency_key) = key.text() else {
        return match app.new_checkout_sessions.ask(Insert { organization, session, kept }).await? {
            true => {
                app.metrics.count(|measures| &measures.checkout_sessions_created);
                Ok(Written(answer).into_response())
            }
            false => Err(ApiError::CustomerNotFound),
        };
    };
    let key = used(idempotency_key);
    let text = serde_json::to_string(&answer).map_err(anyhow::Error::from)?;
    let forgotten_before = forgotten_before(now);
    let once = Once { key, body_sha256: &sha256, status: 200, answer: &text, forgotten_before };
    let connection = &mut *app.db.acquire().await?;
    if checkout_sessions::insert_once(connection, organization, &session, &kept, &once).await? {
        app.metrics.count(|measures| &measures.checkout_sessions_created);
        return Ok(([(CONTENT_TYPE, "application/json")], text).into_response());
    }
    // No answer under the key either: then it was the customer.
    let first = idempotency_keys::find(connection, organization, key, forgotten_before).await?;
    told_before(first, sha256, OtherBody::Ignored)
}

/// What the first request under the key was answered, when there was one; else the refusal of this one.
async fn told_or(
    app: &AppState,
    organization: OrganizationId,
    key: &IdempotencyKey,
    sha256: [u8; 32],
    refused: ApiError,
) -> Result<Response, ApiError> {
    let Some(idempotency_key) = key.text() else { return Err(refused) };
    let key = used(idempotency_key);
    let connection = &mut *app.db.acquire().await?;
    let first =
        idempotency_keys::find(connection, organization, key, forgotten_before(app.clock.now(organization))).await?;
    match first {
        Some(first) => told_before(Some(first), sha256, OtherBody::Ignored),
        None => Err(refused),
    }
}

/// A key as it is used here.
fn used(idempotency_key: &str) -> idempotency_keys::Key<'_> {
    idempotency_keys::Key { operation: OPERATION, idempotency_key }
}

/// What was read, to be kept as it was sent.
pub(super) fn as_sent(value: Option<&impl Serialize>) -> Option<AsSent> {
    value.map(|value| AsSent(json!(value)))
}

impl crate::input::Input for IntervalUnit {
    fn read(raw: &serde_json::Value, at: crate::input::At<'_>, problems: &mut crate::input::Problems) -> Option<Self> {
        match raw.as_str() {
            Some("year") => Some(Self::Year),
            Some("month") => Some(Self::Month),
            Some("day") => Some(Self::Day),
            Some("hour") => Some(Self::Hour),
            Some("minute") => Some(Self::Minute),
            _ => {
                problems.wrong(at, "must be one of year, month, day, hour, minute");
                None
            }
        }
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let names = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .enum_values(Some(["year", "month", "day", "hour", "minute"]));
        utoipa::openapi::RefOr::T(names.build().into())
    }
}
