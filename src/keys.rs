//! Key pairs: the form in which secrets are kept, and the public keys that were looked up a moment ago.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::db::{Pool, api_keys};
use crate::remembered::Remembered;

/// The form in which secrets are kept.
#[must_use]
pub fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Keys that were looked up a moment ago, so that the database is not asked for each call.
#[derive(Default)]
pub struct RememberedKeys(Remembered<String, Option<Arc<api_keys::Row>>>);

/// No public key is longer: a longer one is not looked up, and not remembered as unknown.
const LONGEST_KEY: usize = 128;

impl RememberedKeys {
    /// What a public key leads to, remembered or looked up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&self, db: &Pool, clock: &Clock, public: &str) -> sqlx::Result<Option<Arc<api_keys::Row>>> {
        if public.len() > LONGEST_KEY {
            return Ok(None);
        }
        let read = || {
            let (db, public) = (db.clone(), public.to_owned());
            async move { Ok(api_keys::find(&mut *db.acquire().await?, &public).await?.map(Arc::new)) }
        };
        self.0.find(public, clock.now(), read).await
    }
}
