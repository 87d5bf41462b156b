//! Asking a gateway what a transaction comes to, and recording the answer: the transaction, its payment, the session
//! and the enrolled method move together, in one database transaction. The gateway is asked outside of any.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;
use sqlx::types::Json;

use crate::api::events::{payment_event, record_enrollment, record_session};
use crate::catalog::CATALOG;
use crate::db::{
    AsSent, Connection, checkout_sessions, events, is_known_away, payment_methods, payments, transactions,
};
use crate::error::ApiError;
use crate::gateway::{Answer, Authentication, Question, ResponseCode, TIMED_OUT};
use crate::lifecycle::{Money, State, Step, after, flow_of, patience};
use crate::metrics::measures::{Measures, outcome};
use crate::state::AppState;
use crate::types::{
    EnrollmentStatus, EventKind, OrganizationId, PaymentId, PaymentMethodId, PaymentStatus, Timestamp, TransactionId,
    TransactionStatus, TransactionType, VaultedToken,
};

/// How long a gateway that was asked may leave a payment as it was, before it counts as one that never answers.
#[must_use]
pub const fn longest_flight() -> TimeDelta {
    TimeDelta::minutes(2)
}

/// What was recorded: a payment and all its transactions, as they are now.
pub struct Recorded {
    /// The payment.
    pub payment: payments::Row,
    /// Its transactions.
    pub transactions: Vec<transactions::Row>,
}

/// Asks the payment's gateway about the transaction that is in flight, and records the answer. No connection is held
/// while the gateway is asked. Gives `None` when the payment was given up meanwhile.
///
/// # Errors
/// When the database refuses; the answer is then recorded when it is back, and the payment is [due](super::due) after
/// [`longest_flight`] if it never is.
pub async fn settle(
    app: &AppState,
    organization: OrganizationId,
    payment: &payments::Row,
    transaction: &transactions::Row,
) -> Result<Option<Recorded>, ApiError> {
    let question = Question {
        r#type: transaction.r#type,
        amount: transaction.amount,
        flow: flow_of(&payment.payment_method_type),
        card: payment.card.as_ref().map(|card| card.outcome.clone()),
        description: payment.description.clone(),
        ask_customer: payment.vaulted_token.is_none(),
    };
    let began = Instant::now();
    let decided = app.testing.as_ref().and_then(|testing| testing.take_answer(organization, payment, transaction));
    let answer = match decided {
        Some(answer) => answer,
        None => app.gateways.ask(&payment.provider_id, question).await,
    };
    let outcome = if answer.response.code == TIMED_OUT { outcome::TIMED_OUT } else { outcome::ANSWERED };
    app.metrics.note(|measures| Measures::took(&measures.gateway_seconds, outcome, began.elapsed()));
    if outcome == outcome::TIMED_OUT {
        tracing::warn!(provider_id = payment.provider_id, payment = %payment.payment_id, "a gateway did not answer");
    }
    let (payment, transaction) = (payment.payment_id, transaction.transaction_id);
    let mut tries = 1;
    loop {
        let recording = record_answer(app, organization, payment, transaction, &answer);
        match app.db.tenure().bound(recording).await {
            // What a gateway has answered is not given up because something else was in the way.
            Err(ApiError::Unavailable(error)) if !is_known_away(&error) && tries < TRIES => {
                tracing::warn!(%error, tries, "cannot record what a gateway answered");
                tries += 1;
            }
            Err(ApiError::Unavailable(error)) => {
                tokio::spawn(record_later(app.clone(), organization, payment, transaction, answer));
                return Err(ApiError::Unavailable(error));
            }
            recorded => return recorded,
        }
    }
}

/// How often recording what a gateway answered is tried while who asked for it waits, and how often when the database
/// is back after it was away.
const TRIES: u32 = 5;

/// How long recording is put off after a try, when the database was away.
const PUT_OFF: Duration = Duration::from_millis(100);

