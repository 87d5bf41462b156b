//! `/v1/testing/…/settle`: ending what waits, without a page.

mod payment;
mod payment_method;

pub use payment::*;
pub use payment_method::*;
