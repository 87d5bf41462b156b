//! Payments: one for each checkout session, or without one, and the transactions that they are made of.

mod cancel;
mod cancel_or_refund;
mod capture;
mod create;
mod detail;
mod examples;
mod find;
mod installments;
mod method;
mod operate;
mod payer;
mod payment;
mod refund;
mod retrieve;
mod sent;
mod transaction;

pub use cancel::*;
pub use cancel_or_refund::*;
pub use capture::*;
pub use create::*;
pub use detail::*;
pub(in crate::api) use examples::example;
use examples::*;
pub use find::*;
pub use method::route;
use operate::*;
pub(in crate::api) use operate::{next_position, refusal, stands_otherwise};
pub use payer::*;
pub use payment::*;
pub use refund::*;
pub use retrieve::*;
pub use sent::*;
pub use transaction::*;
