//! `POST /api/auth/register`: creates an account and its first session.

use axum::extract::State;
use axum::http::StatusCode;
use shared::body::RegisterRequest;

use super::error::ApiError;
use super::guard::{Json, SameOrigin, SessionCookies, Visiting};
use super::session_answer::SessionAnswer;
use crate::auth::accounts::Accounts;

/// 201 and a session; 422 with the fields that break a rule; 409 `email_taken`; 429
/// `rate_limited`.
pub async fn register(
    State(accounts): State<Accounts>,
    _proof: SameOrigin,
    (Visiting(visitor), cookies): (Visiting, SessionCookies),
    Json(request): Json<RegisterRequest>,
) -> Result<SessionAnswer, ApiError> {
    let grant = accounts.register(&request, &visitor).await?;
    Ok(SessionAnswer { status: StatusCode::CREATED, names: cookies.free().await, grant })
}
