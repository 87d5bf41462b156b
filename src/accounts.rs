//! What accounts offer and which installments plans they have, as it was read a moment ago.

use std::sync::Arc;

use crate::availability::Offers;
use crate::catalog::CATALOG;
use crate::clock::Clock;
use crate::db::{self, Pool, installments_plans};
use crate::installments::Plan;
use crate::remembered::Remembered;
use crate::types::{AccountId, OrganizationId};

/// What accounts offer, so that their connections and checkouts are not read and judged for each request.
#[derive(Default)]
pub struct RememberedAccounts(Remembered<(OrganizationId, AccountId), Arc<Offers>>);

impl RememberedAccounts {
    /// What an account offers. The asker must hold no connection to the database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn offers(
        &self,
        db: &Pool,
        clock: &Clock,
        organization: OrganizationId,
        account: AccountId,
    ) -> sqlx::Result<Arc<Offers>> {
        let read = || {
            let db = db.clone();
            async move {
                let (connections, checkouts) =
                    db::offers::read(&mut *db.acquire().await?, organization, account).await?;
                Ok(Arc::new(Offers::new(connections, checkouts, &CATALOG)))
            }
        };
        self.0.find(&(organization, account), clock.machine_time(), read).await
    }

    /// Says that the account's connections or checkouts have changed; after the change is committed.
    pub fn changed(&self, organization: OrganizationId, account: AccountId) {
        self.0.forget(&(organization, account));
    }
}

/// The installments plans of accounts, so that they are not read for each session that asks for one.
#[derive(Default)]
pub struct RememberedPlans(Remembered<(OrganizationId, AccountId), Arc<[Plan]>>);

impl RememberedPlans {
    /// The plans of an account, oldest first. The asker must hold no connection to the database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of(
        &self,
        db: &Pool,
        clock: &Clock,
        organization: OrganizationId,
        account: AccountId,
    ) -> sqlx::Result<Arc<[Plan]>> {
        let read = || {
            let db = db.clone();
            async move {
                let rows = installments_plans::list(&mut *db.acquire().await?, organization, account).await?;
                Ok(rows.into_iter().map(|row| row.plan).collect())
            }
        };
        self.0.find(&(organization, account), clock.machine_time(), read).await
    }

    /// Says that plans of accounts have changed; after the change is committed.
    pub fn changed(&self, organization: OrganizationId, accounts: &[AccountId]) {
        for account in accounts {
            self.0.forget(&(organization, *account));
        }
    }
}
