//! Test controls: what an integration test decides for the organization that it works with. All of it is per
//! organization, so that tests which run at the same time share a server and never see each other.
//!
//! What is in the database (organizations made for tests, and how far their time was moved) every instance sees. The rest
//! is in the memory of this process, bounded, and goes with it or with its organization.

pub mod clocks;
pub mod faults;
pub mod log;
pub mod organizations;
pub mod outcomes;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::http::Method;

use crate::db::{payments, transactions};
use crate::gateway::Answer;
use crate::types::{AccountId, EnrollmentStatus, OrganizationId};
use faults::{Faults, Wrong};
use log::Log;
use outcomes::Outcomes;

/// What tests have decided, where test controls are on. Cheap to clone.
#[derive(Clone, Default)]
pub struct Testing(Arc<Kept>);

#[derive(Default)]
struct Kept {
    controls: RwLock<HashMap<OrganizationId, Arc<Controls>>>,
    log: Mutex<Log>,
}

/// What tests have decided for one organization.
#[derive(Default)]
pub struct Controls {
    /// Held by whoever moves the organization's time: one at a time.
    pub moving: tokio::sync::Mutex<()>,
    outcomes: Mutex<Outcomes>,
    faults: Mutex<Faults>,
}

impl Controls {
    /// How the next payments and enrollments end.
    pub fn outcomes(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong with the next calls.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Testing {
    /// What was decided for an organization, to decide more. Only for one whose keys were shown: so there are as many as
    /// organizations.
    #[must_use]
    pub fn of(&self, organization: OrganizationId) -> Arc<Controls> {
        if let Some(known) = self.find(organization) {
            return known;
        }
        let mut all = self.0.controls.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(organization).or_default())
    }

    /// What was decided for an organization, if anything was.
    #[must_use]
    pub fn find(&self, organization: OrganizationId) -> Option<Arc<Controls>> {
        self.0.controls.read().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }

    /// What a transaction comes to, if a test has decided that. It is used up by this.
    #[must_use]
    pub fn take_answer(
        &self,
        organization: OrganizationId,
        payment: &payments::Row,
        transaction: &transactions::Row,
    ) -> Option<Answer> {
        let controls = self.find(organization)?;
        controls.outcomes().take_answer(payment, transaction)
    }

    /// What an enrollment comes to, if a test has decided that. It is used up by this.
    #[must_use]
    pub fn take_enrollment(&self, organization: OrganizationId, account: AccountId) -> Option<EnrollmentStatus> {
        let controls = self.find(organization)?;
        controls.outcomes().take_enrollment(account)
    }

    /// What goes wrong with a call, if a test has decided that. It is used up by this.
    #[must_use]
    pub fn take_fault(&self, organization: OrganizationId, method: &Method, route: &str) -> Option<Wrong> {
        let controls = self.find(organization)?;
        controls.faults().take(method, route)
    }

    /// The last requests of all organizations.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Organizations of which something is remembered.
    #[must_use]
    pub fn organizations(&self) -> Vec<OrganizationId> {
        let decided: Vec<_> = self.0.controls.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        let all: HashSet<_> = decided.into_iter().chain(self.log().organizations()).collect();
        all.into_iter().collect()
    }

    /// Forgets an organization that is gone.
    pub fn forget(&self, organization: OrganizationId) {
        self.0.controls.write().unwrap_or_else(PoisonError::into_inner).remove(&organization);
        self.log().clear(organization);
    }
}
