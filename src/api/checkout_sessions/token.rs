//! `POST /v1/checkout/sessions/{checkout_session}/token`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use sqlx::types::Json as Kept;
use utoipa::ToSchema;

use super::find_active;
use crate::api::auth::SdkClient;
use crate::api::cards::{NewCard, TokenCard};
use crate::api::document::refusals;
use crate::api::payments::{CustomerPayer, KnownPayer, known};
use crate::api::tokens::{example_card, lifetime};
use crate::catalog::Flow;
use crate::db::{Connection, checkout_sessions, customers, payment_methods, tokens};
use crate::error::ApiError;
use crate::input::{Body, PathParameter, Whole, input};
use crate::state::AppState;
use crate::types::{
    AccountId, CardNumber, KeptCard, MethodType, OrganizationId, SecurityCode, Text, TokenId, VaultedToken,
};

input! {
    /// What to make a one-time token of.
    pub struct CreateSessionToken {
        /// The session's account.
        optional account_id: AccountId,
        /// The card, beside `payment_method.card`, which goes before it.
        optional card_data: NewCard,
        /// The method.
        required payment_method: TokenMethod,
    }
}

input! {
    /// A method to make a one-time token of.
    pub struct TokenMethod {
        /// Its type.
        required r#type: MethodType,
        /// The token of an enrolled method, in place of a card.
        optional vaulted_token: Text<0, 64>,
        /// The card.
        optional card: TokenMethodCard,
        /// Who pays.
        optional customer: CustomerPayer,
        /// A device's fingerprint for fraud screening: not used.
        optional device_fingerprint: Text<0, 4000>,
        /// An id of fraud screening: not used.
        optional third_party_session_id: Text<0, 255>,
    }
}

input! {
    /// A card: all of it here, or in `detail`.
    pub struct TokenMethodCard {
        /// Whether it is enrolled when the payment succeeds.
        optional save: bool,
        /// The card. With a `vaulted_token` nothing but its security code.
        optional detail: TokenCardDetail,
        /// In how many parts the customer pays.
        optional installment: TokenInstallment,
        /// 8 to 19 digits.
        optional number: CardNumber,
        /// 1 to 12.
        optional expiration_month: crate::api::cards::Month,
        /// Two digits or four.
        optional expiration_year: crate::api::cards::Year,
        /// As many digits as the brand has.
        optional security_code: SecurityCode,
        /// Whose name is on it.
        optional holder_name: Text<1, 255>,
        /// `CREDIT` or `DEBIT`.
        optional r#type: crate::api::cards::CardKind,
    }
}

input! {
    /// A card. Its number and security code are read and not kept.
    pub struct TokenCardDetail {
        /// 8 to 19 digits.
        optional number: CardNumber,
        /// 1 to 12.
        optional expiration_month: crate::api::cards::Month,
        /// Two digits or four.
        optional expiration_year: crate::api::cards::Year,
        /// As many digits as the brand has.
        optional security_code: SecurityCode,
        /// Whose name is on it.
        optional holder_name: Text<1, 255>,
        /// `CREDIT` or `DEBIT`.
        optional r#type: crate::api::cards::CardKind,
    }
}

input! {
    /// In how many parts a customer pays.
    #[derive(Serialize)]
    pub struct TokenInstallment {
        /// Answered as it was sent; it has no effect.
        optional id: Text<0, 64>,
        /// How many, from 1 to 999.
        required value: Whole<1, 999>,
    }
}

/// A one-time token.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionToken {
    /// The token: for one payment on this session, within 15 minutes.
    #[schema(value_type = String, format = Uuid)]
    token: TokenId,
    /// The enrolled method that it stands for.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    vaulted_token: Option<VaultedToken>,
    /// Whether the method is enrolled when the payment succeeds.
    vault_on_success: bool,
    /// The method's type.
    r#type: String,
    /// The card; `null` when it is none.
    #[schema(required)]
    card_data: Option<TokenCard>,
    /// Who pays, as it was sent.
    #[schema(required)]
    customer: Option<KnownPayer>,
    /// In how many parts the customer pays, as it was sent.
    #[schema(value_type = Option<Object>, required)]
    installment: Option<serde_json::Value>,
    /// Where the customer pays.
    country: &'static str,
    /// Not used.
    #[schema(required)]
    customer_session: Option<String>,
}

