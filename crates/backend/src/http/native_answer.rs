//! The answer to a native client: both tokens in the body (RFC 6749 section 5.1), and no cookie.

use axum::Json;
use axum::http::header::PRAGMA;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::body::User;
use shared::{Secret, SessionId};

use super::session_answer::shown;
use crate::auth::IssuedTokens;

/// Issued tokens as a response.
pub struct NativeAnswer(pub IssuedTokens);

#[derive(Serialize)]
struct Body {
    access_token: Secret,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: Secret,
    session_id: SessionId,
    user: User,
}

impl IntoResponse for NativeAnswer {
    fn into_response(self) -> Response {
        let IssuedTokens { access_token, expires_in, refresh_token, session_id, user, .. } = self.0;
        let token_type = "Bearer";
        let user = shown(&user);
        let body = Body { access_token, token_type, expires_in, refresh_token, session_id, user };
        // RFC 6749 section 5.1 wants it beside `Cache-Control: no-store`, which every answer has.
        ([(PRAGMA, "no-cache")], Json(body)).into_response()
    }
}
