//! The session that a call is about, from `If-Match` (RFC 9110 section 13.1.1): its id as one strong entity tag. A
//! malformed one is an error and changes no state: taken for absent, it would revoke any session.

use axum::extract::OptionalFromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use shared::SessionId;

use crate::http::error::ApiError;

/// The expected session, and no other.
pub struct ExpectedSession(pub SessionId);

impl<S: Sync> OptionalFromRequestParts<S> for ExpectedSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let malformed = || {
            ApiError::Malformed("If-Match takes the id of one session in double quotes.".to_owned())
        };
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let tag =
                    value.to_str().ok().and_then(|it| it.strip_prefix('"')?.strip_suffix('"'));
                let session = tag.and_then(|tag| tag.parse().ok());
                session.map(|session| Some(Self(session))).ok_or_else(malformed)
            }
            (Some(_), Some(_)) => Err(malformed()),
        }
    }
}
