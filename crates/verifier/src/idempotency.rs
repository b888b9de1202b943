//! Idempotency keys for a service's own writes (draft-ietf-httpapi-idempotency-key-header). Browsers send a request
//! again by themselves when a connection closes before its answer, POST included; a service that stores
//! [`IdempotencyKey::hash`] and [`IdempotencyKey::request_hash`] with what a request has made finds the copy.
//! It must not store or compare anything itself.

use sha2::{Digest as _, Sha256};
use shared::idempotency::key_in;

/// The key of one request. It is no credential; it is not stored as it is, because [`IdempotencyKey::request_hash`] is
/// salted with it.
#[derive(Clone)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key in a value of the `Idempotency-Key` header: 16 to 128 visible ASCII characters, with or without the
    /// quotes of a structured-field string (RFC 9651 section 3.3.3). [`None`] for anything else, which is an error of the
    /// client (400): a request with an unreadable key is not one without a key.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        key_in(value).map(|key| Self(key.to_owned()))
    }

    /// SHA-256 of the key: by this a service finds what was done with it before.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// SHA-256 of the key and of what makes two requests the same: which call, for which caller, with which body. If it
    /// differs from the one that is stored with the same key, the key was used for another request (422). It must hold no
    /// password: a key that is easy to guess would make it one of the password.
    #[must_use]
    pub fn request_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.0.as_bytes()].iter().chain(parts) {
            // Its length before each part: ["ab", "c"] is not ["a", "bc"].
            hash.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}
