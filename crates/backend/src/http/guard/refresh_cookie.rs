//! The presented refresh token, only from its cookie; the domain verifies it.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use shared::Secret;
use shared::path::{REFRESH_COOKIE, at_port};

use crate::auth::AuthError;
use crate::config::Origin;
use crate::http::cookie::{self, Names};
use crate::http::error::ApiError;

/// The refresh cookie.
pub struct RefreshCookie {
    /// The presented token.
    pub token: Secret,
    /// The names of the session's cookies.
    pub names: Names,
}

impl<S: Sync> FromRequestParts<S> for RefreshCookie
where
    Origin: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // If a cookie name has this server's port, the usual name is another server's.
        let port = Origin::from_ref(state).port();
        let (own, usual) = presented(&parts.headers, port);
        let (values, names) =
            if own.is_empty() { (usual, Names::usual()) } else { (own, Names::at(port)) };
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(token), None) => Ok(Self { token, names }),
            // Without a token there is no session that the answer could disclose.
            (None, _) => Err(ApiError::NoRefreshCookie),
            // A browser holds one cookie of this name; two were assembled by hand. They must be refused exactly like
            // an unknown token.
            (Some(_), Some(_)) => Err(AuthError::InvalidGrant.into()),
        }
    }
}

/// How many are loaded: each costs a database read. A browser sends one, and another server's.
const MOST_COOKIES: usize = 2;

/// All presented refresh tokens, for revoking their sessions.
pub struct RefreshCookies(pub Vec<Secret>);

impl<S: Sync> FromRequestParts<S> for RefreshCookies
where
    Origin: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let (own, usual) = presented(&parts.headers, Origin::from_ref(state).port());
        Ok(Self(own.into_iter().chain(usual).take(MOST_COOKIES).collect()))
    }
}

/// The tokens under the name with this server's port, and those under the usual name.
fn presented(headers: &HeaderMap, port: u16) -> (Vec<Secret>, Vec<Secret>) {
    let all = |name: &str| {
        let values = cookie::values(headers, name).take(MOST_COOKIES);
        values.map(|value| Secret::new(value.to_owned())).collect()
    };
    (all(&at_port(REFRESH_COOKIE, port)), all(REFRESH_COOKIE))
}
