//! Forms, for the calls whose RFCs require them: a few parameters, each once (RFC 6749 section 3.2).

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use shared::Secret;

use super::body;
use crate::http::error::ApiError;

const FORM: &str = "application/x-www-form-urlencoded";

/// The parameter `token` of RFC 7009 section 2.1 and RFC 7662 section 2.1. The kind of token (`token_type_hint`) is
/// only a hint, and not needed; other parameters are ignored, as RFC 6749 section 3.2 requires.
pub struct TokenForm(pub Secret);

impl<S: Sync> FromRequest<S> for TokenForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = media_type.and_then(|it| it.split(';').next()).unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case(FORM) {
            return Err(ApiError::Form(
                "Send the parameters as application/x-www-form-urlencoded.",
            ));
        }
        let bytes = body::read(request.into_body()).await?;
        let mut token = None;
        let mut names = std::collections::BTreeSet::new();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            // RFC 6749 section 3.2: parameters MUST NOT be included more than once.
            if !names.insert(name.clone().into_owned()) {
                return Err(ApiError::Form("A parameter stands there twice."));
            }
            if name == "token" && !value.is_empty() {
                token = Some(Secret::new(value.into_owned()));
            }
        }
        token.map(Self).ok_or(ApiError::Form("The parameter token is missing."))
    }
}
