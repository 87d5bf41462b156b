//! What a payment is paid with, and which connection takes it.

use serde_json::Value;

use super::installments::Installments;
use super::{CardDetail, CardDetailSent, CreatePayment, StoredCredentialsDetail};
use crate::api::idempotency::Keyed;
use crate::api::tokens;
use crate::availability::{self, Situation, Verdict, judge};
use crate::catalog::{CATALOG, Flow};
use crate::db::{Connection, checkout_sessions, customers, payment_methods};
use crate::error::ApiError;
use crate::lifecycle::flow_of;
use crate::types::{CustomerId, KeptCard, OrganizationId, PaymentId, Text, Timestamp, TokenId, VaultedToken};

/// What decides what a payment is paid with.
pub(super) struct Paying<'a> {
    /// What was sent.
    pub new: &'a CreatePayment,
    /// What the session has decided beforehand.
    pub decided: Option<&'a Value>,
    /// The session that is paid.
    pub session: Option<&'a checkout_sessions::Row>,
    /// Who pays.
    pub customer: Option<&'a customers::Row>,
    /// The payment to be.
    pub payment: PaymentId,
}

/// What a payment is paid with.
pub(super) struct Method {
    /// Its type.
    pub r#type: String,
    /// Its card.
    pub card: Option<KeptCard>,
    /// The one-time token that was used up for it.
    pub token_id: Option<TokenId>,
    /// The enrolled method.
    pub vaulted_token: Option<VaultedToken>,
    /// Whose enrolled method it is.
    pub customer_id: Option<CustomerId>,
    /// Whether the token wants it enrolled.
    pub vault_on_success: bool,
    /// In how many parts the token wants it paid.
    pub installments: Option<u16>,
}

impl Method {
    /// Reads what was sent, and uses a one-time token up.
    pub async fn of(
        keyed: &Keyed<'_>,
        connection: &mut Connection,
        paying: Paying<'_>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let organization = keyed.organization;
        let Paying { new, decided, session, customer, payment } = paying;
        let sent = &new.payment_method;
        let text = |text: &Option<Text<0, 64>>| {
            text.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty())
        };
        let customer = customer.map(|customer| customer.customer_id);
        let mut method = Self {
            r#type: sent.r#type.as_ref().map(|r#type| r#type.as_str().to_owned()).unwrap_or_default(),
            card: None,
            token_id: None,
            vaulted_token: None,
            customer_id: None,
            vault_on_success: false,
            installments: None,
        };
        // What the session has decided holds where the payment says nothing.
        let decided = |field: &str| decided.and_then(|decided| decided.get(field)).and_then(Value::as_str);
        let named = text(&sent.token).is_some() || sent.detail.is_some();
        let enrolled = text(&sent.vaulted_token)
            .or_else(|| decided("vaulted_token").filter(|_| !named && sent.r#type.is_none()).map(str::to_owned));
        if method.r#type.is_empty() && !named && enrolled.is_none() {
            decided("type").unwrap_or_default().clone_into(&mut method.r#type);
        }
        if let Some(vaulted_token) = enrolled {
            let vaulted_token = VaultedToken::parse(&vaulted_token).map_err(|_| ApiError::InvalidToken)?;
            method.use_enrolled(connection, organization, vaulted_token, customer).await?;
        } else if let Some(token) = text(&sent.token) {
            let session = session.map(|session| session.checkout_session_id);
            let for_what = tokens::For { account: new.account_id, session, customer };
            let token = tokens::take(connection, organization, &token, for_what, payment.into(), now).await?;
            method.token_id = Some(token.token_id);
            method.vault_on_success = token.vault_on_success;
            method.installments = token.installments.and_then(|parts| u16::try_from(parts).ok());
            match token.vaulted_token {
                Some(vaulted_token) => {
                    method.use_enrolled(connection, organization, vaulted_token, customer).await?;
                }
                None => {
                    method.is(&token.payment_method_type)?;
                    method.card = token.card.map(|card| card.0);
                }
            }
        } else {
            let card = sent.detail.as_ref().and_then(|detail| detail.card.as_ref());
            if method.r#type.is_empty() {
                let field = if card.is_some() { "payment_method.type" } else { "payment_method.token" };
                return Err(ApiError::MissingParameters(vec![format!("{field}: is required")]));
            }
            if flow_of(&method.r#type) == Flow::Card {
                let place = "payment_method.detail.card.card_data";
                let by_providers_token = card.is_some_and(CardDetailSent::has_providers_token);
                match card.and_then(|card| card.card_data.clone()) {
                    Some(card) => method.card = Some(card.keep(keyed.app, organization, place)?),
                    None if by_providers_token => {}
                    None => return Err(ApiError::MissingParameters(vec![format!("{place}: is required")])),
                }
            }
        }
        Ok(method)
    }

