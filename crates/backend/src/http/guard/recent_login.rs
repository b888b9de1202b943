//! The bearer of an access token with a recent login, else step-up (RFC 9470): for calls that cannot be undone, or
//! that a thief would make first.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::Bearer;
use crate::auth::Caller;
use crate::auth::session::callers::Callers;
use crate::http::client_address::TrustedProxies;
use crate::http::error::ApiError;

/// The authenticated caller.
pub struct RecentLogin(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for RecentLogin
where
    Arc<Callers>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Bearer(caller) = Bearer::from_request_parts(parts, state).await?;
        Arc::<Callers>::from_ref(state).require_recent_login(&caller)?;
        Ok(Self(caller))
    }
}
