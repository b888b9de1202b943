//! The attempt key, an idempotency key: the proof that a refresh is a retry.
//!
//! A client draws a random key for each *attempt* to refresh, sends it as `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header) and keeps it until the attempt is answered. The server stores a hash
//! of it. The key is no credential: it is useless without the refresh cookie.

use std::fmt;

use sha2::{Digest as _, Sha256};
use types::idempotency::key_in;

/// One attempt to refresh, known by the SHA-256 of its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt([u8; 32]);

/// A malformed key: the contract asks for 16 to 128 visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedAttemptKey;

impl fmt::Display for MalformedAttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attempt key is not 16 to 128 visible ASCII characters")
    }
}

impl std::error::Error for MalformedAttemptKey {}

impl Attempt {
    /// Parses the header's value: an opaque text, or the same in the quotes of a structured-field string (RFC 8941
    /// section 3.3.3), which are not part of the key.
    ///
    /// # Errors
    /// [`MalformedAttemptKey`] if it is too short, too long, or not visible ASCII.
    pub fn parse(value: &str) -> Result<Self, MalformedAttemptKey> {
        let key = key_in(value).ok_or(MalformedAttemptKey)?;
        Ok(Self(Sha256::digest(key).into()))
    }

    /// From a stored hash.
    #[must_use]
    pub const fn from_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash to store.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.0
    }
}