/// Records what a gateway answered when the database is back, unless that takes so long that the clock ends the
/// payment. Who asked for it has been told that the database cannot be asked.
async fn record_later(
    app: AppState,
    organization: OrganizationId,
    payment: PaymentId,
    transaction: TransactionId,
    answer: Answer,
) {
    let limit = longest_flight().to_std().unwrap_or_default();
    let mut last = None;
    for _ in 0..TRIES {
        tokio::time::sleep(PUT_OFF).await;
        if !app.db.is_back_within(limit).await {
            break;
        }
        let recording = record_answer(&app, organization, payment, transaction, &answer);
        match app.db.tenure().bound(recording).await {
            Err(ApiError::Unavailable(error)) => last = Some(error),
            Err(error) => return tracing::error!(?error, "cannot record what a gateway answered"),
            Ok(_) => return,
        }
    }
    tracing::error!(%payment, ?last, "what a gateway answered was not recorded: the database was away for too long");
}

async fn record_answer(
    app: &AppState,
    organization: OrganizationId,
    payment: PaymentId,
    transaction: TransactionId,
    answer: &Answer,
) -> Result<Option<Recorded>, ApiError> {
    let mut database = app.db.begin().await?;
    let locked = payments::lock(&mut database, organization, payment).await?;
    // Given up in the meantime, it stays as it was recorded then.
    let recorded = match locked.filter(|locked| locked.in_flight == Some(transaction)) {
        Some(locked) => Some(
            record(app, &mut database, organization, locked, transaction, answer, app.clock.now(organization)).await?,
        ),
        None => None,
    };
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok(recorded)
}

