//! The testing gateway for cards: a card's number, or else the payment's description, decides.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use super::{Answer, Authentication, Gateway, Proof, Question, ResponseCode};
use crate::types::{CardNumber, CardOutcome, TransactionStatus, TransactionType};

/// What each listed number does.
static CARDS: LazyLock<HashMap<String, CardOutcome>> = LazyLock::new(|| {
    let plain = include_str!("../../catalog/test_cards.csv");
    let three_d_secure = include_str!("../../catalog/test_cards_3ds.csv");
    let read = |csv: &'static str, outcome: fn(String) -> CardOutcome| {
        csv::Reader::from_reader(csv.as_bytes())
            .into_deserialize::<(String, String, String)>()
            .map(move |row| row.map(|(number, _, result)| (number, outcome(result))))
    };
    read(plain, CardOutcome::ResponseCode)
        .chain(read(three_d_secure, CardOutcome::ThreeDSecure))
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("the test cards compiled into this build are broken: {error}"))
});

/// What a number makes its card do.
#[must_use]
pub fn card_outcome(number: &CardNumber) -> CardOutcome {
    CARDS.get(number.digits()).cloned().unwrap_or_default()
}

/// The testing gateway. It keeps nothing and answers at once.
pub struct Testing;

impl Gateway for Testing {
    fn decide(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(std::future::ready(decide(&question)))
    }
}

pub(super) fn decide(question: &Question) -> Answer {
    match question.r#type {
        // Final at once, whatever the card.
        TransactionType::Capture | TransactionType::Cancel | TransactionType::Refund | TransactionType::Chargeback => {
            Answer::plain(ResponseCode::succeeded())
        }
        TransactionType::Purchase
        | TransactionType::Authorize
        | TransactionType::Verify
        | TransactionType::ThreeDSecure => match question.card.clone().unwrap_or_default() {
            // The number goes before the description.
            CardOutcome::ResponseCode(code) => {
                Answer::plain(ResponseCode::named(&code).unwrap_or_else(ResponseCode::succeeded))
            }
            CardOutcome::ThreeDSecure(result) => authenticated(authenticate(&result)),
            CardOutcome::Unlisted => {
                let named = ResponseCode::named(&question.description).unwrap_or_else(ResponseCode::succeeded);
                match named.code.as_str() {
                    "CHALLENGE_REQUIRED" => challenge_asked(),
                    _ => Answer::plain(named),
                }
            }
        },
    }
}

/// What follows from an authentication: money moves only when it has succeeded.
fn authenticated(authentication: Authentication) -> Answer {
    let response = match authentication.response.status {
        TransactionStatus::Succeeded => ResponseCode::succeeded(),
        _ => authentication.response.clone(),
    };
    Answer { authentication: Some(authentication), response }
}

/// What authenticating a cardholder without a challenge comes to, by the simulator's name of the result. Where the
/// result is a challenge, it waits for it; where it is an error of the protocol, it has failed.
#[must_use]
pub fn authenticate(result: &str) -> Authentication {
    let failed = || ResponseCode::of(TransactionStatus::Declined, "AUTHENTICATION_FAILED_THREE_D_SECURE");
    let done = || ResponseCode::of(TransactionStatus::Succeeded, "SUCCEEDED_THREE_D_SECURE");
    let proof = |status, electronic_commerce_indicator, cryptogram| {
        Some(Proof { status, electronic_commerce_indicator, cryptogram })
    };
    let (response, proof) = match result {
        "AUTHENTICATED_BROWSER_FRICTIONLESS" | "AUTHENTICATED_APPLICATION_FRICTIONLESS" => {
            (done(), proof("Y", "01", Some(AUTHENTICATED)))
        }
        "ATTEMPTED_BROWSER_FRICTIONLESS" => (done(), proof("A", "01", Some(ATTEMPTED))),
        "NOT_AUTHENTICATED_BROWSER_FRICTIONLESS" | "NOT_AUTHENTICATED_APPLICATION_FRICTIONLESS" => {
            (failed(), proof("N", "01", None))
        }
        "UNAVAILABLE_BROWSER_FRICTIONLESS" => {
            (ResponseCode::of(TransactionStatus::Declined, "AUTHENTICATION_ATTEMPT"), proof("U", "01", None))
        }
        "BROWSER_CHALLENGE" | "APPLICATION_CHALLENGE" => {
            (ResponseCode::of(TransactionStatus::Pending, "CHALLENGE_REQUIRED"), None)
        }
        _ => (failed(), None),
    };
    Authentication { result: result.to_owned(), response, proof }
}

