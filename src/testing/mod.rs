//! Test controls: what an integration test decides for the organization that it works with. All of it is per
//! organization, so that tests which run at the same time share a server and never see each other.
//!
//! What is in the database (organizations made for tests, and how far their time was moved) every instance sees. The rest
//! is in the memory of this process, bounded, and goes with it or with its organization.

pub mod clocks;
pub mod organizations;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::types::OrganizationId;

/// What tests have decided, where test controls are on. Cheap to clone.
#[derive(Clone, Default)]
pub struct Testing(Arc<RwLock<HashMap<OrganizationId, Arc<Controls>>>>);

/// What tests have decided for one organization.
#[derive(Default)]
pub struct Controls {
    /// Held by whoever moves the organization's time: one at a time.
    pub moving: Mutex<()>,
}

impl Testing {
    /// What was decided for an organization, to decide more. Only for one whose keys were shown: so there are as many as
    /// organizations.
    #[must_use]
    pub fn of(&self, organization: OrganizationId) -> Arc<Controls> {
        if let Some(known) = self.find(organization) {
            return known;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(organization).or_default())
    }

    /// What was decided for an organization, if anything was.
    #[must_use]
    pub fn find(&self, organization: OrganizationId) -> Option<Arc<Controls>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }

    /// Forgets an organization that is gone.
    pub fn forget(&self, organization: OrganizationId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&organization);
    }
}
