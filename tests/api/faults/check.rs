//! What was lost, doubled or left half done, found by comparing the database and the server with the journal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use yuno_sessions::demo;

use super::callers::{Caller, Outcome, same_answer};
use super::journal::{Journal, Keyed, Told};
use crate::support::http;

/// How long payments that were in flight when something died may take until the clock has ended them, beside their
/// lease of two minutes.
const ENDED_WITHIN: Duration = Duration::from_secs(150);

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Acknowledged and not there, or there with other values.
    pub lost: Vec<String>,
    /// There more than once.
    pub doubled: Vec<String>,
    /// Left half done, and in no lease that would end it.
    pub half_done: Vec<String>,
    /// Answered otherwise under the same key.
    pub different: Vec<String>,
    /// Events that are missing, too many, or out of their order.
    pub events: Vec<String>,
    /// Payments whose lease has not ended.
    pub in_flight: i64,
}

/// What the callers were told and what was found, in one line.
pub struct Counts<'a>(pub &'a Told, pub &'a Found);

impl fmt::Display for Counts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(told, found) = self;
        write!(
            formatter,
            "acknowledged {}, unknown {} (503: {}), lost {}, doubled {}, half done {}, in flight {}, answered otherwise \
             {}, events wrong {}",
            told.acknowledged,
            told.unknown,
            told.unavailable,
            found.lost.len(),
            found.doubled.len(),
            found.half_done.len(),
            found.in_flight,
            found.different.len(),
            found.events.len(),
        )
    }
}

/// Rules that every row keeps at any moment: each statement finds those that break one.
const HALF_DONE: [(&str, &str); 7] = [
    (
        "a payment in flight without its transaction or its lease",
        "select p.payment_id::text from payments p where in_flight is not null and (due_at is null or not exists (
            select from transactions t where t.organization_id = p.organization_id
            and t.transaction_id = p.in_flight and t.payment_id = p.payment_id and t.status in ('CREATED', 'PENDING')))",
    ),
    (
        "a transaction that nobody is asked about and that has no outcome",
        "select t.transaction_id::text from transactions t join payments p using (organization_id, payment_id)
        where t.status in ('CREATED', 'PENDING') and p.in_flight is distinct from t.transaction_id",
    ),
    (
        "money that does not add up",
        "select p.payment_id::text from payments p where
            paid <> case when status in ('SUCCEEDED', 'REFUNDED') then amount else 0 end or captured <> 0
            or refunded <> (select coalesce(sum(amount), 0) from transactions t where t.payment_id = p.payment_id
                and t.type = 'REFUND' and t.status = 'SUCCEEDED')
            or (select sum(t.refunded) from transactions t where t.payment_id = p.payment_id) <> (
                select coalesce(sum(amount), 0) from transactions t where t.payment_id = p.payment_id
                and t.type = 'REFUND' and t.status in ('SUCCEEDED', 'CREATED', 'PENDING'))",
    ),
    (
        "a session used without a payment, or paid and not used",
        "select s.checkout_session_id::text from checkout_sessions s left join payments p
            using (organization_id, checkout_session_id) where s.used <> (p.payment_id is not null)",
    ),
    (
        "a session that is completed although its payment has not ended, or the other way round",
        "select s.checkout_session_id::text from checkout_sessions s join payments p
            using (organization_id, checkout_session_id) where s.completed = (p.status = 'CREATED')",
    ),
    (
        "a token that was used for nothing",
        "select token_id::text from tokens t where used_for is not null
            and not exists (select from payments p where p.payment_id = t.used_for)",
    ),
    (
        "a key that stands for nothing",
        "select operation || ' ' || idempotency_key from idempotency_keys k where not refused and answer is null
            and not exists (select from payments p where p.payment_id = k.subject_id)
            and not exists (select from transactions t where t.transaction_id = k.subject_id)",
    ),
];

/// What can be there only once: every request had a reference of its own.
const DOUBLED: [(&str, &str); 4] = [
    ("a session", "select merchant_order_id from checkout_sessions group by merchant_order_id having count(*) > 1"),
    ("a payment", "select merchant_order_id from payments group by merchant_order_id having count(*) > 1"),
    (
        "a refund",
        "select merchant_reference from transactions where type = 'REFUND'
            group by merchant_reference having count(*) > 1",
    ),
    (
        "a session's payment",
        "select checkout_session_id::text from payments where checkout_session_id is not null
            group by checkout_session_id having count(*) > 1",
    ),
];

