//! The presented refresh token, from its cookie and nowhere else. It must not judge it.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared::Secret;
use shared::path::REFRESH_COOKIE;

use crate::auth::AuthError;
use crate::http::cookie;
use crate::http::error::ApiError;

/// What stands in the refresh cookie.
pub struct RefreshCookie(pub Secret);

impl<S: Sync> FromRequestParts<S> for RefreshCookie {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // No cookie is refused like any other: there is one answer to every refused refresh.
        Ok(presented(&parts.headers)?.ok_or(AuthError::InvalidGrant)?)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for RefreshCookie {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        presented(&parts.headers)
    }
}

/// A browser holds one cookie of this name; two were assembled by hand.
fn presented(headers: &HeaderMap) -> Result<Option<RefreshCookie>, ApiError> {
    let mut values = cookie::values(headers, REFRESH_COOKIE);
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(AuthError::InvalidGrant.into()),
        (value, _) => Ok(value.map(|value| RefreshCookie(Secret::new(value.to_owned())))),
    }
}
