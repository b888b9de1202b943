//! `POST /api/auth/confirm`: a refresh with the password. The user proves again who they are, because a
//! call wants a recent login (RFC 9470) or the session goes on somewhere unusual.

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::ConfirmRequest;

use super::error::ApiError;
use super::guard::{AttemptKey, Json, RefreshCookie, SameOrigin, SignInContext};
use super::session_answer::SessionAnswer;
use crate::auth::accounts::Accounts;

/// As refresh; 401 `invalid_credentials` for another password, and then nothing was changed; 429
/// `rate_limited` after too many of them.
pub async fn confirm(
    State(accounts): State<Accounts>,
    _proof: SameOrigin,
    attempt: Option<AttemptKey>,
    RefreshCookie { token, names }: RefreshCookie,
    context: SignInContext,
    Json(request): Json<ConfirmRequest>,
) -> Result<SessionAnswer, ApiError> {
    let attempt = attempt.map(|AttemptKey(attempt)| attempt);
    let tokens = accounts.confirm(&token, attempt.as_ref(), &request.password, &context).await?;
    Ok(SessionAnswer { status: StatusCode::OK, names, tokens })
}
