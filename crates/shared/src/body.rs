//! The JSON bodies of the API. Requests refuse unknown members, responses tolerate them, so that a
//! server may grow before its clients do. Bodies that hold a [`Secret`] have no `Debug`.

use serde::{Deserialize, Serialize};

use crate::{Device, RevocationReason, EventId, EventKind, NumericDate, Secret, SessionId, UserId};

/// `POST /api/auth/register`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Email address: the name one logs in with.
    pub email: String,
    /// The new password, as typed; see [`crate::password`].
    pub password: Secret,
    /// What to call the user. Optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// `POST /api/auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Email address, in any letter case.
    pub email: String,
    /// The password, as typed.
    pub password: Secret,
}

/// The answer to register, login and refresh (RFC 6749 section 5.1). The refresh token is never in
/// it: that travels in its cookie only.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionBody {
    /// The access token, opaque to the client.
    pub access_token: Secret,
    /// Always `Bearer` (RFC 6750).
    pub token_type: String,
    /// Seconds from now until the access token expires.
    pub expires_in: i64,
    /// The session this token belongs to.
    pub session_id: SessionId,
    /// Whose session it is.
    pub user: User,
}

/// A user as shown to that user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `sub` in access tokens.
    pub id: UserId,
    /// Email address in its canonical form.
    pub email: String,
    /// What to call the user, if they said.
    pub name: Option<String>,
}

/// `GET /api/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Whom the access token speaks for.
    pub user: User,
    /// The session it was issued in.
    pub session: SessionInfo,
}

/// A session as shown to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// `sid` in access tokens.
    pub id: SessionId,
    /// Whether it is the session that asks.
    pub current: bool,
    /// When the user logged in.
    pub created_at: NumericDate,
    /// When it was last refreshed, or created.
    pub last_seen_at: NumericDate,
    /// When it ends if it is not refreshed before; never later than its absolute expiry.
    pub expires_at: NumericDate,
    /// The network address it was last seen at, as far as that is known.
    pub ip: Option<String>,
    /// What it was last seen on.
    pub device: Device,
}

/// `GET /api/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// Where the user is logged in; the session that asks first, then the one seen last.
    pub sessions: Vec<SessionInfo>,
}

/// `PUT /api/me/password`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password that shall be one no longer.
    pub current_password: Secret,
    /// The new one, as typed; see [`crate::password`].
    pub new_password: Secret,
}

/// `POST /api/auth/confirm`: the user proves again who they are (RFC 9470).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The password, as typed.
    pub password: Secret,
}

/// `PUT /api/me/name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRequest {
    /// What to call the user; null or nothing but space to be called nothing.
    pub name: Option<String>,
}

/// `GET /api/events`: one page of the user's security events, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// The page.
    pub events: Vec<Event>,
    /// The `before` of the next page; null if this is the last.
    pub next: Option<EventId>,
}

/// A security event as shown to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; ids sort by time.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: NumericDate,
    /// In which session, if in one.
    pub session_id: Option<SessionId>,
    /// Whether that is the session that asks.
    pub current: bool,
    /// Why a session ended, if one did.
    pub cause: Option<RevocationReason>,
    /// From which network address, as far as that is known.
    pub ip: Option<String>,
    /// On what.
    pub device: Device,
}
