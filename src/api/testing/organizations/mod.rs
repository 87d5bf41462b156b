//! `/v1/testing/organizations`: an organization for each test.

mod create;
mod delete;

pub use create::*;
pub use delete::*;
