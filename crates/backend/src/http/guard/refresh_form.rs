//! The form of the refresh grant by a public client (RFC 6749 sections 3.2.1 and 6).

use axum::extract::{FromRequest, Request};
use axum::http::header::AUTHORIZATION;
use shared::Secret;

use super::form::Form;
use crate::auth::native_clients::client_refused;
use crate::http::error::ApiError;

/// `grant_type=refresh_token`, with these. `scope` is ignored as any other parameter: no token has one.
pub struct RefreshForm {
    /// The parameter `client_id`.
    pub client_id: String,
    /// The parameter `refresh_token`. Not verified.
    pub refresh_token: Secret,
}

impl<S: Sync> FromRequest<S> for RefreshForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let mut form = Form::read(&parts.headers, body).await?;
        let in_header = parts.headers.contains_key(AUTHORIZATION);
        // A public client has no credentials: refused rather than ignored.
        if in_header || form.take("client_secret").is_some() || form.has_assertion() {
            return Err(client_refused(None).into());
        }
        match form.take("grant_type") {
            Some(grant) if grant.expose() == "refresh_token" => {}
            Some(_) => return Err(ApiError::UnsupportedGrantType),
            None => return Err(ApiError::Form("The parameter grant_type is missing.")),
        }
        let client_id = form.take("client_id");
        let client_id = client_id.ok_or(ApiError::Form("The parameter client_id is missing."))?;
        let refresh_token = form.take("refresh_token");
        let refresh_token =
            refresh_token.ok_or(ApiError::Form("The parameter refresh_token is missing."))?;
        Ok(Self { client_id: client_id.expose().to_owned(), refresh_token })
    }
}
