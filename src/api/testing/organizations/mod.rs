//! `/v1/testing/organizations`: an organization for each test.

mod create;
mod delete;
mod same_site;

pub use create::*;
pub use delete::*;
