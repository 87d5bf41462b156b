//! `POST /v1/tokens`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{example_card, lifetime};
use crate::api::auth::Merchant;
use crate::api::cards::{NewCard, TokenCard};
use crate::api::document::refusals;
use crate::api::payments::{CustomerPayer, KnownPayer, known};
use crate::db::tokens;
use crate::error::ApiError;
use crate::input::{Body, input};
use crate::state::AppState;
use crate::types::{AccountId, Country, TokenId};

input! {
    /// A card to make a one-time token of.
    pub struct CreateToken {
        /// The account that is paid.
        required account_id: AccountId,
        /// Where the customer pays.
        optional country: Country,
        /// The card. Its number and security code are read and not kept.
        required card_data: NewCard,
        /// Who pays: answered as it was sent, and not kept.
        optional customer_payer: CustomerPayer,
    }
}

/// A one-time token of a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// The token: for one payment, within 15 minutes.
    #[schema(value_type = String, format = Uuid)]
    token: TokenId,
    /// The card.
    card_data: TokenCard,
    /// Who pays, as it was sent; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer_payer: Option<KnownPayer>,
}

refusals!();

/// Create a one-time token
///
/// Of a card, for a payment with the workflow `DIRECT`, or for enrolling. It lives 15 minutes.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    tag = "tokens",
    request_body(content = CreateToken, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "card_data": {
            "number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123",
            "holder_name": "Ana Souza",
        },
    })),
    responses(
        (status = 201, description = "The token.", body = Token, example = json!({
            "token": "01980f2e-7a6b-7c4d-8e5f-0123456789ad",
            "card_data": example_card(),
        })),
        Refusals,
    ),
)]
pub async fn create_token(
    State(app): State<AppState>,
    merchant: Merchant,
    Body { value: new, .. }: Body<CreateToken>,
) -> Result<(StatusCode, Json<Token>), ApiError> {
    let account_id = merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let now = app.clock.now(organization);
    let card = new.card_data.keep(&app, organization, "card_data")?;
    let payer = new.customer_payer.map(|payer| KnownPayer::read(&known(Some(&payer), None, None)?)).transpose()?;
    let answer = Token { token: TokenId::new(now), card_data: TokenCard::new(&card, None), customer_payer: payer };
    let token = tokens::Row {
        token_id: answer.token,
        account_id,
        checkout_session_id: None,
        customer_id: None,
        payment_method_type: "CARD".to_owned(),
        vaulted_token: None,
        vault_on_success: false,
        card: Some(sqlx::types::Json(card)),
        installments: None,
        created_at: now,
        expires_at: now.plus(lifetime()),
    };
    tokens::insert(&mut *app.db.acquire().await?, organization, &token).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}
