//! Delivering all that one organization has, at once and in the hands of one: where its time is about to be moved, a call
//! that is on its way must not be begun a second time because its lease is over.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Webhooks;
use super::room::Held;
use crate::types::OrganizationId;

/// How often it is looked whether there is room for what somebody waits for, apart from those who say so.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(50);

impl Webhooks {
    /// Keeps everybody else in this process from beginning deliveries of an organization, until what is given is
    /// dropped. Waits until `until` at most for those that are on their way; `None` when somebody else holds it, or they
    /// do not end.
    pub async fn hold(&self, organization: OrganizationId, until: Instant) -> Option<Held> {
        let held = self.room.hold(organization)?;
        // Who was just beginning some has begun them.
        drop(self.taking.lock().await);
        tokio::time::timeout_at(until, self.room.at_rest(organization)).await.ok()?;
        Some(held)
    }

    /// Waits until `until` at most for the deliveries of an organization that are on their way.
    pub async fn rest(&self, held: &Held, until: Instant) {
        // Whether they ended makes no difference to who has waited as long as any may take.
        let _ = tokio::time::timeout_at(until, self.room.at_rest(held.organization())).await;
    }

    /// Delivers everything of an organization that is due now, and everything that becomes due by that, as far as it
    /// gets until `until`: what is on its way then ends later.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn deliver_due_of(&self, held: &Held, until: Instant) -> sqlx::Result<Delivered> {
        let mut calls = JoinSet::new();
        let mut tried = 0;
        loop {
            let begun = match self.round_of(held.organization(), true, &mut calls).await {
                Ok(begun) => begun,
                Err(error) => {
                    // What was begun is recorded all the same.
                    calls.detach_all();
                    return Err(error);
                }
            };
            tried += begun.calls;
            let ended = async {
                match calls.join_next().await {
                    Some(_) => while calls.join_next().await.is_some() {},
                    // Others have all the room there is.
                    None if begun.without_room => {
                        // One may have ended just before.
                        let _ = tokio::time::timeout(LOOK_FOR_ROOM, self.room.call_ended()).await;
                    }
                    None => {}
                }
            };
            if tokio::time::timeout_at(until, ended).await.is_err() {
                calls.detach_all();
                return Ok(Delivered { tried, complete: false });
            }
            if begun.calls == 0 && !begun.without_room && !begun.undispatched {
                return Ok(Delivered { tried, complete: true });
            }
        }
    }
}

/// What came of delivering everything that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// How many calls were begun.
    pub tried: usize,
    /// Whether all of them have ended, and nothing that is due is left.
    pub complete: bool,
}
