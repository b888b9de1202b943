//! The client credentials of a request (RFC 6749 section 2.3.1), by exactly one method: `client_secret_basic` or
//! `client_secret_post`. The domain verifies them.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::Secret;
use url::form_urlencoded;

use super::authorization::credentials;
use super::form::Form;
use crate::auth::introspection::service_refused;
use crate::http::error::ApiError;

/// The presented credentials of a client.
pub(super) struct ClientCredentials {
    pub(super) id: String,
    pub(super) secret: Secret,
}

impl ClientCredentials {
    /// `None` if the request has none: a `client_id` alone is no credential. Those that cannot be read are refused,
    /// like wrong ones, and so are those of another method.
    pub(super) fn presented(
        headers: &HeaderMap,
        form: &mut Form,
    ) -> Result<Option<Self>, ApiError> {
        let in_header = headers.contains_key(AUTHORIZATION);
        let named = form.take("client_id").map(|id| id.expose().to_owned());
        let presented = match (in_header, form.take_client_secret(), form.has_assertion()) {
            (false, None, false) => return Ok(None),
            (true, None, false) => credentials(headers, "basic").and_then(Self::basic),
            (false, Some(secret), false) => named.clone().map(|id| Self { id, secret }),
            // RFC 6749 section 5.2: an unsupported method is `invalid_client`.
            (false, None, true) => None,
            // RFC 6749 section 2.3: a client MUST NOT use more than one method.
            _ => return Err(ApiError::Form("Send client credentials by one method only.")),
        };
        let presented = presented.ok_or_else(|| service_refused(None))?;
        if named.is_some_and(|id| id != presented.id) {
            return Err(ApiError::Form("The form and Authorization name different clients."));
        }
        Ok(Some(presented))
    }

    /// RFC 7617 section 2; and RFC 6749 section 2.3.1: each part is first encoded like a form's value. Some libraries
    /// leave that out. Decoding changes no character of ids and secrets, so both are read alike.
    fn basic(encoded: &str) -> Option<Self> {
        let both = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = both.split_once(':')?;
        Some(Self { id: decoded(id)?, secret: Secret::new(decoded(secret)?) })
    }
}

fn decoded(part: &str) -> Option<String> {
    if part.contains(['&', '=']) {
        return None;
    }
    let mut values = form_urlencoded::parse(part.as_bytes());
    Some(values.next().map(|(value, _)| value.into_owned()).unwrap_or_default())
}
