//! Idempotency keys for a service's own writes (draft-ietf-httpapi-idempotency-key-header). Browsers retry a request,
//! POST included, when a connection closes before its response; a service that stores [`IdempotencyKey::hash`] and
//! [`IdempotencyKey::request_hash`] with the result of a request detects the retry.

use sha2::{Digest as _, Sha256};
use types::idempotency::key_in;

/// The idempotency key of one request. It is no credential; store its hash, because [`IdempotencyKey::request_hash`]
/// uses the key as a salt.
#[derive(Clone)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key in a value of the `Idempotency-Key` header: 16 to 128 visible ASCII characters, with or without the
    /// quotes of a structured-field string (RFC 9651 section 3.3.3). [`None`] for any other value, which is a client
    /// error (400): a malformed key must not count as an absent one.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        key_in(value).map(|key| Self(key.to_owned()))
    }

    /// SHA-256 of the key: the index under which a service finds an earlier request.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// SHA-256 of the key and of the request's identity: which call, for which caller, with which body. If it differs
    /// from the hash stored with the same key, the key was reused for another request (422). Do not include a
    /// password: a guessable key would turn this hash into one of the password.
    #[must_use]
    pub fn request_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.0.as_bytes()].iter().chain(parts) {
            // A length prefix for each part: ["ab", "c"] is not ["a", "bc"].
            hash.update(u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}
