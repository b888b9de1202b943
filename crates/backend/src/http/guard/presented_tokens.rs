//! The tokens presented with a logout, in the cookie and in `Authorization`: their sessions are revoked. The domain
//! verifies them; none is no error.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use shared::Secret;

use super::RefreshCookies;
use super::authorization::credentials;
use crate::config::Origin;

/// Both kinds of token. They authenticate no call.
pub struct PresentedTokens {
    /// From the refresh cookies.
    pub refresh_tokens: Vec<Secret>,
    /// The bearer token (RFC 6750 section 2.1).
    pub access_token: Option<Secret>,
}

impl<S: Sync> FromRequestParts<S> for PresentedTokens
where
    Origin: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let RefreshCookies(refresh_tokens) =
            RefreshCookies::from_request_parts(parts, state).await?;
        let access_token = credentials(&parts.headers, "bearer");
        let access_token = access_token.map(|token| Secret::new(token.to_owned()));
        Ok(Self { refresh_tokens, access_token })
    }
}
