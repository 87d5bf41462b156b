//! `/v1/testing`: what an integration test decides for the organization that it works with. Every call but the one that
//! makes an organization comes with both of its keys, and is about it alone.

mod clock;
mod deliveries;
mod dispute;
mod faults;
mod log;
mod observe;
mod organizations;
mod outcomes;
mod settle;

use std::sync::Arc;

pub use clock::*;
pub use deliveries::*;
pub use dispute::*;
pub use faults::*;
pub use log::*;
pub(super) use observe::observe;
pub use organizations::*;
pub use outcomes::*;
pub use settle::*;

use crate::error::ApiError;
use crate::state::AppState;
use crate::testing::{Controls, Testing};
use crate::types::OrganizationId;

/// Where all of these addresses are.
const PREFIX: &str = "/v1/testing";

/// What tests have decided.
///
/// # Errors
/// `NotFound` where test controls are off: then nothing leads here.
fn testing(app: &AppState) -> Result<&Testing, ApiError> {
    app.testing.as_ref().ok_or(ApiError::NotFound)
}

/// What was decided for an organization.
///
/// # Errors
/// `NotFound` where test controls are off: then nothing leads here.
fn controls(app: &AppState, organization: OrganizationId) -> Result<Arc<Controls>, ApiError> {
    Ok(testing(app)?.of(organization))
}
