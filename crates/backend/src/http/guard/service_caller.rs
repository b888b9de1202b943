//! Client authentication of a service (RFC 6749 section 2.3.1, `client_secret_basic`), within the rate limits of its
//! network and its own.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::Secret;
use url::form_urlencoded;

use super::RequestContext;
use super::authorization::credentials;
use crate::auth::introspection::{Services, service_refused};
use crate::http::client_address::TrustedProxies;
use crate::http::error::ApiError;
use crate::store::Service;

/// The authenticated service.
pub struct ServiceCaller(pub Service);

impl<S: Send + Sync> FromRequestParts<S> for ServiceCaller
where
    Arc<Services>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let presented = credentials(&parts.headers, "basic").and_then(id_and_secret);
        let (id, secret) = presented.ok_or_else(|| service_refused(None))?;
        let Ok(context) = RequestContext::from_request_parts(parts, state).await;
        let services = Arc::<Services>::from_ref(state);
        Ok(Self(services.authenticate(&id, &secret, &context.client).await?))
    }
}

/// RFC 7617 section 2; and RFC 6749 section 2.3.1: each part is first encoded like a form's value.
fn id_and_secret(encoded: &str) -> Option<(String, Secret)> {
    let both = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = both.split_once(':')?;
    Some((decoded(id)?, Secret::new(decoded(secret)?)))
}

fn decoded(part: &str) -> Option<String> {
    if part.contains(['&', '=']) {
        return None;
    }
    let mut values = form_urlencoded::parse(part.as_bytes());
    Some(values.next().map(|(value, _)| value.into_owned()).unwrap_or_default())
}
