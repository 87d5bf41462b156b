//! `/v1/testing/log`: what the organization has sent and was answered.

mod clear;
mod list;

pub use clear::*;
pub use list::*;
