//! `PUT /api/me/password`: changes the password, revokes all other sessions, and rotates this session's refresh
//! token. The policy for the new one: `shared::password`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::body::PasswordRequest;

use super::cookie::SetSession;
use super::error::ApiError;
use super::guard::{AttemptKey, Bearer, Json, RequestContext, SameOrigin, SessionCookies};
use crate::auth::account::settings::AccountSettings;

/// 204 and the next refresh cookie; 401 `invalid_credentials` if the current password is wrong; 422 if the new one
/// breaks a rule. With an attempt key, a lost answer can be retried at refresh.
pub async fn change(
    State(settings): State<Arc<AccountSettings>>,
    _proof: SameOrigin,
    cookies: SessionCookies,
    Bearer(caller): Bearer,
    context: RequestContext,
    attempt: Option<AttemptKey>,
    Json(request): Json<PasswordRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let attempt = attempt.map(|AttemptKey(attempt)| attempt);
    // Read first: a failure must not hide that the password was changed.
    let names = cookies.free().await?;
    let tokens = settings.change_password(&caller, &request, attempt.as_ref(), &context).await?;
    let set = SetSession {
        names: &names,
        refresh_token: &tokens.refresh_token,
        seconds: tokens.session_seconds,
    };
    Ok((StatusCode::NO_CONTENT, set, ()).into_response())
}
