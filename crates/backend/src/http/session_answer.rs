//! The answer to register, login and refresh: the access token only in the body, the refresh token only in its
//! cookie.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::body::{SessionBody, User};

use super::cookie::{Names, SetDevices, SetSession};
use crate::auth::IssuedTokens;
use crate::auth::login::known_device::list::KeptDevices;

/// Issued tokens as a response.
pub struct SessionAnswer {
    /// 200, or 201 for a new account.
    pub status: StatusCode,
    /// The names of the session's cookies.
    pub names: Names,
    /// The issued tokens.
    pub tokens: IssuedTokens,
    /// The browser's new list of known devices, if it changes.
    pub devices: Option<KeptDevices>,
}

impl IntoResponse for SessionAnswer {
    fn into_response(self) -> Response {
        let IssuedTokens {
            access_token,
            expires_in,
            refresh_token,
            session_seconds,
            session_id,
            user,
        } = self.tokens;
        let cookies = SetSession {
            names: &self.names,
            refresh_token: &refresh_token,
            seconds: session_seconds,
        };
        let devices = self.devices.map(SetDevices);
        let body = SessionBody {
            access_token,
            token_type: "Bearer".to_owned(),
            expires_in,
            session_id,
            user: shown(&user),
        };
        (self.status, cookies, devices, Json(body)).into_response()
    }
}

/// A user as shown to that user.
pub fn shown(user: &crate::store::User) -> User {
    User { id: user.id, email: user.email.shown(), name: user.name.clone() }
}
