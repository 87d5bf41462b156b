//! What the outcome of a transaction makes of its payment: its state and its money. Pure.

use chrono::TimeDelta;

use crate::catalog::{CATALOG, Flow};
use crate::types::{Amount, PaymentStatus, PaymentSubStatus, TransactionStatus, TransactionType};

/// The state of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Roughly.
    pub status: PaymentStatus,
    /// Exactly.
    pub sub_status: PaymentSubStatus,
}

impl State {
    /// The two together.
    #[must_use]
    pub const fn new(status: PaymentStatus, sub_status: PaymentSubStatus) -> Self {
        Self { status, sub_status }
    }

    /// Whether the payment has come to an end, as far as its checkout session is concerned. A refund can still follow.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        use PaymentStatus as S;
        use PaymentSubStatus as Sub;
        match self.status {
            S::Created | S::Pending | S::InDispute => false,
            // What was captured in part can be captured further, until something was given back.
            S::Succeeded => self.sub_status != Sub::PartiallyCaptured,
            S::Declined | S::Rejected | S::Error | S::Expired | S::Canceled | S::Refunded | S::Chargeback => true,
        }
    }

    /// Whether it is not decided yet whether the money comes: held money has come.
    #[must_use]
    pub fn is_undecided(self) -> bool {
        self.status == PaymentStatus::Pending && self.sub_status != PaymentSubStatus::Authorized
    }

    /// Whether the customer, or the SDK for it, has something left to do.
    #[must_use]
    pub fn waits_for_customer(self) -> bool {
        self.status == PaymentStatus::Pending
            && matches!(self.sub_status, PaymentSubStatus::InProcess | PaymentSubStatus::WaitingAdditionalStep)
    }
}

/// The money of a payment. Always: refunded ≤ paid ≤ value, and captured is what captures took of paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// What the payment is for.
    pub value: Amount,
    /// What was taken in, at once or by captures.
    pub paid: Amount,
    /// What captures took.
    pub captured: Amount,
    /// What was given back.
    pub refunded: Amount,
}

/// What a transaction came to.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What it asked for.
    pub r#type: TransactionType,
    /// How much of it.
    pub amount: Amount,
    /// How it stands.
    pub status: TransactionStatus,
    /// Why.
    pub response_code: &'a str,
    /// Whether what the payment gave back last was lost in a dispute, and not refunded.
    pub lost_last: bool,
}

/// The payment after a step.
#[must_use]
pub fn after(state: State, money: Money, step: Step<'_>) -> (State, Money) {
    use PaymentStatus as S;
    use PaymentSubStatus as Sub;
    use TransactionType as T;
    if step.r#type == T::Chargeback {
        return disputed(money, step);
    }
    if step.status != TransactionStatus::Succeeded {
        return match step.r#type {
            T::Purchase | T::Authorize | T::Verify => (unfinished(step), money),
            // The payment stays what it was: the money did not move.
            T::Capture | T::Cancel | T::Refund | T::ThreeDSecure | T::Chargeback => (state, money),
        };
    }
    match step.r#type {
        T::Purchase => (State::new(S::Succeeded, Sub::Approved), Money { paid: step.amount, ..money }),
        T::Authorize => (State::new(S::Pending, Sub::Authorized), money),
        T::Verify => (State::new(S::Succeeded, Sub::Verified), money),
        T::Capture => {
            let captured = money.captured.plus(step.amount);
            let sub_status = if captured == money.value { Sub::Captured } else { Sub::PartiallyCaptured };
            (State::new(S::Succeeded, sub_status), Money { captured, paid: money.paid.plus(step.amount), ..money })
        }
        T::Cancel => (State::new(S::Canceled, Sub::Canceled), money),
        T::Refund => {
            let money = Money { refunded: money.refunded.plus(step.amount), ..money };
            match money.refunded == money.paid {
                true => (State::new(S::Refunded, Sub::Refunded), money),
                false => (State::new(S::Succeeded, Sub::PartiallyRefunded), money),
            }
        }
        T::ThreeDSecure | T::Chargeback => (state, money),
    }
}

