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
/// because then nothing has ended. `If-Match` alone is looked at: who says there which session is meant gets 412 if the cookie is of
/// another that stands, with the cookies kept; anything in it but one id is 400, `*` and lists (RFC 9110 section 13.1.1) included.
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
