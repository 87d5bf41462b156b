//! Money adds up, whatever is asked for in whatever order: random operations against a model.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::on_transaction;
use crate::support::{Client, GOOD_CARD, TestApp};

/// An operation, with an amount in hundredths; `None` is everything that is left.
#[derive(Clone, Debug)]
enum Operation {
    Capture(Option<i64>),
    Refund(usize, Option<i64>),
    Cancel,
    CancelOrRefund(Option<i64>),
}

/// What a payment of 100 should be, kept in hundredths and told from the operations alone.
#[derive(Debug)]
struct Model {
    /// Each purchase or capture: how much it took, and how much was given back of it by its id.
    taken: Vec<(i64, i64)>,
    refunded: i64,
    held: bool,
    closed: bool,
    /// Nothing more can be captured: something was given back.
    touched: bool,
}

const WHOLE: i64 = 10_000;

impl Model {
    fn paid(&self) -> i64 {
        self.taken.iter().map(|(taken, _)| taken).sum()
    }

    fn left(&self) -> i64 {
        self.paid() - self.refunded
    }

    /// Does it, and says whether it is allowed.
    fn operate(&mut self, operation: &Operation) -> bool {
        match operation {
            Operation::Capture(amount) => {
                let left = WHOLE - self.paid();
                let amount = amount.unwrap_or(left);
                let allowed = self.held && !self.closed && !self.touched && amount > 0 && amount <= left;
                if allowed {
                    self.taken.push((amount, 0));
                }
                allowed
            }
            Operation::Refund(which, amount) => {
                let left = self.left();
                // A purchase has taken everything at once: whichever is asked for, it is that one.
                let which = if self.held { *which } else { 0 };
                let Some((taken, back)) = self.taken.get_mut(which) else { return false };
                let amount = amount.unwrap_or((*taken - *back).min(left));
                let allowed = amount > 0 && amount <= *taken - *back && amount <= left;
                if allowed {
                    *back += amount;
                    self.refunded += amount;
                    self.touched = true;
                }
                allowed
            }
            Operation::Cancel => {
                let allowed = self.held && !self.closed && self.taken.is_empty();
                self.closed |= allowed;
                allowed
            }
            // What is held is let go as a whole or not at all.
            Operation::CancelOrRefund(amount) if self.taken.is_empty() => {
                amount.is_none_or(|amount| amount == WHOLE) && self.operate(&Operation::Cancel)
            }
            Operation::CancelOrRefund(amount) => {
                let amount = amount.unwrap_or(self.left());
                let allowed = amount > 0 && amount <= self.left();
                if allowed {
                    self.refunded += amount;
                    self.touched = true;
                }
                allowed
            }
        }
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let amount = prop_oneof![1 => Just(None), 4 => (0_i64..12_000).prop_map(Some), 2 => (1_i64..3_000).prop_map(Some)];
    prop_oneof![
        4 => amount.clone().prop_map(Operation::Capture),
        4 => (0_usize..3, amount.clone()).prop_map(|(which, amount)| Operation::Refund(which, amount)),
        1 => Just(Operation::Cancel),
        2 => amount.prop_map(Operation::CancelOrRefund),
    ]
}

/// Asks the server for an operation, and says whether it did it.
async fn ask(merchant: &Client, payment: &Value, taken: &mut Vec<Value>, operation: &Operation) -> bool {
    let body = |amount: &Option<i64>| {
        let mut body = json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER"});
        if let Some(amount) = amount {
            let value = format!("{}.{:02}", amount / 100, amount % 100);
            body["amount"] = json!({"currency": "BRL", "value": value});
        }
        body
    };
    let main = &payment["transactions"];
    let (path, body) = match operation {
        Operation::Capture(amount) => (on_transaction(payment, main, "capture"), body(amount)),
        Operation::Refund(which, amount) => {
            (on_transaction(payment, taken.get(*which).unwrap_or(main), "refund"), body(amount))
        }
        Operation::Cancel => (on_transaction(payment, main, "cancel"), body(&None)),
        Operation::CancelOrRefund(amount) => {
            (format!("/v1/payments/{}/cancel-or-refund", payment["id"].as_str().unwrap()), body(amount))
        }
    };
    let answer = merchant.post(path, body).await;
    let done = answer.status.is_success();
    assert!(done || answer.status == 400, "{operation:?}: {:?}", answer.bytes);
    if done && matches!(operation, Operation::Capture(_)) {
        taken.push(answer.json());
    }
    done
}

#[test]
fn captured_and_refunded_are_what_a_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::new());
    let merchant = app.merchant();
    let cases = (any::<bool>(), prop::collection::vec(operation(), 1..10));
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&cases, |(held, operations)| {
        runtime.block_on(async {
            let payment = match held {
                true => merchant.authorize().await,
                false => merchant.pay_direct(GOOD_CARD).await,
            };
            let mut model = Model {
                taken: if held { Vec::new() } else { vec![(WHOLE, 0)] },
                refunded: 0,
                held,
                closed: false,
                touched: false,
            };
            let mut taken = if held { Vec::new() } else { vec![payment["transactions"].clone()] };
            for operation in &operations {
                let allowed = model.operate(operation);
                let done = ask(&merchant, &payment, &mut taken, operation).await;
                prop_assert_eq!(done, allowed, "{:?} on {:?}", operation, model);
                let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
                let found = merchant.get(path).await.expect(200);
                let hundredths =
                    |field: &str| (found["amount"][field].to_string().parse::<f64>().unwrap() * 100.0).round() as i64;
                prop_assert_eq!(hundredths("refunded"), model.refunded);
                prop_assert_eq!(hundredths("captured"), if held { model.paid() } else { 0 });
                let expected = match (model.closed, model.paid(), model.refunded) {
                    (true, ..) => "CANCELED",
                    (_, 0, _) => "PENDING",
                    (_, paid, refunded) if paid == refunded => "REFUNDED",
                    _ => "SUCCEEDED",
                };
                prop_assert_eq!(found["status"].as_str().unwrap(), expected);
            }
            Ok(())
        })
    });
    checked.unwrap();
}
