//! `X-Idempotency-Key`: a request that is sent again is answered again, and not done again.
//!
//! What is created in one transaction [begins](begin) there, or adds its key's row with the same statement: the key is a
//! row of that transaction, a second request waits for it and then gives its answer, and when the first was refused, the
//! second is handled as new.
//!
//! What a gateway is asked about cannot be one transaction. Its key is [`Keyed`]: the first step keeps what the work
//! makes, a second request is answered from that or told to come back, and a refusal uses the key up.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde::Serialize;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Transaction};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use uuid::Uuid;

use crate::db::{Connection, idempotency_keys};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{CustomerId, OrganizationId, Text, Timestamp};

/// The header's name.
pub const HEADER: &str = "x-idempotency-key";

/// How long a key stands for its first answer.
const fn lifetime() -> TimeDelta {
    TimeDelta::hours(24)
}

/// Keys from before this time are forgotten.
#[must_use]
pub fn forgotten_before(now: Timestamp) -> Timestamp {
    now.plus(-lifetime())
}

/// The key that a client sent, if it did: 1 to 255 characters.
pub struct IdempotencyKey(Option<String>);

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(HEADER) else { return Ok(Self(None)) };
        value
            .to_str()
            .map_err(|_| "must be plain text".to_owned())
            .and_then(Text::<1, 255>::parse)
            .map(|key| Self(Some(key.into_string())))
            .map_err(|what| ApiError::InvalidParameters(vec![format!("X-Idempotency-Key: {what}")]))
    }
}

impl IdempotencyKey {
    /// None: of what happens at most once anyway.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The key's text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl utoipa::IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .min_length(Some(1))
            .max_length(Some(255));
        vec![
            ParameterBuilder::new()
                .name("X-Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(utoipa::openapi::Required::False)
                .description(Some("Sent again within 24 hours, nothing is done again: what was made is told."))
                .schema(Some(text))
                .build(),
        ]
    }
}

/// What a second request under one key means when its body differs from the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OtherBody {
    /// It is not looked at: the key decides.
    Ignored,
    /// It is refused with 409.
    Refused,
}

/// How a request with or without a key begins.
pub enum Begun {
    /// It was answered before: here is the answer.
    Before(Response),
    /// It is new: do it on this connection and [answer](Work::answer).
    New(Work),
}

/// Work that is done at most once for its key.
pub struct Work {
    connection: Guarded,
    organization: OrganizationId,
    customer: Option<CustomerId>,
}

enum Guarded {
    Without(PoolConnection<Postgres>),
    By { transaction: Transaction<'static, Postgres>, operation: &'static str, key: String },
}

/// Begins the work of an operation under the key that came with the request.
///
/// # Errors
/// 409 for another body where that is [refused](OtherBody::Refused), or when the database refuses.
pub async fn begin(
    app: &AppState,
    organization: OrganizationId,
    operation: &'static str,
    key: IdempotencyKey,
    body_sha256: [u8; 32],
    other_body: OtherBody,
) -> Result<Begun, ApiError> {
    let Some(key) = key.0 else {
        let connection = Guarded::Without(app.db.acquire().await?);
        return Ok(Begun::New(Work { connection, organization, customer: None }));
    };
    let now = app.clock.now(organization);
    let row_key = idempotency_keys::Key { operation, idempotency_key: &key };
    let mut transaction = app.db.begin().await?;
    let forgotten_before = forgotten_before(now);
    if idempotency_keys::claim(&mut transaction, organization, row_key, &body_sha256, now, forgotten_before).await? {
        let connection = Guarded::By { transaction, operation, key };
        return Ok(Begun::New(Work { connection, organization, customer: None }));
    }
    let first = idempotency_keys::find(&mut transaction, organization, row_key, forgotten_before).await?;
    transaction.rollback().await?;
    told_before(first, body_sha256, other_body).map(Begun::Before)
}

/// What the first request under a key was answered.
///
/// # Errors
/// 409 for another body where that is [refused](OtherBody::Refused).
pub fn told_before(
    first: Option<idempotency_keys::Row>,
    body_sha256: [u8; 32],
    other_body: OtherBody,
) -> Result<Response, ApiError> {
    match first {
        Some(first) if other_body == OtherBody::Refused && first.body_sha256 != body_sha256 => {
            Err(ApiError::IdempotencyConflict)
        }
        Some(idempotency_keys::Row { status: Some(status), answer: Some(answer), .. }) => {
            let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
            let status = status.ok_or_else(|| anyhow::anyhow!("an impossible status was kept"))?;
            Ok((status, [(CONTENT_TYPE, "application/json")], answer).into_response())
        }
        // Deleted, with the customer it was about, since it was found taken: as if it had never been.
        _ => Err(ApiError::CustomerNotFound),
    }
}

