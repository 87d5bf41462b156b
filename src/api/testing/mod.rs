//! `/v1/testing`: what an integration test decides for the organization that it works with. Every call but the one that
//! makes an organization comes with both of its keys, and is about it alone.

mod clock;
mod organizations;

use std::sync::Arc;

pub use clock::*;
pub use organizations::*;

use crate::error::ApiError;
use crate::state::AppState;
use crate::testing::Controls;
use crate::types::OrganizationId;

/// What was decided for an organization.
///
/// # Errors
/// `NotFound` where test controls are off: then nothing leads here.
fn controls(app: &AppState, organization: OrganizationId) -> Result<Arc<Controls>, ApiError> {
    app.testing.as_ref().map(|testing| testing.of(organization)).ok_or(ApiError::NotFound)
}