/// The payment as a dispute of it stands. What is lost counts as given back.
fn disputed(money: Money, step: Step<'_>) -> (State, Money) {
    use PaymentStatus as S;
    use PaymentSubStatus as Sub;
    match step.status {
        TransactionStatus::Created => (State::new(S::InDispute, Sub::Received), money),
        TransactionStatus::Won => (State::new(S::Succeeded, paid_as(money, step.lost_last)), money),
        TransactionStatus::Lost | TransactionStatus::Prevented => {
            let money = Money { refunded: money.refunded.plus(step.amount), ..money };
            match money.refunded == money.paid {
                true => (State::new(S::Chargeback, Sub::Lost), money),
                false => (State::new(S::Succeeded, Sub::PartiallyChargebacked), money),
            }
        }
        _ => (State::new(S::InDispute, Sub::PendingReview), money),
    }
}

/// How a payment stands that was paid, by its money.
fn paid_as(money: Money, lost_last: bool) -> PaymentSubStatus {
    match money {
        Money { refunded, .. } if refunded > Amount::ZERO && lost_last => PaymentSubStatus::PartiallyChargebacked,
        Money { refunded, .. } if refunded > Amount::ZERO => PaymentSubStatus::PartiallyRefunded,
        Money { captured, .. } if captured == Amount::ZERO => PaymentSubStatus::Approved,
        Money { captured, value, .. } if captured == value => PaymentSubStatus::Captured,
        _ => PaymentSubStatus::PartiallyCaptured,
    }
}

/// The state of a payment whose first transaction has not succeeded.
fn unfinished(step: Step<'_>) -> State {
    use PaymentStatus as S;
    use PaymentSubStatus as Sub;
    let (status, sub_status) = match (step.status, step.response_code) {
        (TransactionStatus::Declined, "FRAUD_VERIFICATION_DECLINED") => (S::Declined, Sub::FraudDeclined),
        (TransactionStatus::Declined, _) => (S::Declined, Sub::Declined),
        (TransactionStatus::Rejected, _) => (S::Rejected, Sub::Rejected),
        (TransactionStatus::Error, "PROVIDER_TIMEOUT") => (S::Error, Sub::Timeout),
        // The last three are those of disputes alone.
        (
            TransactionStatus::Error | TransactionStatus::Won | TransactionStatus::Lost | TransactionStatus::Prevented,
            _,
        ) => (S::Error, Sub::Error),
        (TransactionStatus::Expired, _) => (S::Expired, Sub::Expired),
        (TransactionStatus::Canceled, _) => (S::Canceled, Sub::Canceled),
        (TransactionStatus::Pending, "CHALLENGE_REQUIRED") => (S::Pending, Sub::WaitingAdditionalStep),
        (TransactionStatus::Pending, "PENDING_FRAUD_REVIEW" | "PENDING_REVIEW") => {
            (S::Pending, Sub::PendingFraudReview)
        }
        (TransactionStatus::Pending, _) => (S::Pending, Sub::PendingProviderConfirmation),
        (TransactionStatus::Created | TransactionStatus::Succeeded, _) => (S::Pending, Sub::InProcess),
    };
    State::new(status, sub_status)
}

/// How long a customer has for what the flow of a method asks of it.
#[must_use]
pub fn patience(flow: Flow) -> TimeDelta {
    match flow {
        Flow::Card => TimeDelta::minutes(30),
        Flow::Wallet | Flow::Redirect | Flow::Qr | Flow::Bnpl => TimeDelta::hours(1),
        Flow::BankTransfer => TimeDelta::hours(24),
        Flow::Voucher | Flow::Payout | Flow::Service => TimeDelta::days(3),
    }
}

/// How a customer pays with a type; like a voucher where the catalog does not know it.
#[must_use]
pub fn flow_of(r#type: &str) -> Flow {
    CATALOG.method(r#type).map_or(Flow::Voucher, |method| method.flow)
}
