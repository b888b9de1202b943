//! The attempt key, from `Idempotency-Key`. A malformed one is an error and changes nothing: taking
//! it for absent would turn an honest retry into a replay.

use axum::extract::OptionalFromRequestParts;
use axum::http::request::Parts;
use rotation::Attempt;
use shared::path::IDEMPOTENCY_KEY;

use crate::http::error::ApiError;

/// Which attempt to refresh this is.
pub struct AttemptKey(pub Attempt);

impl<S: Sync> OptionalFromRequestParts<S> for AttemptKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let malformed = || {
            ApiError::Malformed(
                "Idempotency-Key takes one value of 16 to 128 visible ASCII characters.".to_owned(),
            )
        };
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let attempt = value.to_str().ok().and_then(|value| Attempt::parse(value).ok());
                attempt.map(|attempt| Some(Self(attempt))).ok_or_else(malformed)
            }
            (Some(_), Some(_)) => Err(malformed()),
        }
    }
}
