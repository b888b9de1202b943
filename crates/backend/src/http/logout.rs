//! `POST /api/auth/logout`: revokes the session of the refresh cookie, or of the access token: the cookie may be
//! gone, blocked or overwritten, and the token may have expired.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::path::SESSION_ENDED;

use super::cookie::ClearSession;
use super::error::ApiError;
use super::guard::{
    ExpectedSession, IdempotencyKey, PresentedTokens, RequestContext, SameOrigin, SessionCookies,
};
use crate::auth::session::logout::{LoggedOut, Logouts, Presented};

/// 204 for any tokens and any body, with the cookies cleared; `Session-Ended` is `?1` if a presented token was of an
/// expected session, which is revoked now, and `?0` if none was (RFC 9651 section 3.3.6). 400 for a malformed
/// `Idempotency-Key`, 422 for that of another request. 503 if the revocation could not be stored, with the cookies
/// kept, because then a session may not be revoked. `If-Match` names the expected session: no other is revoked, and the
/// cookie of another active one is kept. 412 if a refresh token is of another active session, and no token of the
/// expected one; 400 if the header is not one id, `*` and lists included (RFC 9110 section 13.1.1).
pub async fn logout(
    State(logouts): State<Arc<Logouts>>,
    _proof: SameOrigin,
    cookies: SessionCookies,
    key: Option<IdempotencyKey>,
    expected: Option<ExpectedSession>,
    PresentedTokens { refresh_tokens, access_token }: PresentedTokens,
    context: RequestContext,
) -> Result<impl IntoResponse, ApiError> {
    let presented = Presented {
        refresh_tokens: &refresh_tokens,
        access_token: access_token.as_ref(),
        expected: expected.map(|ExpectedSession(session)| session),
        key: key.as_ref().map(|IdempotencyKey(key)| key),
    };
    let LoggedOut { is_over, another_stands, is_anothers } =
        logouts.logout(&presented, &context).await?;
    let said = [(SESSION_ENDED, if is_over { "?1" } else { "?0" })];
    let cleared = (!another_stands).then(|| ClearSession(cookies.free_unless(is_anothers)));
    Ok((StatusCode::NO_CONTENT, cleared, said))
}