    /// Pays with what a customer has enrolled.
    async fn use_enrolled(
        &mut self,
        connection: &mut Connection,
        organization: OrganizationId,
        vaulted_token: VaultedToken,
        customer: Option<CustomerId>,
    ) -> Result<(), ApiError> {
        // Its customer is held before it, as who deletes the customer does.
        let known = payment_methods::find_enrolled(connection, organization, vaulted_token).await?;
        let owner = known.ok_or(ApiError::InvalidToken)?.customer_id;
        customers::hold(connection, organization, owner).await?;
        let enrolled = payment_methods::hold_enrolled(connection, organization, vaulted_token).await?;
        let enrolled = enrolled.ok_or(ApiError::InvalidToken)?;
        if customer.is_some_and(|customer| customer != enrolled.customer_id) {
            return Err(ApiError::InvalidCustomerForToken);
        }
        self.is(&enrolled.payment_method_type)?;
        self.card = enrolled.card.map(|card| card.0);
        self.vaulted_token = Some(vaulted_token);
        self.customer_id = Some(enrolled.customer_id);
        Ok(())
    }

    /// Takes the type of a token, which what was sent must not contradict.
    fn is(&mut self, r#type: &str) -> Result<(), ApiError> {
        match self.r#type.is_empty() || self.r#type == r#type {
            true => r#type.clone_into(&mut self.r#type),
            false => return Err(ApiError::IncorrectPaymentMethodType(r#type.to_owned())),
        }
        Ok(())
    }
}

/// The connection that takes a type: the oldest active one of the account that serves it in the situation, whatever
/// checkouts show.
#[must_use]
pub fn route<'a>(
    connections: &'a [availability::Connection],
    situation: &Situation<'_>,
    r#type: &str,
) -> Option<&'a availability::Connection> {
    let verdicts = judge(situation, connections, None, &CATALOG);
    let verdict = verdicts.iter().find(|verdict| verdict.r#type == r#type && verdict.offered());
    verdict.and_then(Verdict::decided_by).map(|(connection, _)| connection)
}

/// The details of a card payment as they are kept.
pub(super) fn card_detail(
    sent: Option<&CardDetailSent>,
    capture: bool,
    verify: bool,
    installments: &Installments,
) -> CardDetail {
    let words = |text: &Option<Text<0, 64>>| text.as_ref().map(|text| text.as_str().to_owned());
    let more = |text: &Option<Text<0, 255>>| text.as_ref().map(|text| text.as_str().to_owned());
    let credentials = sent.and_then(|card| card.stored_credentials.as_ref());
    CardDetail {
        verify,
        capture: capture && !verify,
        installments: installments.number,
        installments_plan_id: installments.plan_id.map(|plan| plan.to_string()),
        first_installment_deferral: sent
            .and_then(|card| card.first_installment_deferral)
            .map_or(installments.deferral, |months| months.0),
        installments_type: installments.r#type.to_owned(),
        installment_amount: installments.amount,
        soft_descriptor: sent.and_then(|card| more(&card.soft_descriptor)).unwrap_or_default(),
        acquirer_reference_number: sent.and_then(|card| more(&card.acquirer_reference_number)).unwrap_or_default(),
        stored_credentials: StoredCredentialsDetail {
            reason: credentials.and_then(|credentials| words(&credentials.reason)),
            usage: credentials.and_then(|credentials| words(&credentials.usage)),
            subscription_agreement_id: credentials.and_then(|credentials| more(&credentials.subscription_agreement_id)),
            network_transaction_id: credentials.and_then(|credentials| more(&credentials.network_transaction_id)),
        },
        ..CardDetail::default()
    }
}
