//! `POST /api/auth/refresh`: the refresh grant (RFC 6749 section 6). The refresh token is received only in its
//! cookie, and sent only in its cookie. `rotation::decide` judges it, called by `auth/session/refresh.rs`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::error::ApiError;
use super::guard::{AttemptKey, Empty, RefreshCookie, RequestContext, SameOrigin};
use super::session_answer::SessionAnswer;
use crate::auth::session::refresh::Sessions;

/// 200 and the next refresh token; 401 `invalid_grant`, with a `detail` if no cookie came; 409 `duplicate_attempt`;
/// 401 `insufficient_user_authentication` if step-up is required. A refusal leaves the cookies alone: a late one must
/// not clear a newer session's.
pub async fn refresh(
    State(sessions): State<Arc<Sessions>>,
    _proof: SameOrigin,
    attempt: Option<AttemptKey>,
    RefreshCookie { token, names }: RefreshCookie,
    context: RequestContext,
    _: Empty,
) -> Result<SessionAnswer, ApiError> {
    let attempt = attempt.map(|AttemptKey(attempt)| attempt);
    let tokens = sessions.refresh(&token, attempt.as_ref(), &context).await?;
    Ok(SessionAnswer { status: StatusCode::OK, names, tokens, devices: None })
}
