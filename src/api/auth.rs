//! Who calls: the organization behind the key headers, and what each kind of call may do.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use subtle::ConstantTimeEq;

use crate::api::caller;
use crate::db::api_keys;
use crate::demo;
use crate::error::ApiError;
use crate::keys::sha256;
use crate::state::AppState;
use crate::telemetry::RequestRecord;
use crate::types::{AccountId, OrganizationId};

/// Header with the public half of a key pair.
pub const PUBLIC_API_KEY: &str = "public-api-key";

/// Header with the secret half of a key pair.
pub const PRIVATE_SECRET_KEY: &str = "private-secret-key";

/// Header that names the account; optional, but checked when sent.
pub const ACCOUNT_CODE: &str = "x-account-code";

/// A key pair that was shown before: an extension of the calls that the console makes for whoever is signed in.
#[derive(Clone)]
pub struct KnownKey(pub Arc<api_keys::Row>);

/// A merchant's backend: it sent both keys, and may do everything in its organization.
pub struct Merchant {
    /// The organization of the keys.
    pub organization: OrganizationId,
    key: Arc<api_keys::Row>,
    account_code: Option<AccountId>,
}

impl Merchant {
    /// The public key that was called with: who did it, to the audit log.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.key.public_api_key
    }

    /// The account that `X-Account-Code` names, where nothing else does.
    ///
    /// # Errors
    /// `MISSING_PARAMETERS` when it was not sent.
    pub fn account_of_header(&self) -> Result<AccountId, ApiError> {
        let missing = || ApiError::MissingParameters(vec!["X-Account-Code: is required".to_owned()]);
        self.account_code.ok_or_else(missing)
    }

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
}

/// An SDK client: it sent the public key, and may do what an SDK needs on a session that it can name. A merchant's
/// backend may call as one too; a wrong secret is refused here as everywhere.
pub struct SdkClient {
    /// The organization of the key.
    pub organization: OrganizationId,
    key: Arc<api_keys::Row>,
}

impl SdkClient {
    /// The public key that was called with: where the customer comes back to needs it again.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.key.public_api_key
    }
}

impl FromRequestParts<AppState> for Merchant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(parts, app, true).await?;
        // Whether it is one of the key's accounts was asked.
        let account_code = header(&parts.headers, ACCOUNT_CODE)?.and_then(|account| AccountId::parse(account).ok());
        Ok(Self { organization: key.organization_id, key, account_code })
    }
}

impl FromRequestParts<AppState> for SdkClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let key = authenticate(parts, app, false).await?;
        Ok(Self { organization: key.organization_id, key })
    }
}

/// The organization whose keys came with a call, if they are right; whether they let it in is not asked.
pub(super) async fn organization_of(headers: &HeaderMap, app: &AppState) -> Option<OrganizationId> {
    let public = headers.get(PUBLIC_API_KEY)?.to_str().ok()?;
    let key = app.keys.find(&app.db, &app.clock, public).await.ok()??;
    let right = match headers.get(PRIVATE_SECRET_KEY) {
        Some(secret) => bool::from(sha256(secret.to_str().ok()?).ct_eq(&key.secret_sha256)),
        None => true,
    };
    right.then_some(key.organization_id)
}

async fn authenticate(parts: &Parts, app: &AppState, needs_secret: bool) -> Result<Arc<api_keys::Row>, ApiError> {
    let key = match parts.extensions.get() {
        Some(KnownKey(key)) => Arc::clone(key),
        None => by_headers(parts, app, needs_secret).await?,
    };
    if let Some(account) = header(&parts.headers, ACCOUNT_CODE)? {
        AccountId::parse(account)
            .ok()
            .filter(|account| key.accounts.contains(account))
            .ok_or(ApiError::InvalidAccountId)?;
    }
    Ok(key)
}

async fn by_headers(parts: &Parts, app: &AppState, needs_secret: bool) -> Result<Arc<api_keys::Row>, ApiError> {
    let public = header(&parts.headers, PUBLIC_API_KEY)?.ok_or(ApiError::InvalidCredentials)?;
    let secret = header(&parts.headers, PRIVATE_SECRET_KEY)?;
    if secret.is_none() && needs_secret {
        return Err(ApiError::InvalidCredentials);
    }
    let key = of_pair(app, public, secret).await?;
    let_in(parts, app, &key)?;
    let limited = app.key_limit.take(public, secret.is_some(), app.clock.machine_time());
    limited.map_err(|retry_after| ApiError::TooManyRequests { retry_after })?;
    app.calls.fetch_add(1, Ordering::Relaxed);
    if let Some(record) = parts.extensions.get::<RequestRecord>() {
        record.set_organization(key.organization_id);
    }
    Ok(key)
}

/// Finds a key pair, or what a public key leads to when there is no secret.
///
/// # Errors
/// `INVALID_CREDENTIALS` for keys that are not there and for a wrong secret.
pub(crate) async fn of_pair(
    app: &AppState,
    public: &str,
    secret: Option<&str>,
) -> Result<Arc<api_keys::Row>, ApiError> {
    // A database can have the demo's published keys from an earlier run.
    if public == demo::PUBLIC_API_KEY && !app.demo {
        return Err(ApiError::InvalidCredentials);
    }
    let key = app.keys.find(&app.db, &app.clock, public).await?.ok_or(ApiError::InvalidCredentials)?;
    match secret {
        Some(secret) if !bool::from(sha256(secret).ct_eq(&key.secret_sha256)) => Err(ApiError::InvalidCredentials),
        _ => Ok(key),
    }
}

/// Whether a key still opens something, and from where the call comes. To be asked only of whoever has shown the right
/// keys: nobody else learns anything about them.
///
/// # Errors
/// `EXPIRED_CREDENTIALS` or `UNKNOWN_IP_ADDRESS`.
pub(crate) fn let_in(parts: &Parts, app: &AppState, key: &api_keys::Row) -> Result<(), ApiError> {
    if key.expires_at.is_some_and(|expires_at| expires_at <= app.clock.now(key.organization_id)) {
        return Err(ApiError::ExpiredCredentials);
    }
    if !key.allowed_networks.is_empty() {
        let address = caller::address(parts, &app.trusted_proxies);
        if !address.is_some_and(|address| key.allowed_networks.contain(address)) {
            return Err(ApiError::UnknownIpAddress);
        }
    }
    Ok(())
}

/// The header's text; a header that is no text can be no key.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| ApiError::InvalidCredentials)).transpose()
}
