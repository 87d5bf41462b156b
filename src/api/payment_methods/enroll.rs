//! `POST /v1/customers/{customer_id}/payment-methods`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use sqlx::types::Json as Kept;

use super::{
    EnrolledPaymentMethod, begin_verification, enrolling_route, existing_customer, find_of_customer, lifetime, told,
};
use crate::api::auth::Merchant;
use crate::api::cards::{CardKind, Month, NewCard, Year};
use crate::api::document::refusals;
use crate::api::events::record_enrollment;
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::api::payments::ReturnAddress;
use crate::api::settlement::settle;
use crate::api::tokens;
use crate::api::waiting::ended;
use crate::catalog::Flow;
use crate::db::payment_methods::Row;
use crate::db::{AsSent, customers, payment_methods, payments, transactions};
use crate::error::ApiError;
use crate::input::{Anything, Body, PathParameter, input};
use crate::lifecycle::flow_of;
use crate::state::AppState;
use crate::types::{
    AccountId, CardNumber, CardOutcome, Country, Currency, EnrollmentStatus, KeptCard, Metadata, MethodType, PageId,
    PaymentMethodId, SecurityCode, Text, VaultedToken, Workflow,
};

input! {
    /// A payment method to enroll.
    pub struct EnrollPaymentMethod {
        /// The account that enrolls.
        required account_id: AccountId,
        /// Where the customer is.
        required country: Country,
        /// Its type: one that can be enrolled.
        required r#type: MethodType,
        /// `DIRECT`.
        optional workflow: Workflow,
        /// Where the customer is sent when done.
        optional callback_url: ReturnAddress,
        /// A one-time token, in place of a card.
        optional token: Text<0, 64>,
        /// Not used.
        optional parent_type: Text<0, 255>,
        /// Not used.
        optional account_updater: bool,
        /// The card.
        optional card_data: EnrollCard,
        /// Who pays: not used; the customer's record is.
        optional customer_payer: Anything,
        /// Details of the method: not used and not kept.
        optional payment_method: Anything,
        /// A provider's token of the method, in place of a card.
        optional provider_data: EnrollProviderData,
        /// Whether the card is verified first.
        optional verify: EnrollVerification,
        /// Not used.
        optional recurring_payment: Anything,
    }
}

input! {
    /// A card to enroll. Its number and security code are read and not kept.
    pub struct EnrollCard {
        /// 8 to 19 digits; not needed with a provider's token.
        optional number: CardNumber,
        /// 1 to 12.
        optional expiration_month: Month,
        /// Two digits or four.
        optional expiration_year: Year,
        /// As many digits as the brand has.
        optional security_code: SecurityCode,
        /// Whose name is on it.
        optional holder_name: Text<1, 255>,
        /// `CREDIT` or `DEBIT`.
        optional r#type: CardKind,
        /// Its brand, where the number is not sent.
        optional brand: Text<0, 64>,
        /// The last four digits of its number, where the number is not sent.
        optional lfd: Text<0, 4>,
    }
}

input! {
    /// A provider's token of a method.
    pub struct EnrollProviderData {
        /// The provider.
        required id: Text<1, 255>,
        /// Where the token comes from.
        optional token_source: Text<0, 64>,
        /// The token: not kept.
        optional payment_method_token: Text<0, 2000>,
        /// The connection that it is for: not used.
        optional connection_id: Text<0, 64>,
    }
}

input! {
    /// Whether a card is verified first, with a payment of nothing.
    pub struct EnrollVerification {
        /// Whether it is.
        required vault_on_success: bool,
        /// In which currency.
        optional currency: Currency,
        /// The merchant's own entries for that payment.
        optional metadata: Metadata,
    }
}

refusals!(
    ApiError::CustomerNotFound,
    ApiError::InvalidToken,
    ApiError::TokenInUse,
    ApiError::UnavailablePaymentMethod("CARD".into()),
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Enroll a payment method
///
/// A card is enrolled at once, or after a verification with a payment of nothing. Any other type waits until the
/// customer agrees on the page at `redirect_url`.
#[utoipa::path(
    post,
    path = "/v1/customers/{customer_id}/payment-methods",
    tag = "payment methods",
    params(("customer_id" = String, Path, description = "Id of the customer."), IdempotencyKey),
    request_body(content = EnrollPaymentMethod, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "country": "BR",
        "type": "CARD",
        "card_data": {
            "number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123",
            "holder_name": "Ana Souza",
        },
    })),
    responses(
        (status = 201, description = "The method.", body = EnrolledPaymentMethod, example = json!(super::example())),
        Refusals,
    ),
)]
pub async fn enroll_payment_method(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(customer): PathParameter,
    key: IdempotencyKey,
    Body { value: new, .. }: Body<EnrollPaymentMethod>,
) -> Result<(StatusCode, Json<EnrolledPaymentMethod>), ApiError> {
    merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let keyed = Keyed { app: &app, organization, operation: "enroll_payment_method", key: &key };
    let (id, verification) = keyed.use_up(begin(&keyed, &customer, new).await).await?;
    if let Some((payment, transaction)) = verification.as_deref() {
        settle(&app, organization, payment, transaction).await?;
    }
    let connection = &mut *app.db.acquire().await?;
    let method = payment_methods::find(connection, organization, id).await?.ok_or(ApiError::PaymentMethodNotFound)?;
    if verification.is_none()
        && let Some(payment) = method.verify_payment_id
    {
        let payment = payments::find(connection, organization, payment).await?;
        if payment.is_some_and(|payment| payment.in_flight.is_some()) {
            return Err(ApiError::RequestInProcess);
        }
    }
    Ok((StatusCode::CREATED, Json(told(&app, connection, organization, method).await?)))
}

