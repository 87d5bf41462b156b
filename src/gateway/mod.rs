//! Who decides what a transaction comes to. Which gateway is asked follows from the connection's provider; none is
//! ever asked inside of a database transaction.

mod response_codes;
mod simulated;
mod testing;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use response_codes::{ResponseCode, advice, message};
pub use simulated::Simulated;
pub use testing::{Testing, authenticate, card_outcome, challenge_asked, challenge_ended, challenged, three_d_secure};

use crate::catalog::{Flow, TESTING_GATEWAY};
use crate::types::{Amount, CardOutcome, TransactionStatus, TransactionType};

/// How long a gateway may take before the transaction ends as `PROVIDER_TIMEOUT`.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What a gateway is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// What to do.
    pub r#type: TransactionType,
    /// How much money it is about.
    pub amount: Amount,
    /// How a customer pays with the method.
    pub flow: Flow,
    /// What the card's number makes it do; `None` when it is no card.
    pub card: Option<CardOutcome>,
    /// What the merchant wrote on the payment.
    pub description: String,
    /// Whether the customer must agree first. An enrolled method was agreed to when it was enrolled.
    pub ask_customer: bool,
}

/// What a gateway answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What authenticating the cardholder came to, when that was tried.
    pub authentication: Option<Authentication>,
    /// What the transaction itself came to.
    pub response: ResponseCode,
}

/// What authenticating a cardholder came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The simulator's name of the result.
    pub result: String,
    /// How the authentication stands.
    pub response: ResponseCode,
    /// What it proves; nothing as long as it is not done.
    pub proof: Option<Proof>,
}

/// What an authentication proves to the card's issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The status that the issuer gave: `Y`, `A`, `N`, `U` or `R`.
    pub status: &'static str,
    /// Electronic commerce indicator.
    pub electronic_commerce_indicator: &'static str,
    /// Authentication value.
    pub cryptogram: Option<&'static str>,
}

impl Answer {
    /// A response without authentication.
    #[must_use]
    pub fn plain(response: ResponseCode) -> Self {
        Self { authentication: None, response }
    }
}

/// Decides what transactions come to.
pub trait Gateway: Send + Sync {
    /// Decides about one. It may take its time: nothing waits for it but the one request.
    fn decide(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>>;
}

/// The response code of a gateway that did not answer in time.
pub const TIMED_OUT: &str = "PROVIDER_TIMEOUT";

/// Every gateway, by provider.
#[derive(Clone)]
pub struct Gateways {
    by_provider: HashMap<String, Arc<dyn Gateway>>,
    any_other: Arc<dyn Gateway>,
    time_limit: Duration,
}

impl Default for Gateways {
    /// The testing gateway for cards, and the simulated provider for everything else.
    fn default() -> Self {
        let testing: Arc<dyn Gateway> = Arc::new(Testing);
        Self {
            by_provider: HashMap::from([(TESTING_GATEWAY.to_owned(), testing)]),
            any_other: Arc::new(Simulated),
            time_limit: TIME_LIMIT,
        }
    }
}

impl Gateways {
    /// The same with another gateway for a provider, and another limit on how long a gateway may take.
    #[must_use]
    pub fn with(mut self, provider: &str, gateway: Arc<dyn Gateway>, time_limit: Duration) -> Self {
        self.by_provider.insert(provider.to_owned(), gateway);
        self.time_limit = time_limit;
        self
    }

    /// Asks the gateway of a provider. One that does not answer in time has answered [`TIMED_OUT`].
    pub async fn ask(&self, provider: &str, question: Question) -> Answer {
        let gateway = self.by_provider.get(provider).unwrap_or(&self.any_other);
        tokio::time::timeout(self.time_limit, gateway.decide(question))
            .await
            .unwrap_or_else(|_| Answer::plain(ResponseCode::of(TransactionStatus::Error, TIMED_OUT)))
    }
}
