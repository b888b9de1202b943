//! The attempt key of a rotation, from `Idempotency-Key`. A malformed one is an error and changes no state: taken for
//! absent, it would turn an honest retry into a replay.

use axum::extract::OptionalFromRequestParts;
use axum::http::request::Parts;
use rotation::Attempt;

use super::IdempotencyKey;
use crate::http::error::ApiError;

/// The attempt to refresh.
pub struct AttemptKey(pub Attempt);

impl<S: Sync> OptionalFromRequestParts<S> for AttemptKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let key = IdempotencyKey::of(&parts.headers)?;
        Ok(key.map(|IdempotencyKey(key)| Self(Attempt::from_hash(key.hash()))))
    }
}
