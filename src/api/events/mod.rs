//! Events: what happened, as receivers are told and as merchants can read it.

mod checkout_session;
mod enrollment;
mod list;
mod payment;

pub use checkout_session::*;
pub use enrollment::*;
pub use list::*;
pub use payment::*;
