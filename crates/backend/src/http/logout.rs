//! `POST /api/auth/logout`: ends the session the refresh cookie belongs to. It needs no access token:
//! that one may have expired.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::cookie::ClearSession;
use super::error::ApiError;
use super::guard::{MeantSession, RefreshCookies, SameOrigin, SeenFrom};
use crate::auth::sessions::Sessions;

/// 204 whatever came along, a body included, with the cookies cleared; 503 if the end could not be stored, with the cookies kept,
/// because then nothing has ended. Who says in `If-Match` which session is meant gets 412 if the cookie is another's, with the
/// cookies kept.
pub async fn logout(
    State(sessions): State<Arc<Sessions>>,
    _proof: SameOrigin,
    meant: Option<MeantSession>,
    RefreshCookies(presented): RefreshCookies,
    SeenFrom(whence): SeenFrom,
) -> Result<impl IntoResponse, ApiError> {
    let meant = meant.map(|MeantSession(session)| session);
    sessions.logout(&presented, meant, &whence).await?;
    Ok((StatusCode::NO_CONTENT, ClearSession, ()))
}
