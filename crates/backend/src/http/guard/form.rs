//! Forms, for the calls whose RFCs require them: a few parameters, each once (RFC 6749 section 3.2).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use shared::Secret;

use super::body;
use crate::http::error::ApiError;

const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a form by name, none of them verified. Those that a call does not take are ignored, as RFC 6749
/// section 3.2 requires; so is the kind of token (`token_type_hint`), which is only a hint.
pub struct Form(BTreeMap<String, Secret>);

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// If the body is declared as another type, is too large or late, or has a parameter twice.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, ApiError> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = media_type.and_then(|it| it.split(';').next()).unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case(FORM) {
            return Err(ApiError::Form(
                "Send the parameters as application/x-www-form-urlencoded.",
            ));
        }
        let bytes = body::read(body).await?;
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            // RFC 6749 section 3.2: parameters MUST NOT be included more than once.
            if parameters.insert(name.into_owned(), Secret::new(value.into_owned())).is_some() {
                return Err(ApiError::Form("A parameter stands there twice."));
            }
        }
        Ok(Self(parameters))
    }

    /// Takes the value of a parameter out. RFC 6749 section 3.2: one without a value counts as left out.
    pub(super) fn take(&mut self, name: &str) -> Option<Secret> {
        self.0.remove(name).filter(|value| !value.expose().is_empty())
    }

    /// The parameter `token`, which revocation and introspection require (section 2.1 of RFC 7009 and of RFC 7662).
    ///
    /// # Errors
    /// If it is missing or empty.
    pub fn token(mut self) -> Result<Secret, ApiError> {
        self.take("token").ok_or(ApiError::Form("The parameter token is missing."))
    }

    /// The client secret (RFC 6749 section 2.3.1), even an empty one, which no client has: a service whose secret was
    /// lost must not pass for a public client.
    pub(super) fn take_client_secret(&mut self) -> Option<Secret> {
        self.0.remove("client_secret")
    }

    /// Whether there is a `client_assertion` (RFC 7521 section 4.2).
    pub(super) fn has_assertion(&self) -> bool {
        self.0.contains_key("client_assertion")
    }
}
