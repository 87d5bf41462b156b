//! Events as they are kept, and the bodies that receivers get.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::db::{AsSent, events};
use crate::types::{AccountId, CustomerId, EventId, EventKind, Timestamp};

/// Version of the bodies' form.
const VERSION: u8 = 2;

/// An event about something in an account. `make` gives the data that receivers get, from the event's id; what stands
/// in the `personal` places of it (JSON pointers) is kept apart, to be forgotten with the customer.
pub fn event<E>(
    kind: EventKind,
    account_id: AccountId,
    subject_id: impl Into<Uuid>,
    customer_id: Option<CustomerId>,
    now: Timestamp,
    make: impl FnOnce(EventId) -> Result<Value, E>,
    personal: &[&str],
) -> Result<events::Row, E> {
    let event_id = EventId::new(now);
    let mut data = make(event_id)?;
    let mut apart = Map::new();
    for place in personal {
        if let Some(value) = data.pointer_mut(place).filter(|value| !value.is_null()) {
            apart.insert((*place).to_owned(), value.take());
        }
    }
    Ok(events::Row {
        event_id,
        account_id,
        kind,
        subject_id: subject_id.into(),
        customer_id,
        callback_url: None,
        data: AsSent(data),
        personal: (!apart.is_empty()).then(|| AsSent(Value::Object(apart))),
        position: None,
        created_at: now,
    })
}

/// The body that a receiver gets with a try; `retry` is 0 for the first.
#[must_use]
pub fn body(event: &events::Row, retry: i16) -> Value {
    let mut data = event.data.0.clone();
    for (place, value) in event.personal.iter().filter_map(|personal| personal.0.as_object()).flatten() {
        if let Some(free) = data.pointer_mut(place) {
            *free = value.clone();
        }
    }
    json!({
        "type": event.kind.parts().0,
        "type_event": event.kind,
        "account_id": event.account_id,
        "retry": retry,
        "version": VERSION,
        "data": data,
    })
}
