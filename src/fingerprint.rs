//! Fingerprints of cards: the same for the same number in one organization, and of no use to find the number.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::keys::random_text;
use crate::types::{CardNumber, OrganizationId, Secret};

/// The secret that fingerprints are made with, and what the server gives out to be given back. It must not lie in the database: most digits of a kept card are known,
/// so that whoever has both could try the rest.
#[derive(Clone, Debug)]
pub struct FingerprintKey(Secret);

impl FingerprintKey {
    /// Takes a secret of at least 32 characters.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(secret: &str) -> Result<Self, &'static str> {
        match secret.len() >= 32 {
            true => Ok(Self(secret.into())),
            false => Err("must have at least 32 characters, such as those that `openssl rand -hex 32` prints"),
        }
    }

    /// 256 random bits, as 64 characters.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn random() -> anyhow::Result<Secret> {
        random_text::<32>()
    }

    /// The fingerprint of a number in an organization.
    #[must_use]
    pub fn of(&self, organization: OrganizationId, number: &CardNumber) -> Uuid {
        // A key of any length is one for HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else { return Uuid::nil() };
        mac.update(format!("{organization}:{}", number.digits()).as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(half).into_uuid()
    }

    /// What proves that this server, or another with the same secret, said a text for a purpose: 64 hexadecimal digits.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else { return String::new() };
        // No fingerprint is a signature: an organization's id begins otherwise.
        mac.update(format!("signed:{purpose}:{text}").as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_by_number_by_organization_and_by_key() {
        let (one, two) = (OrganizationId::fixed(1), OrganizationId::fixed(2));
        let number = |digits| CardNumber::parse(digits).expect(digits);
        let (key, other_key) = (FingerprintKey("1".into()), FingerprintKey("2".into()));
        let fingerprint = key.of(one, &number("4507990000000002"));
        assert_eq!(fingerprint, key.of(one, &number("4507990000000002")));
        assert_ne!(fingerprint, key.of(one, &number("4507990000000010")));
        assert_ne!(fingerprint, key.of(two, &number("4507990000000002")));
        assert_ne!(fingerprint, other_key.of(one, &number("4507990000000002")));
    }

    #[test]
    fn what_is_signed_is_signed_for_a_purpose_by_a_key() {
        let (key, other_key) = (FingerprintKey("1".into()), FingerprintKey("2".into()));
        let signed = key.sign("cookie", "text");
        assert_eq!((signed.len(), &signed), (64, &key.sign("cookie", "text")));
        assert_ne!(signed, key.sign("form", "text"));
        assert_ne!(signed, key.sign("cookie", "other text"));
        assert_ne!(signed, other_key.sign("cookie", "text"));
    }

    #[test]
    fn takes_no_short_secret_and_makes_long_ones() {
        assert!(FingerprintKey::parse("0123456789").is_err());
        let made = FingerprintKey::random().expect("random bits");
        assert!(FingerprintKey::parse(made.expose()).is_ok() && made.expose().len() == 64);
    }
}
