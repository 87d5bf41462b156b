//! What a session says, as far as conditions and the rule which methods it offers need it.

use serde_json::Value;

use crate::types::{Amount, Country, Currency};

/// What a session says.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Where the customer is.
    pub country: Country,
    /// What is paid; `None` of a session for enrolling: only types that can be enrolled count then.
    pub purchase: Option<Purchase<'a>>,
}

/// What is paid.
#[derive(Clone, Copy, Debug)]
pub struct Purchase<'a> {
    /// In which currency.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// The merchant's own entries, in either form.
    pub metadata: Option<&'a Value>,
}

impl Situation<'_> {
    /// The currency; `None` where no money moves.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.purchase.map(|purchase| purchase.currency)
    }
}
