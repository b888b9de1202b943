//! Whoever calls without an access token: from where, and what their device says of earlier logins. It must
//! not judge that.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use shared::Secret;
use shared::path::DEVICE_COOKIE;

use super::{RefreshCookies, SeenFrom};
use crate::auth::Visitor;
use crate::auth::known_device::DeviceToken;
use crate::config::Origin;
use crate::http::client::TrustedProxies;
use crate::http::cookie;

/// Who calls.
pub struct Visiting(pub Visitor);

impl<S: Send + Sync> FromRequestParts<S> for Visiting
where
    TrustedProxies: FromRef<S>,
    Origin: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let SeenFrom(whence) = SeenFrom::from_request_parts(parts, state).await?;
        let Ok(RefreshCookies(refresh_tokens)) =
            RefreshCookies::from_request_parts(parts, state).await;
        let devices = cookie::all_named(&parts.headers, DEVICE_COOKIE);
        let devices = devices.map(|(slot, value)| DeviceToken {
            slot: slot.to_owned(),
            value: Secret::new(value.to_owned()),
        });
        Ok(Self(Visitor { whence, devices: devices.collect(), refresh_tokens }))
    }
}
