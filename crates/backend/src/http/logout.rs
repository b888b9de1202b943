//! `POST /api/auth/logout`: ends the session that the refresh cookie belongs to, or the access token: the cookie may be
//! gone, blocked or overwritten, and the token may have expired.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::path::SESSION_ENDED;

use super::cookie::ClearSession;
use super::error::ApiError;
use super::guard::{
    ClientInfo, ExpectedSession, IdempotencyKey, PresentedTokens, SameOrigin, SessionCookies,
};
use crate::auth::logout::{LoggedOut, Presented};
use crate::auth::sessions::Sessions;

/// 204 whatever came along, a body included, but for an `Idempotency-Key` that is malformed (400) or of another request (422); with the cookies cleared; `Session-RevokedSession` is `?1` if a session was named that is over
/// now, and `?0` if none was (RFC 9651 section 3.3.6). 503 if the end could not be stored, with the cookies kept, because then nothing
/// has ended. `If-Match` says which session is meant: no other one ends, and the cookie of another one that stands is kept. If nothing
/// that came along names the one that is meant, that is 412; anything in it but one id is 400, `*` and lists (RFC 9110 section 13.1.1)
/// included.
pub async fn logout(
    State(sessions): State<Arc<Sessions>>,
    _proof: SameOrigin,
    cookies: SessionCookies,
    key: Option<IdempotencyKey>,
    expected: Option<ExpectedSession>,
    PresentedTokens { refresh_tokens, access_token }: PresentedTokens,
    client: ClientInfo,
) -> Result<impl IntoResponse, ApiError> {
    let presented = Presented {
        refresh_tokens: &refresh_tokens,
        access_token: access_token.as_ref(),
        expected: expected.map(|ExpectedSession(session)| session),
        key: key.as_ref().map(|IdempotencyKey(key)| key),
    };
    let LoggedOut { is_over, another_stands, is_anothers } =
        sessions.logout(&presented, &client).await?;
    let said = [(SESSION_ENDED, if is_over { "?1" } else { "?0" })];
    let cleared = (!another_stands).then(|| ClearSession(cookies.free_unless(is_anothers)));
    Ok((StatusCode::NO_CONTENT, cleared, said))
}
