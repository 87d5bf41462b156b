//! Who calls: the organization behind the key headers, and what each kind of call may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use chrono::TimeDelta;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::db::api_keys;
use crate::demo;
use crate::error::ApiError;
use crate::state::AppState;
use crate::telemetry::RequestRecord;
use crate::types::{AccountId, OrganizationId, Timestamp};

/// Header with the public half of a key pair.
pub const PUBLIC_API_KEY: &str = "public-api-key";

/// Header with the secret half of a key pair.
pub const PRIVATE_SECRET_KEY: &str = "private-secret-key";

/// Header that names the account; optional, but checked when sent.
pub const ACCOUNT_CODE: &str = "x-account-code";

/// A merchant's backend: it sent both keys, and may do everything in its organization.
pub struct Merchant {
    /// The organization of the keys.
    pub organization: OrganizationId,
    key: Arc<api_keys::Row>,
}

impl Merchant {
    /// Takes an account of the organization.
    ///
    /// # Errors
    /// `INVALID_ACCOUNT_ID` for any other.
    pub fn account(&self, account: AccountId) -> Result<AccountId, ApiError> {
        match self.key.accounts.contains(&account) {
            true => Ok(account),
            false => Err(ApiError::InvalidAccountId),
        }
    }

    /// The organization's accounts.
    #[must_use]
    pub fn accounts(&self) -> &[AccountId] {
        &self.key.accounts
    }
}

/// An SDK client: it sent the public key, and may do what an SDK needs on a session that it can name. A merchant's
/// backend may call as one too; a wrong secret is refused here as everywhere.
pub struct SdkClient {
    /// The organization of the key.
    pub organization: OrganizationId,
}

impl FromRequestParts<AppState> for Merchant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(parts, app, true).await?;
        Ok(Self { organization: key.organization_id, key })
    }
}

impl FromRequestParts<AppState> for SdkClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(parts, app, false).await?;
        Ok(Self { organization: key.organization_id })
    }
}

async fn authenticate(parts: &Parts, app: &AppState, needs_secret: bool) -> Result<Arc<api_keys::Row>, ApiError> {
    let public = header(&parts.headers, PUBLIC_API_KEY)?.ok_or(ApiError::InvalidCredentials)?;
    let secret = header(&parts.headers, PRIVATE_SECRET_KEY)?;
    let key = app.keys.find(app, public).await?.ok_or(ApiError::InvalidCredentials)?;
    match secret {
        Some(secret) if bool::from(sha256(secret).ct_eq(&key.secret_sha256)) => {}
        None if !needs_secret => {}
        _ => return Err(ApiError::InvalidCredentials),
    }
    if let Some(record) = parts.extensions.get::<RequestRecord>() {
        record.set_organization(key.organization_id);
    }
    if let Some(account) = header(&parts.headers, ACCOUNT_CODE)? {
        AccountId::parse(account)
            .ok()
            .filter(|account| key.accounts.contains(account))
            .ok_or(ApiError::InvalidAccountId)?;
    }
    Ok(key)
}

/// The header's text; a header that is no text can be no key.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| ApiError::InvalidCredentials)).transpose()
}

/// The form in which secrets are kept.
#[must_use]
pub fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Keys that were looked up a moment ago, so that the database is not asked for each call. At most
/// [`REMEMBERED_KEYS`] of them, each for [`remembered_for`].
pub struct RememberedKeys(Cache<String, Remembered>);

#[derive(Clone)]
struct Remembered {
    key: Option<Arc<api_keys::Row>>,
    looked_up_at: Timestamp,
}

/// How many keys are remembered at most; unknown ones count too.
const REMEMBERED_KEYS: u64 = 10_000;

/// How long a key is remembered: so long does another instance's change of it take to show.
const fn remembered_for() -> TimeDelta {
    TimeDelta::seconds(1)
}

impl Default for RememberedKeys {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED_KEYS))
    }
}

impl RememberedKeys {
    async fn find(&self, app: &AppState, public: &str) -> Result<Option<Arc<api_keys::Row>>, ApiError> {
        if public == demo::PUBLIC_API_KEY && !app.demo {
            return Ok(None);
        }
        let now = app.clock.now();
        if let Some(remembered) = self.0.get(public)
            && now.since(remembered.looked_up_at) < remembered_for()
        {
            return Ok(remembered.key);
        }
        let key = api_keys::find(&mut *app.db.acquire().await?, public).await?.map(Arc::new);
        self.0.insert(public.to_owned(), Remembered { key: key.clone(), looked_up_at: now });
        Ok(key)
    }
}
