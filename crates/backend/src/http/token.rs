//! `POST /api/native/token`: the token endpoint of native clients, with the refresh grant alone (RFC 6749 section 6).
//! The refresh token comes in the form and its successor goes in the body; no cookie is read or set.
//! `rotation::decide` judges it as everywhere, called by `auth/session/refresh.rs`.

use std::sync::Arc;

use axum::extract::State;

use super::error::ApiError;
use super::guard::{AttemptKey, NoBrowser, RefreshForm, RequestContext};
use super::native_answer::NativeAnswer;
use crate::auth::AuthError;
use crate::auth::native_clients::NativeClients;
use crate::auth::session::refresh::Sessions;

/// 200 and the next refresh token; 400 `invalid_grant` for every refused one, another client's included; 401
/// `invalid_client` for an unknown client; 400 `invalid_request`, `unsupported_grant_type`; 403 `not_for_browsers`;
/// 409 `duplicate_attempt`; 401 `insufficient_user_authentication` if the user has to log in again.
pub async fn token(
    State(sessions): State<Arc<Sessions>>,
    State(clients): State<Arc<NativeClients>>,
    _proof: NoBrowser,
    attempt: Option<AttemptKey>,
    context: RequestContext,
    RefreshForm { client_id, refresh_token }: RefreshForm,
) -> Result<NativeAnswer, ApiError> {
    let attempt = attempt.map(|AttemptKey(attempt)| attempt);
    let context = clients.identify(&client_id, &refresh_token, context).await?;
    match sessions.refresh(&refresh_token, attempt.as_ref(), &context).await {
        Ok(tokens) => Ok(NativeAnswer(tokens)),
        Err(AuthError::InvalidGrant) => Err(ApiError::GrantRefused),
        Err(error) => Err(error.into()),
    }
}
