//! What happened to a session or a payment, in its order: the timeline of their pages.

use std::cmp::Reverse;
use std::ops::Range;

use chrono::TimeDelta;
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::draw::{amount, badge, json, number, text, time, when};
use super::sign_in::Operator;
use crate::db::{console, deliveries, events};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{CheckoutSessionId, DeliveryStatus, EventId, Timestamp, TokenId};
use crate::webhooks::body;

/// How many tokens or events of the organization are looked through for those of one session or payment, at a time.
const LOOKED_AT: i64 = 5_000;

/// How many tokens, events or deliveries a timeline has at most.
const MOST: i64 = 200;

/// How long after something has moved the event of it can be written.
const fn told_within() -> TimeDelta {
    TimeDelta::minutes(1)
}

/// What happened, and what else there is to be said about it.
struct Entry {
    at: Timestamp,
    what: Markup,
    more: Markup,
}

/// The timeline of a session, a payment, or both.
#[derive(Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    subjects: Vec<Uuid>,
    /// When something happened of which an event may tell.
    moments: Vec<Timestamp>,
}

impl Timeline {
    /// Adds a session as the API answers it, with its one-time tokens.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_session(&mut self, app: &AppState, operator: &Operator, session: &Value) -> Result<(), ApiError> {
        let (Some(created), Some(expires)) = (time(&session["created_at"]), time(&session["expires_at"])) else {
            return Ok(());
        };
        let now = app.clock.now(operator.organization());
        let what = html! { "Session created for " (amount(&session["amount"])) " in " (text(&session["country"])) };
        self.add(created, what, html! {});
        if let Ok(id) = CheckoutSessionId::parse(text(&session["id"])) {
            self.subjects.push(id.into());
            let ids = TokenId::first_of(created)..TokenId::first_of(expires.min(now).plus(TimeDelta::milliseconds(1)));
            let connection = &mut *app.db.acquire().await?;
            let tokens =
                console::tokens_of_session(connection, operator.organization(), id, ids, LOOKED_AT, MOST).await?;
            for token in tokens {
                let became = match (token.used, token.expires_at <= now) {
                    (true, _) => "used",
                    (false, true) => "expired unused",
                    (false, false) => "not used yet",
                };
                let what = html! { "One-time token made for " code { (token.payment_method_type) } ", " (became) };
                self.add(token.created_at, what, html! {});
            }
        }
        if text(&session["status"]) == "EXPIRED" {
            self.moments.push(expires);
            self.add(expires, html! { "Session expired" }, html! {});
        }
        Ok(())
    }

    /// Adds a payment as the API answers it when it is retrieved.
    pub fn add_payment(&mut self, payment: &Value) {
        let Some(created) = time(&payment["created_at"]) else { return };
        self.subjects.extend(Uuid::try_parse(text(&payment["id"])));
        self.moments.extend([Some(created), time(&payment["updated_at"])].into_iter().flatten());
        let what = html! {
            "Payment made with " code { (text(&payment["payment_method"]["type"])) } " for " (amount(&payment["amount"]))
        };
        self.add(created, what, html! {});
        let currency = text(&payment["amount"]["currency"]);
        for transaction in payment["transactions"].as_array().into_iter().flatten() {
            let Some(created) = time(&transaction["created_at"]) else { continue };
            let moved = time(&transaction["updated_at"]);
            self.moments.extend([Some(created), moved].into_iter().flatten());
            let what = html! {
                code { (text(&transaction["type"])) } " of " (currency) " " (number(&transaction["amount"])) " "
                (badge(text(&transaction["status"])))
            };
            let more = html! {
                p.hint {
                    code { (text(&transaction["response_code"])) }
                    @let message = text(&transaction["response_message"]);
                    @if !message.is_empty() { " " (message) }
                    @if let Some(moved) = moved.filter(|moved| moved.to_seconds() != created.to_seconds()) { ", moved " (when(moved)) }
                }
            };
            self.add(created, what, more);
        }
    }

    fn add(&mut self, at: Timestamp, what: Markup, more: Markup) {
        self.entries.push(Entry { at, what, more });
    }

    /// Adds what was told of it, and draws it: newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn draw(mut self, app: &AppState, operator: &Operator) -> Result<Markup, ApiError> {
        let organization = operator.organization();
        let connection = &mut *app.db.acquire().await?;
        let ids = ranges(std::mem::take(&mut self.moments));
        let told = console::events_of(connection, organization, &self.subjects, &ids, LOOKED_AT, MOST).await?;
        let ids: Vec<_> = told.iter().map(|event| event.event_id).collect();
        let sent = deliveries::list_of_events(connection, organization, &ids, MOST).await?;
        let now = app.clock.now(organization);
        for event in &told {
            let to: Vec<_> = sent.iter().filter(|delivery| delivery.event_id == event.event_id).collect();
            let more = html! {
                @if to.is_empty() { p.hint { "Nobody asked to be told." } }
                @for delivery in to { (delivered(event, delivery, now)) }
            };
            self.add(event.created_at, html! { "Event " code { (event.kind.as_str()) } }, more);
        }
        // Of what happened at the same time, what was added last came last.
        self.entries.reverse();
        self.entries.sort_by_key(|entry| Reverse(entry.at));
        Ok(html! {
            ol.timeline reversed {
                @for entry in &self.entries {
                    li {
                        p { (when(entry.at)) " " span.what { (entry.what) } }
                        (entry.more)
                    }
                }
            }
        })
    }
}

