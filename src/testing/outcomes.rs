//! How the next payments and enrollments of an organization end, as a test has decided.

use crate::catalog::Flow;
use crate::db::transactions::MAIN_POSITION;
use crate::db::{payments, transactions};
use crate::gateway::{Answer, ResponseCode, challenge_asked, three_d_secure};
use crate::lifecycle::flow_of;
use crate::types::{AccountId, EnrollmentStatus, OutcomeId, TransactionType};

/// Outcomes that can wait for an organization at a time.
pub const MOST: usize = 100;

/// What the next of something come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: OutcomeId,
    /// Of this account alone.
    pub account_id: Option<AccountId>,
    /// Of this order alone.
    pub merchant_order_id: Option<String>,
    /// Of transactions of this type; without, of those that payments begin with.
    pub transaction_type: Option<TransactionType>,
    /// For how many it stands yet.
    pub left: u16,
    /// What they come to.
    pub ends_as: EndsAs,
}

/// What something comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndsAs {
    /// A transaction, with a response of its provider.
    Response(ResponseCode),
    /// A card's payment, with this result of authenticating the cardholder.
    ThreeDSecure(String),
    /// An enrollment.
    Enrollment(EnrollmentStatus),
}

/// Outcomes that wait, in the order in which they were decided.
#[derive(Default)]
pub struct Outcomes(Vec<Outcome>);

impl Outcomes {
    /// Adds one; `false` when there are as many as there can be.
    pub fn add(&mut self, outcome: Outcome) -> bool {
        let room = self.0.len() < MOST;
        if room {
            self.0.push(outcome);
        }
        room
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Outcome] {
        &self.0
    }

    /// Takes one back; `false` when there is none.
    pub fn remove(&mut self, id: OutcomeId) -> bool {
        let before = self.0.len();
        self.0.retain(|outcome| outcome.id != id);
        self.0.len() < before
    }

    /// What a transaction of a payment comes to, if that was decided. The first that fits is used once.
    pub fn take_answer(&mut self, payment: &payments::Row, transaction: &transactions::Row) -> Option<Answer> {
        let is_card = flow_of(&payment.payment_method_type) == Flow::Card;
        self.take(|outcome| {
            let asked = match outcome.transaction_type {
                Some(r#type) => r#type == transaction.r#type,
                None => transaction.position == MAIN_POSITION,
            };
            let order = outcome.merchant_order_id.as_ref().is_none_or(|order| *order == payment.merchant_order_id);
            if !asked || !order || outcome.account_id.is_some_and(|account| account != payment.account_id) {
                return None;
            }
            // A capture or a refund has no cardholder to authenticate.
            let authenticates = is_card && transaction.position == MAIN_POSITION;
            match &outcome.ends_as {
                EndsAs::Response(response) if authenticates && response.code == "CHALLENGE_REQUIRED" => {
                    Some(challenge_asked())
                }
                EndsAs::Response(response) => Some(Answer::plain(response.clone())),
                EndsAs::ThreeDSecure(result) if authenticates => three_d_secure(result),
                EndsAs::ThreeDSecure(_) | EndsAs::Enrollment(_) => None,
            }
        })
    }

    /// What an enrollment in an account comes to, if that was decided. The first that fits is used once.
    pub fn take_enrollment(&mut self, account: AccountId) -> Option<EnrollmentStatus> {
        self.take(|outcome| match outcome.ends_as {
            EndsAs::Enrollment(status) if outcome.account_id.is_none_or(|asked| asked == account) => Some(status),
            _ => None,
        })
    }

    fn take<T>(&mut self, fits: impl Fn(&Outcome) -> Option<T>) -> Option<T> {
        let (at, taken) = self.0.iter().enumerate().find_map(|(at, outcome)| Some((at, fits(outcome)?)))?;
        self.0[at].left -= 1;
        if self.0[at].left == 0 {
            self.0.remove(at);
        }
        Some(taken)
    }
}
