//! The bearer of an access token (RFC 6750 section 2.1). The token is taken from the `Authorization`
//! header only, never from a query or a cookie.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::auth::AuthError;
use crate::auth::callers::Caller;
use crate::auth::sessions::Sessions;
use crate::http::error::ApiError;

/// Whom the call speaks for.
pub struct Bearer(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Bearer
where
    Arc<Sessions>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(AuthError::InvalidToken.into());
        };
        // RFC 9110 section 11.1: the scheme is case-insensitive.
        let unverified_token = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token)
            .ok_or(AuthError::InvalidToken)?;
        Ok(Self(Arc::<Sessions>::from_ref(state).authenticate(unverified_token).await?))
    }
}
