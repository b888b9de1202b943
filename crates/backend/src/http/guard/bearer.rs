//! The bearer of an access token (RFC 6750 section 2.1), within the rate limits of its session and account. The
//! token is taken from the `Authorization` header only, never from a query or a cookie.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::SeenFrom;
use super::authorization::credentials;
use crate::auth::callers::{self, Caller, within_deadline};
use crate::auth::sessions::Sessions;
use crate::http::client::TrustedProxies;
use crate::http::error::ApiError;

/// Whom the call speaks for.
pub struct Bearer(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Bearer
where
    Arc<Sessions>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let unverified_token =
            credentials(&parts.headers, "bearer").ok_or_else(callers::no_token)?;
        let sessions = Arc::<Sessions>::from_ref(state);
        let caller = within_deadline(sessions.authenticate(unverified_token)).await?;
        let Ok(SeenFrom(whence)) = SeenFrom::from_request_parts(parts, state).await;
        // RFC 9110 section 9.2.1: any other method may change something.
        sessions.admit_call(&caller, !parts.method.is_safe(), &whence).await?;
        Ok(Self(caller))
    }
}
