//! `POST /api/auth/confirm`: step-up, a refresh with the password. The user reauthenticates, because a call wants a
//! recent login (RFC 9470) or the session shows a risk signal.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::ConfirmRequest;

use super::error::ApiError;
use super::guard::{AttemptKey, Json, RefreshCookie, SameOrigin, SignInContext};
use super::session_answer::SessionAnswer;
use crate::auth::login::signed_in::SignedIn;
use crate::auth::login::step_up::StepUp;

/// As refresh; 401 `invalid_credentials` for a wrong password, without a change of state; 429 `rate_limited` after
/// too many of them.
pub async fn confirm(
    State(step_up): State<Arc<StepUp>>,
    _proof: SameOrigin,
    attempt: Option<AttemptKey>,
    RefreshCookie { token, names }: RefreshCookie,
    context: SignInContext,
    Json(request): Json<ConfirmRequest>,
) -> Result<SessionAnswer, ApiError> {
    let attempt = attempt.map(|AttemptKey(attempt)| attempt);
    let SignedIn { tokens, devices, .. } =
        step_up.confirm(&token, attempt.as_ref(), &request.password, &context).await?;
    Ok(SessionAnswer { status: StatusCode::OK, names, tokens, devices })
}
