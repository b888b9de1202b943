//! A request with an idempotency key, as values.

use rotation::Attempt;
use sha2::{Digest as _, Sha256};
use shared::SessionId;
use verifier::IdempotencyKey;

/// An idempotency key and its request, as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    pub(in crate::auth) key_hash: [u8; 32],
    pub(in crate::auth) request_hash: [u8; 32],
}

impl KeyedRequest {
    /// Requests are the same if all parts are: the call, the caller, and the body without its password.
    #[must_use]
    pub fn new(key: &IdempotencyKey, parts: &[&[u8]]) -> Self {
        Self { key_hash: key.hash(), request_hash: key.request_hash(parts) }
    }

    /// A step-up in this session with this attempt key. The key belongs to the rotation: a refresh may have used it,
    /// too.
    pub(in crate::auth) fn of_confirmation(attempt: &Attempt, session: SessionId) -> Self {
        let hash = Sha256::new_with_prefix("confirm").chain_update(attempt.hash());
        let hash = hash.chain_update(session.as_bytes()).finalize().into();
        Self { key_hash: hash, request_hash: hash }
    }
}

/// Whether a call with an access token can be a retry of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// Without a key: no retry is recognised.
    Unkeyed,
    /// With a key that was not used before.
    Keyed(KeyedRequest),
    /// A retry of a call that took effect.
    Repeated,
}
