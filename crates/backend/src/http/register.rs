//! `POST /api/auth/register`: creates an account and its first session.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::RegisterRequest;

use super::error::ApiError;
use super::guard::{IdempotencyKey, Json, SameOrigin, SessionCookies, SignInContext};
use super::session_answer::SessionAnswer;
use crate::auth::account::register::Registrations;
use crate::auth::login::signed_in::SignedIn;

/// 201 and a session; 422 with the fields that break a rule; 409 `email_taken`; 429 `rate_limited`. With an
/// `Idempotency-Key`, a retry is answered with the same session: 409 `duplicate_attempt` if that was refreshed or is
/// no longer active, 422 `idempotency_key_reused` for another address or name, 401 `invalid_credentials` for another
/// password.
pub async fn register(
    State(registrations): State<Arc<Registrations>>,
    _proof: SameOrigin,
    key: Option<IdempotencyKey>,
    context: SignInContext,
    cookies: SessionCookies,
    Json(request): Json<RegisterRequest>,
) -> Result<SessionAnswer, ApiError> {
    let SignedIn { tokens, devices, is_anothers } =
        registrations.register(&request, key.map(|it| it.0).as_ref(), &context).await?;
    let names = cookies.free_unless(is_anothers);
    Ok(SessionAnswer { status: StatusCode::CREATED, names, tokens, devices })
}
