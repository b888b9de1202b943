//! The context of a request: when it was admitted, and the client's address and device.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderName;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use shared::Device;

use crate::auth::RequestContext;
use crate::auth::risk::device::{ClientHints, device};
use crate::http::client_address::{ClientAddress, TrustedProxies};
use crate::http::clock::AdmittedAt;
use crate::store::ClientInfo;

const BRANDS: HeaderName = HeaderName::from_static("sec-ch-ua");
const PLATFORM: HeaderName = HeaderName::from_static("sec-ch-ua-platform");

impl<S: Send + Sync> FromRequestParts<S> for RequestContext
where
    TrustedProxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let AdmittedAt(now) = AdmittedAt::from_request_parts(parts, state).await?;
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let hints = ClientHints { brands: header(BRANDS), platform: header(PLATFORM) };
        let device = header(USER_AGENT).map_or_else(Device::unknown, |said| device(said, hints));
        Ok(Self { now, client: ClientInfo { address, device }, client_id: None })
    }
}