/// What events must keep: one for each outcome of a transaction, in places without a gap.
const EVENTS: [(&str, &str); 4] = [
    (
        "a payment with another number of events than of outcomes",
        "select p.payment_id::text from payments p where
            (select count(*) from events e where e.subject_id = p.payment_id) <>
            (select count(*) from transactions t where t.payment_id = p.payment_id
                and t.transaction_id is distinct from p.in_flight)",
    ),
    (
        "an outcome that no event tells of as it is",
        "select t.transaction_id::text from transactions t join payments p using (organization_id, payment_id)
            where t.transaction_id is distinct from p.in_flight and not exists (select 1 from events e
                where e.subject_id = t.payment_id and e.data #>> '{payment,transactions,status}' = t.status
                    and e.data #>> '{payment,transactions,id}' = t.transaction_id::text)",
    ),
    ("an event without a place", "select event_id::text from events where position is null"),
    (
        "a gap, or a place that is taken twice",
        "select count(*)::text from events having count(*) <> coalesce(max(position), 0)
            or count(*) <> count(distinct position)",
    ),
];

/// Compares everything with the journal; with `to_the_end`, when the clock has ended what was in flight.
pub async fn check(database: &str, url: &str, journal: &Arc<Journal>, to_the_end: bool) -> Found {
    let mut connection = PgConnection::connect(database).await.unwrap();
    if to_the_end {
        nothing_is_in_flight(&mut connection).await;
    }
    let caller = Caller::new(url, journal, 0, usize::MAX);
    let mut found = Found { different: std::mem::take(&mut journal.told().different), ..Found::default() };
    answer_again(&caller, journal, &mut found, to_the_end).await;
    place_events(url, &mut connection).await;
    for (what, statement) in HALF_DONE {
        note(&mut connection, what, statement, &mut found.half_done).await;
    }
    for (what, statement) in DOUBLED {
        note(&mut connection, what, statement, &mut found.doubled).await;
    }
    for (what, statement) in EVENTS {
        note(&mut connection, what, statement, &mut found.events).await;
    }
    sessions(&mut connection, journal, &mut found).await;
    payments(&mut connection, journal, &mut found).await;
    let in_flight = "select count(*) from payments where in_flight is not null";
    found.in_flight = sqlx::query_scalar(in_flight).fetch_one(&mut connection).await.unwrap();
    found
}

async fn note(connection: &mut PgConnection, what: &str, statement: &'static str, found: &mut Vec<String>) {
    let rows: Vec<String> = sqlx::query_scalar(statement).fetch_all(connection).await.unwrap();
    found.extend(rows.into_iter().map(|row| format!("{what}: {row}")));
}

async fn nothing_is_in_flight(connection: &mut PgConnection) {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(500));
        let in_flight = "select count(*) from payments where in_flight is not null";
        while sqlx::query_scalar::<_, i64>(in_flight).fetch_one(&mut *connection).await.unwrap() > 0 {
            look.tick().await;
        }
    };
    tokio::time::timeout(ENDED_WITHIN, waiting).await.expect("the clock ends every payment");
}

/// Events get their places when somebody reads them.
async fn place_events(url: &str, connection: &mut PgConnection) {
    let left = "select count(*) from events where position is null";
    for _ in 0..1_000 {
        let read = http().get(format!("{url}/v1/events?limit=1")).header("public-api-key", demo::PUBLIC_API_KEY);
        let read = read.header("private-secret-key", demo::PRIVATE_SECRET_KEY).send().await.unwrap();
        assert_eq!(read.status(), 200);
        if sqlx::query_scalar::<_, i64>(left).fetch_one(&mut *connection).await.unwrap() == 0 {
            break;
        }
    }
}