/// What a payment comes to whose cardholder has to authenticate.
#[must_use]
pub fn challenge_asked() -> Answer {
    authenticated(authenticate("BROWSER_CHALLENGE"))
}

/// What a payment comes to by the simulator's name of a result of authenticating, with or without a challenge; `None` for
/// a result that it does not have.
#[must_use]
pub fn three_d_secure(result: &str) -> Option<Answer> {
    let outcome = CardOutcome::ThreeDSecure(result.to_owned());
    let listed = CARDS.values().any(|known| *known == outcome);
    listed.then(|| authenticated(authenticate(result))).or_else(|| challenge_ended(result))
}

/// What a challenge comes to by the simulator's name of its result; `None` for one that it does not have.
#[must_use]
pub fn challenge_ended(result: &str) -> Option<Answer> {
    let named = |answer: &Answer| answer.authentication.as_ref().is_some_and(|known| known.result == result);
    PASSWORDS.into_iter().filter_map(challenged).find(named)
}

/// The one-time passwords that are listed.
const PASSWORDS: [&str; 5] = ["1234", "1111", "2222", "3333", "4444"];

/// What a challenge comes to by the one-time password that the cardholder gave; `None` for one that is not listed.
#[must_use]
pub fn challenged(password: &str) -> Option<Answer> {
    let (result, code, status, proof) = match password {
        "1234" => ("AUTHENTICATED", "SUCCEEDED_THREE_D_SECURE", "Y", Some(AUTHENTICATED)),
        "1111" => ("NOT_AUTHENTICATED", "AUTHENTICATION_FAILED_THREE_D_SECURE", "N", None),
        "2222" => ("REJECTED", "AUTHENTICATION_FAILED_THREE_D_SECURE", "R", None),
        "3333" => ("UNAVAILABLE", "AUTHENTICATION_ATTEMPT", "U", None),
        "4444" => ("ATTEMPTED", "SUCCEEDED_THREE_D_SECURE", "A", Some(ATTEMPTED)),
        _ => return None,
    };
    let response = ResponseCode::named(code)?;
    let proof = Proof { status, electronic_commerce_indicator: "01", cryptogram: proof };
    Some(authenticated(Authentication { result: result.to_owned(), response, proof: Some(proof) }))
}

/// The simulator's authentication value of a cardholder who was authenticated.
const AUTHENTICATED: &str = "JAmi21makAifmwqo2120cjq1AAA=";

/// The simulator's authentication value of an attempt.
const ATTEMPTED: &str = "Qm181okmdyqh6yQmYuq1890QAAA=";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Flow;
    use crate::types::Amount;

    fn purchase(number: &str, description: &str) -> Answer {
        decide(&Question {
            r#type: TransactionType::Purchase,
            amount: Amount::ZERO,
            flow: Flow::Card,
            card: Some(card_outcome(&CardNumber::parse(number).expect(number))),
            description: description.to_owned(),
            ask_customer: true,
        })
    }

    #[test]
    fn the_number_goes_before_the_description() {
        assert_eq!(purchase("4507990000000010", "SUCCEEDED").response.code, "INSUFFICIENT_FUNDS");
        assert_eq!(purchase("4111111111111111", "INSUFFICIENT_FUNDS").response.code, "SUCCEEDED");
        assert_eq!(purchase("4999999999999999", "INSUFFICIENT_FUNDS").response.code, "INSUFFICIENT_FUNDS");
        assert_eq!(purchase("4999999999999999", "Running shoes").response, ResponseCode::succeeded());
    }

    #[test]
    fn money_moves_only_after_an_authentication_that_succeeded() {
        for (number, status) in [
            ("4929251897047956", TransactionStatus::Succeeded),
            ("4234123412340007", TransactionStatus::Succeeded),
            ("4716429323842524", TransactionStatus::Declined),
            ("4234123412340006", TransactionStatus::Declined),
            ("4234123412340403", TransactionStatus::Declined),
            ("4000000000003220", TransactionStatus::Pending),
        ] {
            let answer = purchase(number, "SUCCEEDED");
            assert_eq!(answer.response.status, status, "{number}");
            assert!(answer.authentication.is_some());
        }
        assert!(challenged("0000").is_none());
        assert_eq!(challenged("4444").expect("listed").response, ResponseCode::succeeded());
    }
}
