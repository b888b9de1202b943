//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header). A malformed one is an error and changes
//! no state: taken for absent, it would give a retry a second effect.

use axum::extract::OptionalFromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared::path::IDEMPOTENCY_KEY;

use crate::http::error::ApiError;

/// The key that a request and its retries share.
pub struct IdempotencyKey(pub verifier::IdempotencyKey);

impl IdempotencyKey {
    pub(in crate::http) fn of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let malformed = || {
            ApiError::Malformed(
                "Idempotency-Key takes one value of 16 to 128 visible ASCII characters.".to_owned(),
            )
        };
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let key = value.to_str().ok().and_then(verifier::IdempotencyKey::parse);
                key.map(|key| Some(Self(key))).ok_or_else(malformed)
            }
            (Some(_), Some(_)) => Err(malformed()),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Self::of(&parts.headers)
    }
}