/// Where the events of some moments are, without looking twice.
fn ranges(mut moments: Vec<Timestamp>) -> Vec<Range<EventId>> {
    moments.sort();
    let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
    for moment in moments {
        let (from, until) = (moment.plus(TimeDelta::seconds(-1)), moment.plus(told_within()));
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = until,
            _ => spans.push((from, until)),
        }
    }
    spans.into_iter().map(|(from, until)| EventId::first_of(from)..EventId::first_of(until)).collect()
}

/// A delivery of an event: how it stands, and what was sent.
fn delivered(event: &events::Row, delivery: &deliveries::Row, now: Timestamp) -> Markup {
    let next = delivery.due_at.filter(|_| delivery.leased_until.is_none());
    let pending = delivery.status == DeliveryStatus::Pending;
    let sent = body(event, (delivery.tries - 1).max(0));
    html! {
        div.delivery {
            p {
                @match (delivery.webhook_id, &delivery.callback_url) {
                    (Some(webhook), _) => { "To webhook " code { (webhook) } },
                    (None, Some(address)) => { "To " code { (address) } },
                    (None, None) => { "To nobody" },
                }
                " " (badge(delivery.status.as_str())) " "
                @match delivery.tries { 0 => "not tried yet", 1 => "tried once", tries => { "tried " (tries) " times" } }
                @if let Some(status) = delivery.answer_status { ", answered " code { (status) } }
                @if let Some(problem) = &delivery.problem { ", " (problem) }
                @if let Some(last) = delivery.last_tried_at { ", last " (when(last)) }
            }
            @if pending {
                p.hint {
                    @match next {
                        Some(next) if next <= now => "It is tried now.",
                        Some(next) => { "It is tried next " (when(next)) "." },
                        None if delivery.leased_until.is_some() => "It is being tried.",
                        None => "It waits for an earlier event.",
                    }
                }
            }
            details {
                summary { @if delivery.tries > 0 { "Body that was sent" } @else { "Body that will be sent" } }
                (json(&sent))
            }
            @if let Some(answer) = delivery.answer_body.as_deref().filter(|answer| !answer.is_empty()) {
                details { summary { "Answer" } pre tabindex="0" { (answer) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_are_close_are_looked_at_once() {
        let at = |text: &str| Timestamp::parse(text).expect("a time");
        let (first, close, far) = (at("2026-01-15T12:00:00Z"), at("2026-01-15T12:00:30Z"), at("2026-01-16T12:00:00Z"));
        let found = ranges(vec![far, first, close]);
        let end = EventId::first_of(close.plus(told_within()));
        assert_eq!(found[0], EventId::first_of(first.plus(TimeDelta::seconds(-1)))..end);
        assert_eq!(found.len(), 2);
        assert!(ranges(Vec::new()).is_empty());
    }
}