/// Sends everything that has a key once more: it must be answered as it was first.
async fn answer_again(caller: &Caller, journal: &Arc<Journal>, found: &mut Found, to_the_end: bool) {
    let (known, undecided) = {
        let mut told = journal.told();
        let mut known: Vec<(Keyed, Value)> = Vec::new();
        known.extend(told.sessions.iter().filter_map(|made| Some((made.keyed.clone()?, made.answer.clone()))));
        known.extend(told.payments.iter().filter_map(|made| Some((made.keyed.clone()?, made.answer.clone()))));
        for refund in &told.refunds {
            let refunded = json!({"id": refund.transaction, "type": "REFUND", "amount": refund.amount});
            let answer = json!({"id": refund.payment, "transactions": refunded});
            known.extend(refund.keyed.clone().map(|keyed| (keyed, answer)));
        }
        (known, std::mem::take(&mut told.undecided))
    };
    for (keyed, first) in known {
        match caller.send_keyed(&keyed).await {
            Outcome::Acknowledged(again) if same_answer(&first, &again) => {}
            Outcome::Acknowledged(again) => found.different.push(format!("{}: {first}, then {again}", keyed.key)),
            Outcome::Refused(again) => found.different.push(format!("{}: {first}, then {again}", keyed.key)),
            Outcome::Unknown => found.different.push(format!("{}: {first}, then in process", keyed.key)),
        }
    }
    for keyed in undecided {
        match caller.send_keyed(&keyed).await {
            Outcome::Acknowledged(_) => {}
            Outcome::Unknown if !to_the_end => {}
            Outcome::Unknown => found.half_done.push(format!("{} is in process for ever", keyed.key)),
            Outcome::Refused(answer) => found.different.push(format!("{} was begun, then {answer}", keyed.key)),
        }
    }
}

/// Every acknowledged session is there, with the last change that was acknowledged or one that came after it.
async fn sessions(connection: &mut PgConnection, journal: &Journal, found: &mut Found) {
    let rows: Vec<(String, String, String, Option<Value>)> = sqlx::query_as(
        "select checkout_session_id::text, merchant_order_id, amount::float::text, metadata from checkout_sessions",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let rows: BTreeMap<_, _> =
        rows.into_iter().map(|(id, order, amount, metadata)| (id, (order, amount, metadata))).collect();
    for session in &journal.told().sessions {
        let Some((order, amount, metadata)) = rows.get(&session.id) else {
            found.lost.push(format!("session {}", session.id));
            continue;
        };
        let acknowledged = session.patches.iter().rposition(|(_, acknowledged)| *acknowledged);
        let value = metadata.as_ref().map(|metadata| metadata[0]["value"].as_str().unwrap_or_default());
        let possible = &session.patches[acknowledged.unwrap_or_default()..];
        let changed = match value {
            None => acknowledged.is_none(),
            Some(value) => possible.iter().any(|(possible, _)| possible == value),
        };
        if !changed || session.answer["merchant_order_id"] != **order || amount != "100" {
            found.lost.push(format!("session {}: {value:?} of {:?}", session.id, session.patches));
        }
    }
}

/// Every acknowledged payment and refund is there, succeeded, of what was acknowledged.
async fn payments(connection: &mut PgConnection, journal: &Journal, found: &mut Found) {
    let rows: Vec<(String, String, String, String, i64, String)> = sqlx::query_as(
        "select t.transaction_id::text, t.payment_id::text, t.type, t.status, t.amount::bigint, p.merchant_order_id
        from transactions t join payments p using (organization_id, payment_id)",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let rows: BTreeMap<_, _> = rows
        .into_iter()
        .map(|(id, payment, kind, status, amount, order)| (id, (payment, kind, status, amount, order)))
        .collect();
    let told = journal.told();
    for payment in &told.payments {
        let transaction = payment.answer["transactions"]["id"].as_str().unwrap();
        let is = rows.get(transaction).is_some_and(|(id, kind, status, amount, order)| {
            (id, kind.as_str(), status.as_str(), *amount) == (&payment.id, "PURCHASE", "SUCCEEDED", 100)
                && payment.answer["merchant_order_id"] == **order
        });
        if !is {
            found.lost.push(format!("payment {}: {:?}", payment.id, rows.get(transaction)));
        }
    }
    for refund in &told.refunds {
        let is = rows.get(&refund.transaction).is_some_and(|(payment, kind, status, amount, _)| {
            (payment, kind.as_str(), status.as_str(), *amount)
                == (&refund.payment, "REFUND", "SUCCEEDED", refund.amount)
        });
        if !is {
            found.lost.push(format!("refund {}: {:?}", refund.transaction, rows.get(&refund.transaction)));
        }
    }
}

impl Found {
    /// Fails when anything was found that must not be.
    pub fn expect_nothing(&self) {
        for (what, found) in [
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("half done", &self.half_done),
            ("answered otherwise", &self.different),
            ("events", &self.events),
        ] {
            assert!(found.is_empty(), "{} {what}: {:#?}", found.len(), &found[..found.len().min(5)]);
        }
    }
}