/// Records what a transaction came to, and that it did. The payment must have been locked in the database transaction
/// that this runs in; [wake](crate::webhooks::Webhooks::wake) the webhooks once it is committed.
///
/// # Errors
/// When the database refuses.
pub async fn record(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    mut payment: payments::Row,
    transaction: TransactionId,
    answer: &Answer,
    now: Timestamp,
) -> Result<Recorded, ApiError> {
    let rows = transactions::list(connection, organization, &[payment.payment_id]).await?;
    let find = |matches: &dyn Fn(&transactions::Row) -> bool| rows.iter().find(|row| matches(row)).cloned();
    let mut row = find(&|row| row.transaction_id == transaction)
        .ok_or_else(|| anyhow::anyhow!("a payment in flight without its transaction"))?;
    let known = find(&|row| row.r#type == TransactionType::ThreeDSecure);
    match (&answer.authentication, known) {
        (Some(authentication), known) => {
            record_authentication(connection, organization, &row, known, authentication, now).await?;
        }
        // Nobody came to authenticate.
        (None, Some(awaited)) if awaited.status == TransactionStatus::Pending => {
            let (status, response_code) = (answer.response.status, answer.response.code.clone());
            let ended = transactions::Row { status, response_code, ..awaited };
            transactions::update(connection, organization, &ended, now).await?;
        }
        (None, _) => {}
    }

    let waits_for_challenge = answer.response.code == "CHALLENGE_REQUIRED";
    (row.status, row.response_code) = match waits_for_challenge {
        true => (TransactionStatus::Created, "ACTION_REQUIRED".to_owned()),
        false => (answer.response.status, answer.response.code.clone()),
    };
    transactions::update(connection, organization, &row, now).await?;
    let unfinished = |row: &transactions::Row| {
        row.position == transactions::MAIN_POSITION
            && matches!(row.status, TransactionStatus::Created | TransactionStatus::Pending)
    };
    if row.r#type == TransactionType::Cancel
        && row.status == TransactionStatus::Succeeded
        && let Some(given_up) = find(&unfinished)
    {
        // No code is published for it.
        let (status, response_code) = (TransactionStatus::Canceled, "CANCELED".to_owned());
        let given_up = transactions::Row { status, response_code, ..given_up };
        transactions::update(connection, organization, &given_up, now).await?;
    }
    if let (TransactionType::Refund, Some(about), false) =
        (row.r#type, row.about_transaction_id, row.status == TransactionStatus::Succeeded)
    {
        transactions::undo_refund(connection, organization, about, row.amount).await?;
    }

    let before = State::new(payment.status, payment.sub_status);
    let money =
        Money { value: payment.amount, paid: payment.paid, captured: payment.captured, refunded: payment.refunded };
    let step = Step {
        r#type: row.r#type,
        amount: row.amount,
        status: answer.response.status,
        response_code: &answer.response.code,
        lost_last: last_given_back(&rows) == Some(TransactionType::Chargeback),
    };
    let (state, money) = after(before, money, step);
    (payment.status, payment.sub_status) = (state.status, state.sub_status);
    (payment.paid, payment.captured, payment.refunded) = (money.paid, money.captured, money.refunded);
    payment.in_flight = None;
    payment.due_at = due_at(&payment);
    if row.status == TransactionStatus::Succeeded
        && row.position == transactions::MAIN_POSITION
        && payment.card.is_some()
    {
        note_authorization(&mut payment, transaction);
    }
    let disputed = row.r#type == TransactionType::Chargeback;
    if state.status == PaymentStatus::Succeeded && before.status != PaymentStatus::Succeeded && !disputed {
        succeed(connection, organization, &mut payment, now).await?;
    }
    payments::update(connection, organization, &payment, now).await?;
    if row.r#type == TransactionType::Verify && state.is_terminal() {
        let (status, token) = match state.status {
            PaymentStatus::Succeeded => (EnrollmentStatus::Enrolled, Some(VaultedToken::new(now))),
            _ => (EnrollmentStatus::Declined, None),
        };
        let verified = payment.payment_id;
        let ended = payment_methods::end_verification(connection, organization, verified, status, token, now).await?;
        if let Some(method) = ended {
            record_enrollment(connection, organization, &method, now).await?;
        }
    }
    let rows = match (rows.len(), &answer.authentication) {
        // Nothing else can have moved.
        (1, None) => vec![transactions::Row { updated_at: now, ..row }],
        _ => transactions::list(connection, organization, &[payment.payment_id]).await?,
    };
    payment.updated_at = now;
    let event = payment_event(app, organization, &payment, &rows, transaction, now)?;
    events::insert(connection, organization, &event).await?;
    if let Some(session) = payment.checkout_session_id.filter(|_| state.is_terminal()) {
        let completed = checkout_sessions::complete(connection, organization, session, now).await?;
        if let Some(completed) = completed.filter(|completed| completed.asked) {
            record_session(connection, organization, EventKind::SessionCompleted, completed.session, now).await?;
        }
    }
    // What was disputed has been counted before.
    if state.is_terminal() && state != before && (!disputed || state.status == PaymentStatus::Chargeback) {
        app.metrics.note(|measures| measures.note_payment(state.status.as_str(), state.sub_status.as_str()));
    }
    Ok(Recorded { payment, transactions: rows })
}

/// Of what gave something back, or lost it, the last.
fn last_given_back(rows: &[transactions::Row]) -> Option<TransactionType> {
    let gives_back = |row: &&transactions::Row| match row.r#type {
        TransactionType::Refund => row.status == TransactionStatus::Succeeded,
        TransactionType::Chargeback => matches!(row.status, TransactionStatus::Lost | TransactionStatus::Prevented),
        _ => false,
    };
    rows.iter().rfind(gives_back).map(|row| row.r#type)
}

/// When a payment that nothing is asked about any more runs out: while it waits for somebody.
fn due_at(payment: &payments::Row) -> Option<Timestamp> {
    let waits = State::new(payment.status, payment.sub_status).is_undecided();
    waits.then(|| payment.created_at.plus(patience(flow_of(&payment.payment_method_type))))
}

/// An issuer's six digits, which stand for nothing here.
fn note_authorization(payment: &mut payments::Row, transaction: TransactionId) {
    if let Some(code) = payment.detail.0.pointer_mut("/card/authorization_code") {
        *code = json!(format!("{:06}", transaction.number() % 1_000_000));
    }
}

/// Adds or moves the transaction of the cardholder's authentication, which stands before the one that needs it.
async fn record_authentication(
    connection: &mut Connection,
    organization: OrganizationId,
    main: &transactions::Row,
    known: Option<transactions::Row>,
    authentication: &Authentication,
    now: Timestamp,
) -> Result<(), ApiError> {
    let proof = authentication.proof.map(|proof| {
        AsSent(json!({
            "status": proof.status,
            "electronic_commerce_indicator": proof.electronic_commerce_indicator,
            "cryptogram": proof.cryptogram,
        }))
    });
    let row = transactions::Row {
        status: authentication.response.status,
        response_code: authentication.response.code.clone(),
        status_detail: Some(authentication.result.clone()),
        proof,
        ..known.clone().unwrap_or_else(|| transactions::Row {
            transaction_id: TransactionId::new(now),
            position: main.position - 1,
            r#type: TransactionType::ThreeDSecure,
            created_at: now,
            ..main.clone()
        })
    };
    match known {
        Some(_) => transactions::update(connection, organization, &row, now).await?,
        None => transactions::insert(connection, organization, &row).await?,
    }
    Ok(())
}

/// What follows from a payment that has just succeeded: its method is enrolled, or was used once more.
async fn succeed(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: &mut payments::Row,
    now: Timestamp,
) -> Result<(), ApiError> {
    if let Some(vaulted_token) = payment.vaulted_token {
        payment_methods::note_use(connection, organization, vaulted_token, now).await?;
        return Ok(());
    }
    let enrollable = CATALOG.method(&payment.payment_method_type).is_some_and(|method| method.enrollable);
    let wanted = payment.vault_on_success && enrollable;
    let Some(customer_id) = payment.customer_id.filter(|_| wanted) else { return Ok(()) };
    let vaulted_token = VaultedToken::new(now);
    let method = payment_methods::Row {
        payment_method_id: PaymentMethodId::new(now),
        account_id: payment.account_id,
        customer_id,
        customer_session_id: None,
        payment_method_type: payment.payment_method_type.clone(),
        country: payment.country,
        status: EnrollmentStatus::Enrolled,
        vaulted_token,
        provider_token: Some(VaultedToken::new(now)),
        // The description is asked for the outcome of a card that is not listed, with each payment anew.
        card: payment.card.as_ref().map(|card| Json(card.0.clone())),
        listed: payment.card.is_some(),
        callback_url: None,
        return_url: None,
        verify_vault_on_success: false,
        verify_currency: None,
        verify_metadata: None,
        verify_payment_id: None,
        idempotency_key: None,
        page_id: None,
        last_successfully_used_at: Some(now),
        created_at: now,
        updated_at: now,
        expires_at: None,
    };
    payment_methods::insert(connection, organization, &method).await?;
    record_enrollment(connection, organization, &method, now).await?;
    payment.vaulted_token = Some(vaulted_token);
    Ok(())
}

/// What the clock makes of a payment that is due: a gateway that never answered, or a customer that never paid.
///
/// # Errors
/// When the database refuses.
pub async fn run_out(
    app: &AppState,
    connection: &mut Connection,
    organization: OrganizationId,
    payment: payments::Row,
    now: Timestamp,
) -> Result<(), ApiError> {
    if payment.in_flight.is_none() && !State::new(payment.status, payment.sub_status).is_undecided() {
        // It has come to its end: there is nothing to run out.
        let ended = payments::Row { due_at: None, ..payment };
        return Ok(payments::update(connection, organization, &ended, ended.updated_at).await?);
    }
    let (transaction, response) = match payment.in_flight {
        Some(transaction) => (transaction, ResponseCode::of(TransactionStatus::Error, TIMED_OUT)),
        None => (
            main_transaction(connection, organization, payment.payment_id).await?,
            ResponseCode::of(TransactionStatus::Expired, "EXPIRED_BY_PROVIDER"),
        ),
    };
    record(app, connection, organization, payment, transaction, &Answer::plain(response), now).await?;
    Ok(())
}

/// The transaction that takes, holds or verifies: the one that every payment begins with.
///
/// # Errors
/// When the database refuses.
pub async fn main_transaction(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
) -> Result<TransactionId, ApiError> {
    let rows = transactions::list(connection, organization, &[payment]).await?;
    let main = rows.iter().find(|row| row.position == transactions::MAIN_POSITION).map(|row| row.transaction_id);
    main.ok_or_else(|| anyhow::anyhow!("a payment without a transaction").into())
}
