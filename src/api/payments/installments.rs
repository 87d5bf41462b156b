//! In how many parts a card payment is paid, and by which plan.

use crate::api::installments_plans::{SessionChoice, plan_of_account};
use crate::db::{Connection, checkout_sessions};
use crate::error::ApiError;
use crate::installments::{Part, Plan};
use crate::types::{Amount, InstallmentType, OrganizationId, PlanId};

/// In how many parts somebody wants to pay.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// As the card's details have it.
    pub sent: Option<u16>,
    /// As its token has it.
    pub of_token: Option<u16>,
}

/// In how many parts a card payment is paid.
pub(super) struct Installments {
    /// How many; 1 when nobody says.
    pub number: u16,
    /// The account's plan of them.
    pub plan_id: Option<PlanId>,
    /// Months until the first, as the plan says.
    pub deferral: u16,
    /// Whose plan it is; empty when nobody says.
    pub r#type: &'static str,
    /// What each is, when there is a plan.
    pub amount: Option<Amount>,
}

impl Installments {
    /// Those that the card's details ask for, or else its token, of a payment that may be made on a session. When that has
    /// instalments of its own, or names a plan that its account has, there is no other choice than theirs; but everything
    /// at once can always be paid. Else a backend decides, and a customer has what is `offered`: a plan of the account, if
    /// one applies.
    pub async fn of(
        connection: &mut Connection,
        organization: OrganizationId,
        session: Option<&checkout_sessions::Row>,
        Asked { sent, of_token }: Asked,
        offered: Option<Option<&Plan>>,
    ) -> Result<Self, ApiError> {
        let number = sent.or(of_token).unwrap_or(1);
        let without = Self { number, plan_id: None, deferral: 0, r#type: "", amount: None };
        let Some(session) = session else { return Ok(without) };
        let SessionChoice { own, plan_id } = SessionChoice::of(session.installments.as_ref());
        let named = match plan_id.filter(|_| own.is_empty()) {
            // Deleted since, it is as if it had not been named.
            Some(id) => plan_of_account(connection, organization, session.account_id, id).await?,
            None => None,
        };
        let (parts, plan_id, deferral) = match (named, offered) {
            _ if !own.is_empty() => (own, None, 0),
            (Some(plan), _) => (plan.installments, Some(plan.plan_id), plan.first_installment_deferral),
            (None, Some(Some(plan))) => {
                (plan.installments.clone(), Some(plan.plan_id), plan.first_installment_deferral)
            }
            (None, Some(None)) => (Vec::new(), None, 0),
            (None, None) => return Ok(without),
        };
        match parts.iter().find(|part| part.installment == number) {
            Some(part) => Ok(Self {
                number,
                plan_id,
                deferral: u16::try_from(deferral).unwrap_or(0),
                r#type: match part.r#type {
                    Some(InstallmentType::Merchant) => "MERCHANT",
                    Some(InstallmentType::Issuer) => "ISSUER",
                    None => "",
                },
                amount: Some(part.cost(session.amount, Some(session.currency)).value),
            }),
            None if number == 1 => Ok(without),
            None => Err(not_among(&parts, number, sent.is_some())),
        }
    }
}

/// The refusal of a number that is not among those of the session.
fn not_among(parts: &[Part], number: u16, is_sent: bool) -> ApiError {
    let field = if is_sent { "payment_method.detail.card.installments" } else { "payment_method.token" };
    let numbers: Vec<_> = parts.iter().map(|part| part.installment.to_string()).collect();
    let choices = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
    ApiError::InvalidParameters(vec![format!(
        "{field}: asks for {number} instalments, and the checkout session has {choices}"
    )])
}
