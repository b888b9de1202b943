//! `POST /api/auth/login`: exchanges email address and password for a session. A presented refresh cookie
//! authenticates no user, since it could have been planted (session fixation); if it is genuine, its session is
//! revoked.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::LoginRequest;

use super::error::ApiError;
use super::guard::{IdempotencyKey, Json, SameOrigin, SessionCookies, SignInContext};
use super::session_answer::SessionAnswer;
use crate::auth::login::Logins;
use crate::auth::login::signed_in::SignedIn;

/// 200 and a new session; 401 `invalid_credentials` for every failed authentication; 429 `rate_limited`. With an
/// `Idempotency-Key`, a retry is answered with the same session: 409 `duplicate_attempt` if that was refreshed or is
/// no longer active, 422 `idempotency_key_reused` for another address.
pub async fn login(
    State(logins): State<Arc<Logins>>,
    _proof: SameOrigin,
    key: Option<IdempotencyKey>,
    context: SignInContext,
    cookies: SessionCookies,
    Json(request): Json<LoginRequest>,
) -> Result<SessionAnswer, ApiError> {
    let SignedIn { tokens, devices, is_anothers } =
        logins.login(&request, key.map(|it| it.0).as_ref(), &context).await?;
    let names = cookies.free_unless(is_anothers);
    Ok(SessionAnswer { status: StatusCode::OK, names, tokens, devices })
}
