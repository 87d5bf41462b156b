//! What an SDK client reads of the API's answers.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use crate::api::checkout_sessions::SessionStatus;
use crate::catalog::Flow;
use crate::lifecycle::{State, flow_of};
use crate::types::{Country, Currency, PaymentStatus, PaymentSubStatus, Workflow};

/// What a checkout shows.
#[derive(Deserialize)]
pub struct Info {
    /// The session.
    pub checkout_session: String,
    /// The merchant's id of the order.
    pub merchant_order_id: String,
    /// What is paid for.
    pub payment_description: String,
    /// Where.
    pub country: Country,
    /// How much.
    pub amount: Amount,
    /// How its payment is made.
    pub workflow: Workflow,
    /// Whether it can be paid.
    pub status: SessionStatus,
    /// Where the customer goes when done.
    pub return_url: Option<String>,
    /// Whether a card can be saved.
    pub can_enroll: bool,
    /// How it looks.
    pub styling: Value,
    /// Its payment.
    pub payment: Option<Payment>,
}

/// An amount of money.
#[derive(Deserialize)]
pub struct Amount {
    /// In which currency.
    pub currency: Currency,
    /// How much.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub value: Decimal,
}

/// The payment of a session.
#[derive(Deserialize)]
pub struct Payment {
    /// How it stands, roughly.
    pub status: PaymentStatus,
    /// How it stands, exactly.
    pub sub_status: PaymentSubStatus,
    /// Where the customer goes on.
    pub redirect_url: Option<String>,
    /// What the customer needs to pay.
    pub payment_method_detail: Option<Value>,
}

/// A method that a session offers.
#[derive(Deserialize)]
pub struct Method {
    /// What the customer reads.
    pub name: String,
    /// What the customer reads below it.
    pub description: String,
    /// Its type.
    pub r#type: String,
    /// A picture of it.
    pub icon: String,
    /// What stands for it when it is enrolled.
    pub vaulted_token: Option<String>,
    /// The card, when it is an enrolled one.
    pub card_data: Option<Card>,
}

/// An enrolled card.
#[derive(Deserialize)]
pub struct Card {
    /// Its brand.
    pub brand: String,
    /// Its last four digits.
    pub lfd: String,
}

impl Info {
    /// Whether its payment has come to an end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| !payment.is_open())
    }
}

impl Method {
    /// Whether it is a card that is not enrolled.
    #[must_use]
    pub fn is_new_card(&self) -> bool {
        self.vaulted_token.is_none() && flow_of(&self.r#type) == Flow::Card
    }
}

impl Payment {
    /// Whether the customer, or a provider, has something left to do.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == PaymentStatus::Created || State::new(self.status, self.sub_status).is_undecided()
    }

    /// Both words of how it stands.
    #[must_use]
    pub fn state(&self) -> String {
        format!("{} {}", self.status.as_str(), self.sub_status.as_str())
    }

    /// Something of what the customer needs to pay, whatever kind of method it is.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        let kinds = self.payment_method_detail.as_ref()?.as_object()?;
        kinds.values().find_map(|kind| kind.get(name)?.as_str()).filter(|text| !text.is_empty())
    }
}
