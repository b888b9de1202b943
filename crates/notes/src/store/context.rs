//! The context of a write: the time, and the idempotency key of its request.

use shared::NumericDate;

/// The context of a write.
#[derive(Debug, Clone, Copy)]
pub struct RequestContext {
    /// The current time.
    pub now: NumericDate,
    /// The idempotency key of the request, if it has one.
    pub key: Option<KeyedRequest>,
}

/// A request with an idempotency key, as two hashes (`verifier::IdempotencyKey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of the key, the user and the request.
    pub request_hash: [u8; 32],
}