impl Work {
    /// The connection to do the work on; inside of a transaction when there is a key.
    pub fn connection(&mut self) -> &mut Connection {
        match &mut self.connection {
            Guarded::Without(connection) => connection,
            Guarded::By { transaction, .. } => transaction,
        }
    }

    /// Says that the answer has personal data of a customer: it is forgotten with the customer.
    #[must_use]
    pub fn about(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Ends the work: keeps the answer under the key, commits, and gives the answer.
    ///
    /// # Errors
    /// When the database refuses; under a key nothing was done then.
    pub async fn answer(self, status: StatusCode, body: &(impl Serialize + Sync)) -> Result<Response, ApiError> {
        if let Guarded::By { mut transaction, operation, key } = self.connection {
            let answer = serde_json::to_string(body).map_err(anyhow::Error::from)?;
            let row_key = idempotency_keys::Key { operation, idempotency_key: &key };
            let code = i16::try_from(status.as_u16()).map_err(anyhow::Error::from)?;
            idempotency_keys::keep_answer(&mut transaction, self.organization, row_key, self.customer, code, &answer)
                .await?;
            transaction.commit().await?;
            return Ok((status, [(CONTENT_TYPE, "application/json")], answer).into_response());
        }
        Ok((status, Json(body)).into_response())
    }
}

/// The key, if any, of work that takes more than one database transaction.
pub struct Keyed<'a> {
    /// What the server has.
    pub app: &'a AppState,
    /// Who calls.
    pub organization: OrganizationId,
    /// The operation: one key on two operations is two keys.
    pub operation: &'static str,
    /// The key that the client sent, if it did.
    pub key: &'a IdempotencyKey,
}

/// What is kept of such a body: nothing. It can have a card number, of which a digest would tell too much, and a second
/// body under the key is not looked at.
const NO_DIGEST: &[u8] = &[];

impl Keyed<'_> {
    /// Takes the key in a database transaction, or gives what the first request under it made.
    ///
    /// # Errors
    /// `IDEMPOTENCY_DUPLICATED` when the first request was refused.
    pub async fn claim(&self, connection: &mut Connection, now: Timestamp) -> Result<Option<Uuid>, ApiError> {
        let Some(key) = self.row_key() else { return Ok(None) };
        let before = forgotten_before(now);
        if idempotency_keys::claim(connection, self.organization, key, NO_DIGEST, now, before).await? {
            return Ok(None);
        }
        match idempotency_keys::find(connection, self.organization, key, before).await? {
            Some(idempotency_keys::Row { subject_id: Some(subject), .. }) => Ok(Some(subject)),
            Some(idempotency_keys::Row { refused: true, .. }) => Err(ApiError::IdempotencyDuplicated),
            _ => Err(ApiError::RequestInProcess),
        }
    }

    /// Keeps what the work makes, in the database transaction that has [claimed](Self::claim) the key.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep(&self, connection: &mut Connection, subject: Uuid) -> Result<(), ApiError> {
        let Some(key) = self.row_key() else { return Ok(()) };
        Ok(idempotency_keys::keep_subject(connection, self.organization, key, subject).await?)
    }

    /// Uses the key up when the first step was refused for what it found; a request that lacks something or disagrees
    /// with its session is sent again. Its database transaction must have been dropped.
    ///
    /// # Errors
    /// The refusal itself.
    pub async fn use_up<T>(&self, first_step: Result<T, ApiError>) -> Result<T, ApiError> {
        let (Some(key), Err(error)) = (self.row_key(), &first_step) else { return first_step };
        let keeps_it = matches!(
            error,
            ApiError::IdempotencyDuplicated
                | ApiError::RequestInProcess
                | ApiError::MissingParameters(_)
                | ApiError::InvalidAccountId
                | ApiError::InvalidParameters(_)
        );
        if error.status_and_code().0.is_client_error() && !keeps_it {
            let now = self.app.clock.now(self.organization);
            let connection = &mut *self.app.db.acquire().await?;
            let before = forgotten_before(now);
            idempotency_keys::refuse(connection, self.organization, key, now, before).await?;
        }
        first_step
    }

    fn row_key(&self) -> Option<idempotency_keys::Key<'_>> {
        let key = self.key.text()?;
        Some(idempotency_keys::Key { operation: self.operation, idempotency_key: key })
    }
}
