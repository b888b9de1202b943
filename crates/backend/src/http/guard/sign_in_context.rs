//! The context of a call without an access token: the client, and the device and refresh tokens that its browser
//! presents. The domain verifies them.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::{Devices, RefreshCookies, RequestContext};
use crate::auth::SignInContext;
use crate::config::Origin;
use crate::http::client_address::TrustedProxies;

impl<S: Send + Sync> FromRequestParts<S> for SignInContext
where
    TrustedProxies: FromRef<S>,
    Origin: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let request = RequestContext::from_request_parts(parts, state).await?;
        let Ok(RefreshCookies(refresh_tokens)) =
            RefreshCookies::from_request_parts(parts, state).await;
        let Ok(Devices(devices)) = Devices::from_request_parts(parts, state).await;
        Ok(Self { request, devices, refresh_tokens })
    }
}