/// The payment that verifies a card, and its transaction.
type Verification = Option<Box<(payments::Row, transactions::Row)>>;

/// The first step: the method is there, and enrolled unless its customer has to agree or its card is to be verified.
async fn begin(
    keyed: &Keyed<'_>,
    customer: &str,
    new: EnrollPaymentMethod,
) -> Result<(PaymentMethodId, Verification), ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let now = app.clock.now(organization);
    let mut database = app.db.begin().await?;
    if let Some(before) = keyed.claim(&mut database, now).await? {
        let before = PaymentMethodId::fixed(before.as_u128());
        // The key may have been used for another customer.
        find_of_customer(&mut database, organization, customer, &before.to_string()).await.map_err(
            |error| match error {
                ApiError::CustomerNotFound | ApiError::PaymentMethodNotFound => ApiError::IdempotencyDuplicated,
                error => error,
            },
        )?;
        return Ok((before, None));
    }
    let customer_id = existing_customer(&mut database, organization, customer).await?;
    if !customers::hold(&mut database, organization, customer_id).await? {
        return Err(ApiError::CustomerNotFound);
    }
    let r#type = new.r#type.as_str().to_owned();
    let is_card = flow_of(&r#type) == Flow::Card;
    let verified = is_card && new.verify.as_ref().is_some_and(|verify| verify.vault_on_success);
    let id = PaymentMethodId::new(now);
    let by_providers_token = new.provider_data.as_ref().is_some_and(|provider| provider.payment_method_token.is_some());
    let token = new.token.as_ref().map(Text::as_str).filter(|token| !token.is_empty());
    let card = match (is_card, token) {
        (false, _) => None,
        (true, Some(token)) => {
            let for_what = tokens::For { account: new.account_id, session: None, customer: Some(customer_id) };
            let token = tokens::take(&mut database, organization, token, for_what, id.into(), now).await?;
            Some(token.card.ok_or(ApiError::InvalidToken)?.0)
        }
        (true, None) => Some(card(keyed, new.card_data, by_providers_token)?),
    };
    let mut method = Row {
        payment_method_id: id,
        account_id: new.account_id,
        customer_id,
        customer_session_id: None,
        payment_method_type: r#type,
        country: new.country,
        status: match is_card && !verified {
            true => EnrollmentStatus::Enrolled,
            false => EnrollmentStatus::ReadyToEnroll,
        },
        vaulted_token: VaultedToken::new(now),
        provider_token: (is_card && !verified).then(|| VaultedToken::new(now)),
        card: card.map(Kept),
        listed: true,
        callback_url: new.callback_url.map(ReturnAddress::into_string),
        return_url: None,
        verify_vault_on_success: new.verify.as_ref().is_some_and(|verify| verify.vault_on_success),
        verify_currency: new.verify.as_ref().and_then(|verify| verify.currency),
        verify_metadata: new
            .verify
            .and_then(|verify| verify.metadata)
            .map(|metadata| AsSent(serde_json::json!(metadata))),
        verify_payment_id: None,
        idempotency_key: keyed.key.text().map(str::to_owned),
        page_id: (!is_card).then(|| PageId::new(now)),
        last_successfully_used_at: None,
        created_at: now,
        updated_at: now,
        expires_at: Some(now.plus(lifetime())),
    };
    if enrolling_route(&mut database, organization, &method).await?.is_none() {
        return Err(ApiError::UnavailablePaymentMethod(method.payment_method_type));
    }
    let decided = app.testing.as_ref().and_then(|testing| testing.take_enrollment(organization, method.account_id));
    if let Some(status) = decided {
        method = ended(method, status, now);
    }
    payment_methods::insert(&mut database, organization, &method).await?;
    let verification = match verified && decided.is_none() {
        true => Some(Box::new(begin_verification(&mut database, organization, &mut method, now).await?)),
        false => None,
    };
    record_enrollment(&mut database, organization, &method, now).await?;
    keyed.keep(&mut database, id.into()).await?;
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok((id, verification))
}

/// What is kept of the card that was sent, or of one that only a provider knows.
fn card(keyed: &Keyed<'_>, sent: Option<EnrollCard>, by_providers_token: bool) -> Result<KeptCard, ApiError> {
    match sent {
        Some(EnrollCard {
            number: Some(number),
            expiration_month: Some(expiration_month),
            expiration_year: Some(expiration_year),
            security_code,
            holder_name,
            r#type,
            ..
        }) => {
            let card = NewCard { number, expiration_month, expiration_year, security_code, holder_name, r#type };
            card.keep(keyed.app, keyed.organization, "card_data")
        }
        sent if by_providers_token => Ok(KeptCard {
            holder_name: sent.as_ref().and_then(|card| card.holder_name.clone()).map(Text::into_string),
            iin: String::new(),
            lfd: sent.as_ref().and_then(|card| card.lfd.clone()).map(Text::into_string).unwrap_or_default(),
            number_length: 0,
            security_code_length: 0,
            brand: sent.and_then(|card| card.brand).map_or_else(|| "OTHER".to_owned(), Text::into_string),
            r#type: "CREDIT".to_owned(),
            expiry: None,
            fingerprint: None,
            outcome: CardOutcome::Unlisted,
        }),
        Some(card) => {
            let missing = [
                ("number", card.number.is_none()),
                ("expiration_month", card.expiration_month.is_none()),
                ("expiration_year", card.expiration_year.is_none()),
            ];
            let missing = missing.into_iter().filter(|(_, missing)| *missing);
            Err(ApiError::MissingParameters(
                missing.map(|(field, _)| format!("card_data.{field}: is required")).collect(),
            ))
        }
        None => Err(ApiError::MissingParameters(vec!["card_data: is required".to_owned()])),
    }
}
