//! How many requests are worked on at a time. What comes beyond that is refused at once, so that what was let in is
//! answered in bounded time.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::config::limits::{BODY_TIMEOUT, MAX_ARRIVING_BYTES, MAX_BODY_BYTES};
use crate::error::ApiError;

/// What memory for arriving bodies is counted in, in bytes.
const PIECE: usize = 1024;

/// Lets requests in. Cheap to clone.
#[derive(Clone)]
pub struct Admission {
    places: Arc<Semaphore>,
    /// Places that there are, taken or not.
    most: usize,
    /// Pieces of memory for bodies that are still being sent.
    pieces: Arc<Semaphore>,
}

/// A place among the requests that are worked on, until it is dropped.
pub struct Place(#[expect(dead_code, reason = "held, and given back when dropped")] OwnedSemaphorePermit);

impl Admission {
    /// Lets in at most so many requests at a time.
    #[must_use]
    pub fn new(requests: usize) -> Self {
        let pieces = Arc::new(Semaphore::new(MAX_ARRIVING_BYTES / PIECE));
        Self { places: Arc::new(Semaphore::new(requests)), most: requests, pieces }
    }

    /// How many are let in now, and how many may be.
    #[must_use]
    pub fn taken(&self) -> (usize, usize) {
        (self.most.saturating_sub(self.places.available_permits()), self.most)
    }

    /// Lets a request in, when its body has arrived: one that is sent slowly takes nobody's place.
    ///
    /// # Errors
    /// `Overloaded` when there is no place or no memory for its body, `PayloadTooLarge`, `BodyTimeout` when it is sent
    /// too slowly, `InvalidRequest` when it is cut off.
    pub async fn enter(&self, request: Request) -> Result<(Request, Place), ApiError> {
        let request = match request.body().is_end_stream() {
            true => request,
            false => {
                let (parts, body) = request.into_parts();
                let body = timeout(BODY_TIMEOUT, self.arrived(body)).await.map_err(|_| ApiError::BodyTimeout)??;
                Request::from_parts(parts, Body::from(body))
            }
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ApiError::Overloaded)?;
        Ok((request, Place(place)))
    }

    async fn arrived(&self, mut body: Body) -> Result<Bytes, ApiError> {
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > MAX_BODY_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
        if body.is_end_stream() {
            return within_limit(first);
        }
        let mut arrived = BytesMut::from(first);
        let mut held: Option<SemaphorePermit<'_>> = None;
        loop {
            if arrived.len() > MAX_BODY_BYTES {
                return Err(ApiError::PayloadTooLarge);
            }
            let missing = arrived.len().div_ceil(PIECE) - held.as_ref().map_or(0, SemaphorePermit::num_permits);
            let more = self.pieces.try_acquire_many(u32::try_from(missing).unwrap_or(u32::MAX));
            let more = more.map_err(|_| ApiError::Overloaded)?;
            match &mut held {
                Some(held) => held.merge(more),
                None => held = Some(more),
            }
            match next(&mut body).await? {
                Some(bytes) => arrived.extend_from_slice(&bytes),
                None => return Ok(arrived.freeze()),
            }
        }
    }
}

fn within_limit(bytes: Bytes) -> Result<Bytes, ApiError> {
    match bytes.len() > MAX_BODY_BYTES {
        true => Err(ApiError::PayloadTooLarge),
        false => Ok(bytes),
    }
}

/// The next bytes of a body; none at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::InvalidRequest("The body was cut off.".into()))?;
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
