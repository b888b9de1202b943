//! The presented refresh token, from its cookie and nowhere else. It must not judge it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
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
        // A browser holds one cookie of this name; two were assembled by hand. Neither they nor none
        // are refused in another way than a token that opens nothing.
        let mut values = presented(&parts.headers);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(Self(value)),
            _ => Err(AuthError::InvalidGrant.into()),
        }
    }
}

/// How many are looked at: each costs a question to the database. A browser sends one.
const MOST_COOKIES: usize = 2;

/// The refresh tokens that came along, for logout: whatever is there shall end.
pub struct RefreshCookies(pub Vec<Secret>);

impl<S: Sync> FromRequestParts<S> for RefreshCookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(presented(&parts.headers).take(MOST_COOKIES).collect()))
    }
}

fn presented(headers: &HeaderMap) -> impl Iterator<Item = Secret> {
    cookie::values(headers, REFRESH_COOKIE).map(|value| Secret::new(value.to_owned()))
}