refusals!(
    ApiError::CheckoutSessionNotFound,
    ApiError::InvalidToken,
    ApiError::InvalidCustomerForToken,
    ApiError::IncorrectPaymentMethodType("CARD".into()),
    ApiError::UnavailablePaymentMethod("PIX".into()),
);

/// Create a one-time token of a checkout session
///
/// Of a card, of an enrolled method, or of any other type that the session offers. For one payment on this session,
/// within 15 minutes. Works with the public key alone.
#[utoipa::path(
    post,
    path = "/v1/checkout/sessions/{checkout_session}/token",
    tag = "tokens",
    params(("checkout_session" = String, Path, description = "Id of the session.")),
    security(("public_api_key" = [])),
    request_body(content = CreateSessionToken, example = json!({
        "payment_method": {
            "type": "CARD",
            "card": {
                "number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123",
                "holder_name": "Ana Souza",
            },
        },
    })),
    responses(
        (status = 201, description = "The token.", body = SessionToken, example = json!({
            "token": "01980f2e-7a6b-7c4d-8e5f-0123456789ad",
            "vaulted_token": null,
            "vault_on_success": false,
            "type": "CARD",
            "card_data": example_card(),
            "customer": null,
            "installment": null,
            "country": "BR",
            "customer_session": null,
        })),
        Refusals,
    ),
)]
pub async fn create_session_token(
    State(app): State<AppState>,
    client: SdkClient,
    PathParameter(id): PathParameter,
    Body { value: new, .. }: Body<CreateSessionToken>,
) -> Result<(StatusCode, Json<SessionToken>), ApiError> {
    let organization = client.organization;
    let session = find_active(&app, organization, &id, app.clock.now(organization)).await?;
    if session.used {
        return Err(ApiError::CheckoutSessionNotFound);
    }
    if new.account_id.is_some_and(|account| account != session.account_id) {
        return Err(ApiError::InvalidAccountId);
    }
    let r#type = new.payment_method.r#type.as_str();
    let offers = app.accounts.offers(&app.db, &app.clock, organization, session.account_id).await?;
    let enrolled = new.payment_method.vaulted_token.as_ref().is_some_and(|token| !token.as_str().is_empty());
    let offered = offers
        .served(session.checkout_id, session.situation())
        .filter(|offer| if enrolled { offer.allows_enrolled() } else { offer.is_offered() })
        .map(|offer| offer.method)
        .find(|method| method.r#type == r#type);
    let Some(offered) = offered else { return Err(ApiError::UnavailablePaymentMethod(r#type.to_owned())) };
    let token = match session.customer_id {
        Some(_) => {
            let mut transaction = app.db.begin().await?;
            let token = make(&app, &mut transaction, organization, &session, offered.flow, new).await?;
            transaction.commit().await?;
            token
        }
        // Nobody is held, so that its one statement needs no transaction.
        None => make(&app, &mut *app.db.acquire().await?, organization, &session, offered.flow, new).await?,
    };
    Ok((StatusCode::CREATED, Json(token)))
}

/// Makes a token of what was sent, on a session that offers its type.
async fn make(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    session: &checkout_sessions::Row,
    flow: Flow,
    sent: CreateSessionToken,
) -> Result<SessionToken, ApiError> {
    let now = app.clock.now(organization);
    let CreateSessionToken { card_data, payment_method: method, .. } = sent;
    let r#type = method.r#type.into_string();
    // A session outlives its customer. Held before the method, as who deletes it does.
    let customer_id = match session.customer_id {
        Some(customer) if customers::hold(connection, organization, customer).await? => Some(customer),
        _ => None,
    };

    let sent = method.vaulted_token.map(Text::into_string).filter(|token| !token.is_empty());
    let vaulted_token =
        sent.map(|token| VaultedToken::parse(&token).map_err(|_| ApiError::InvalidToken)).transpose()?;
    let save = method.card.as_ref().and_then(|card| card.save).unwrap_or(false);
    let installment = method.card.as_ref().and_then(|card| card.installment.clone());
    let card = match vaulted_token {
        Some(vaulted_token) => {
            let enrolled = payment_methods::hold_enrolled(connection, organization, vaulted_token).await?;
            let enrolled = enrolled.ok_or(ApiError::InvalidToken)?;
            if session.customer_id != Some(enrolled.customer_id) {
                return Err(ApiError::InvalidCustomerForToken);
            }
            if enrolled.payment_method_type != r#type {
                return Err(ApiError::IncorrectPaymentMethodType(enrolled.payment_method_type));
            }
            // Whose name is on it is not for whoever has the public key.
            enrolled.card.map(|card| KeptCard { holder_name: None, ..card.0 })
        }
        None if flow == Flow::Card => {
            let (card, place) = method.card.map_or_else(|| Ok((None, "")), whole_card)?;
            let card = card.map(|card| (card, place)).or(card_data.map(|card| (card, "card_data")));
            let missing = || ApiError::MissingParameters(vec!["payment_method.card.number: is required".to_owned()]);
            let (card, place) = card.ok_or_else(missing)?;
            Some(card.keep(app, organization, place)?)
        }
        None => None,
    };
    let customer =
        method.customer.map(|customer| KnownPayer::read(&known(Some(&customer), None, None)?)).transpose()?;
    let answer = SessionToken {
        token: TokenId::new(now),
        vaulted_token,
        vault_on_success: save,
        card_data: card.as_ref().map(|card| TokenCard::new(card, Some(session.country.as_str()))),
        customer,
        installment: installment.as_ref().map(|installment| serde_json::json!(installment)),
        country: session.country.as_str(),
        customer_session: None,
        r#type,
    };
    let token = tokens::Row {
        token_id: answer.token,
        account_id: session.account_id,
        checkout_session_id: Some(session.checkout_session_id),
        customer_id,
        payment_method_type: answer.r#type.clone(),
        vaulted_token,
        vault_on_success: save,
        card: card.map(Kept),
        installments: installment.and_then(|installment| i16::try_from(installment.value.0).ok()),
        created_at: now,
        expires_at: now.plus(lifetime()),
    };
    tokens::insert(connection, organization, &token).await?;
    Ok(answer)
}

/// The card of either form, and where it stood. None when there is no number and nothing of a card at all.
fn whole_card(sent: TokenMethodCard) -> Result<(Option<NewCard>, &'static str), ApiError> {
    let (place, part) = match sent.detail {
        Some(detail) => ("payment_method.card.detail", detail),
        None => {
            let TokenMethodCard {
                number, expiration_month, expiration_year, security_code, holder_name, r#type, ..
            } = sent;
            let part =
                TokenCardDetail { number, expiration_month, expiration_year, security_code, holder_name, r#type };
            ("payment_method.card", part)
        }
    };
    if part.number.is_none() && part.expiration_month.is_none() && part.expiration_year.is_none() {
        return Ok((None, place));
    }
    let missing: Vec<_> = [
        ("number", part.number.is_none()),
        ("expiration_month", part.expiration_month.is_none()),
        ("expiration_year", part.expiration_year.is_none()),
    ]
    .into_iter()
    .filter(|(_, missing)| *missing)
    .map(|(field, _)| format!("{place}.{field}: is required"))
    .collect();
    match (part.number, part.expiration_month, part.expiration_year) {
        (Some(number), Some(expiration_month), Some(expiration_year)) => {
            let card = NewCard {
                number,
                expiration_month,
                expiration_year,
                security_code: part.security_code,
                holder_name: part.holder_name,
                r#type: part.r#type,
            };
            Ok((Some(card), place))
        }
        _ => Err(ApiError::MissingParameters(missing)),
    }
}
