//! Forms, for the calls whose RFCs require them: a few parameters, each once (RFC 6749 section 3.2).

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use shared::Secret;

use super::body;
use crate::http::error::ApiError;

const FORM: &str = "application/x-www-form-urlencoded";

/// The parameter `token` of RFC 7009 section 2.1 and RFC 7662 section 2.1, and the client credentials of RFC 6749
/// section 2.3.1, none of them verified. The kind of token (`token_type_hint`) is only a hint, and not needed; other
/// parameters are ignored, as RFC 6749 section 3.2 requires.
#[derive(Default)]
pub(super) struct Form {
    token: Option<Secret>,
    pub(super) client_id: Option<String>,
    /// Even an empty one, which no client has: a service whose secret was lost must not pass for a public client.
    pub(super) client_secret: Option<Secret>,
    /// Whether there is a `client_assertion` (RFC 7521 section 4.2).
    pub(super) has_assertion: bool,
}

impl Form {
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, ApiError> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = media_type.and_then(|it| it.split(';').next()).unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case(FORM) {
            return Err(ApiError::Form(
                "Send the parameters as application/x-www-form-urlencoded.",
            ));
        }
        let bytes = body::read(body).await?;
        let mut form = Self::default();
        let mut names = std::collections::BTreeSet::new();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            // RFC 6749 section 3.2: parameters MUST NOT be included more than once.
            if !names.insert(name.clone().into_owned()) {
                return Err(ApiError::Form("A parameter stands there twice."));
            }
            match &*name {
                "token" if !value.is_empty() => form.token = Some(Secret::new(value.into_owned())),
                "client_id" if !value.is_empty() => form.client_id = Some(value.into_owned()),
                "client_secret" => form.client_secret = Some(Secret::new(value.into_owned())),
                "client_assertion" => form.has_assertion = true,
                _ => {}
            }
        }
        Ok(form)
    }

    pub(super) fn token(self) -> Result<Secret, ApiError> {
        self.token.ok_or(ApiError::Form("The parameter token is missing."))
    }
}
