//! Key pairs: the form in which secrets are kept, and the public keys that were looked up a moment ago.

use std::sync::Arc;

use chrono::TimeDelta;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::api_keys;
use crate::types::Timestamp;

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

/// No public key is longer: a longer one is not looked up, and not remembered as unknown.
const LONGEST_KEY: usize = 128;

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
    /// What a public key leads to, remembered or looked up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&self, db: &PgPool, clock: &Clock, public: &str) -> sqlx::Result<Option<Arc<api_keys::Row>>> {
        if public.len() > LONGEST_KEY {
            return Ok(None);
        }
        let now = clock.now();
        if let Some(remembered) = self.0.get(public)
            && now.since(remembered.looked_up_at) < remembered_for()
        {
            return Ok(remembered.key);
        }
        let key = api_keys::find(&mut *db.acquire().await?, public).await?.map(Arc::new);
        self.0.insert(public.to_owned(), Remembered { key: key.clone(), looked_up_at: now });
        Ok(key)
    }
}
