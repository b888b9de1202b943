//! The bearer of an access token (RFC 6750 section 2.1). The token is taken from the `Authorization`
//! header only, never from a query or a cookie.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::authorization::credentials;
use crate::auth::callers::{self, Caller};
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
        let unverified_token =
            credentials(&parts.headers, "bearer").ok_or_else(callers::no_token)?;
        Ok(Self(Arc::<Sessions>::from_ref(state).authenticate(unverified_token).await?))
    }
}
