//! Room for calls: how many a receiver, an organization and all together may have at a time, and whom to wake when
//! there is some again.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Notify;

use crate::types::OrganizationId;

/// Calls to one receiver at a time, when it answers: one at first, one more for each answer, half as many when one does
/// not come. So a receiver that is gone soon holds one call, and one that hangs now and then loses little.
const PER_RECEIVER: usize = 16;

/// Calls at a time to receivers that may have one only, and to those that may have more: neither kind can take the
/// other's room.
const UNPROVEN: usize = 192;
const PROVEN: usize = 128;

/// Of each, those of one organization.
const UNPROVEN_OF_ONE: usize = 96;
const PROVEN_OF_ONE: usize = 64;

/// How long it is remembered how a receiver answered.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// A receiver of an organization.
pub type Receiver = (OrganizationId, String);

/// Room for calls.
pub struct Room {
    slots: Mutex<Slots>,
    /// How many calls a receiver may have at a time.
    allowed: Cache<Receiver, usize>,
    woken: Mutex<HashSet<OrganizationId>>,
    waking: Notify,
    /// Organizations whose deliveries only one may begin, who [holds](Room::hold) them.
    held: Mutex<HashSet<OrganizationId>>,
    /// Tells who waits for it that a call has ended.
    ended: Notify,
}

/// That nobody else begins deliveries of an organization; ends when this is dropped.
pub struct Held {
    room: Arc<Room>,
    organization: OrganizationId,
}

/// The calls that are on their way.
#[derive(Default)]
struct Slots {
    by_receiver: HashMap<Receiver, usize>,
    /// Of each organization, by whether the receiver may have more than one.
    by_organization: HashMap<(OrganizationId, bool), usize>,
    unproven: usize,
    proven: usize,
    /// Organizations for whose receivers there was no room.
    refused: HashSet<OrganizationId>,
}

/// A call that is on its way; it ends when this is dropped.
pub struct Slot {
    room: Arc<Room>,
    receiver: Receiver,
    proven: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            slots: Mutex::default(),
            allowed: Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED_FOR).build(),
            woken: Mutex::default(),
            waking: Notify::new(),
            held: Mutex::default(),
            ended: Notify::new(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    /// Notes that organizations have something to be looked at.
    pub fn note(&self, organizations: impl IntoIterator<Item = OrganizationId>) {
        locked(&self.woken).extend(organizations);
    }

    /// Notes it of one, and [wakes](Self::waking) who looks.
    pub fn wake(&self, organization: OrganizationId) {
        self.note([organization]);
        self.waking.notify_one();
    }

    /// Ends when somebody was woken.
    pub async fn waking(&self) {
        self.waking.notified().await;
    }

    /// Takes the organizations that were noted.
    pub fn woken(&self) -> HashSet<OrganizationId> {
        std::mem::take(&mut *locked(&self.woken))
    }

    /// Keeps everybody else from beginning deliveries of an organization; `None` when somebody does already.
    pub fn hold(self: &Arc<Self>, organization: OrganizationId) -> Option<Held> {
        let held = locked(&self.held).insert(organization);
        held.then(|| Held { room: Arc::clone(self), organization })
    }

    /// Whether somebody [holds](Self::hold) an organization.
    pub fn is_held(&self, organization: OrganizationId) -> bool {
        locked(&self.held).contains(&organization)
    }

    /// Ends when no call of an organization is on its way.
    pub async fn at_rest(&self, organization: OrganizationId) {
        loop {
            let ended = self.ended.notified();
            let mut ended = std::pin::pin!(ended);
            // From here on, what ends is noticed.
            ended.as_mut().enable();
            let none = |proven| !locked(&self.slots).by_organization.contains_key(&(organization, proven));
            if none(true) && none(false) {
                return;
            }
            ended.await;
        }
    }

    /// Ends when a call of anybody has ended.
    pub async fn call_ended(&self) {
        self.ended.notified().await;
    }

    /// Forgets how the receivers of an organization answered.
    pub fn forget(&self, organization: OrganizationId) {
        for (receiver, _) in self.allowed.iter().filter(|(receiver, _)| receiver.0 == organization) {
            self.allowed.invalidate(&*receiver);
        }
    }

    /// How many calls a receiver may have besides those that it has.
    pub fn free(&self, receiver: &Receiver) -> usize {
        let allowed = self.allowed.get(receiver).unwrap_or(1);
        let proven = allowed > 1;
        let mut slots = locked(&self.slots);
        let of_receiver = slots.by_receiver.get(receiver).copied().unwrap_or_default();
        let of_organization = slots.by_organization.get(&(receiver.0, proven)).copied().unwrap_or_default();
        let room = match proven {
            true => PROVEN.saturating_sub(slots.proven).min(PROVEN_OF_ONE.saturating_sub(of_organization)),
            false => UNPROVEN.saturating_sub(slots.unproven).min(UNPROVEN_OF_ONE.saturating_sub(of_organization)),
        };
        let wanted = allowed.saturating_sub(of_receiver);
        if room < wanted {
            slots.refused.insert(receiver.0);
        }
        wanted.min(room)
    }

    /// Counts a call. Only one round of an organization at a time does, so that what was [free](Self::free) to its
    /// receiver still is.
    pub fn take_slot(self: &Arc<Self>, receiver: &Receiver) -> Slot {
        let proven = self.allowed.get(receiver).unwrap_or(1) > 1;
        let mut slots = locked(&self.slots);
        *slots.by_receiver.entry(receiver.clone()).or_default() += 1;
        *slots.by_organization.entry((receiver.0, proven)).or_default() += 1;
        *(if proven { &mut slots.proven } else { &mut slots.unproven }) += 1;
        Slot { room: Arc::clone(self), receiver: receiver.clone(), proven }
    }

    /// Allows a receiver more calls at a time, or fewer, by whether it has answered.
    pub fn note_answer(&self, receiver: Receiver, answered: bool) {
        let allowed = self.allowed.get(&receiver).unwrap_or(1);
        let allowed = if answered { PER_RECEIVER.min(allowed + 1) } else { 1.max(allowed / 2) };
        self.allowed.insert(receiver, allowed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
        let mut slots = locked(&self.room.slots);
        one_less(&mut slots.by_receiver, &self.receiver);
        one_less(&mut slots.by_organization, &(self.receiver.0, self.proven));
        *(if self.proven { &mut slots.proven } else { &mut slots.unproven }) -= 1;
        let refused = std::mem::take(&mut slots.refused);
        drop(slots);
        self.room.ended.notify_waiters();
        // There may be more for it, and there is room for those that had none.
        self.room.note(refused);
        self.room.wake(self.receiver.0);
    }
}

impl Held {
    /// Whose deliveries nobody else begins.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        locked(&self.room.held).remove(&self.organization);
        self.room.wake(self.organization);
    }
}
