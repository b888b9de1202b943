//! A service that says who it is (RFC 6749 section 2.3.1, `client_secret_basic`).

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::Secret;
use url::form_urlencoded;

use crate::auth::AuthError;
use crate::auth::sessions::Sessions;
use crate::http::error::ApiError;
use crate::store::Service;

/// Which service calls.
pub struct ServiceCaller(pub Service);

impl<S: Send + Sync> FromRequestParts<S> for ServiceCaller
where
    Arc<Sessions>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(AuthError::InvalidClient.into());
        };
        let credentials = value.to_str().ok().and_then(credentials);
        let (id, secret) = credentials.ok_or(AuthError::InvalidClient)?;
        Ok(Self(Arc::<Sessions>::from_ref(state).authenticate_service(&id, &secret).await?))
    }
}

/// RFC 7617 section 2; and RFC 6749 section 2.3.1: each part is encoded like a form's value before.
fn credentials(header: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let encoded = scheme.eq_ignore_ascii_case("basic").then_some(encoded.trim())?;
    let both = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
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
