//! The JSON bodies of the API. Requests refuse unknown members, responses tolerate them, so that a server may grow
//! before its clients do. Bodies that hold a [`Secret`] have no `Debug`.

use serde::{Deserialize, Serialize};

use crate::{Device, EventId, EventKind, NumericDate, RevocationReason, Secret, SessionId, UserId};

/// `POST /api/auth/register`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Email address: the login name.
    pub email: String,
    /// The new password, as typed; see [`crate::password`].
    pub password: Secret,
    /// The user's display name. Optional.
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

/// The response to register, login and refresh (RFC 6749 section 5.1). The refresh token is never in it: it travels
/// only in its cookie.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionBody {
    /// The access token (a JWT), opaque to the client.
    pub access_token: Secret,
    /// Always `Bearer` (RFC 6750).
    pub token_type: String,
    /// Seconds from now until the access token expires.
    pub expires_in: i64,
    /// The access token's session (its `sid` claim).
    pub session_id: SessionId,
    /// The session's user.
    pub user: User,
}

/// A user as shown to that user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `sub` in access tokens.
    pub id: UserId,
    /// Email address in its canonical form.
    pub email: String,
    /// The user's display name, if set.
    pub name: Option<String>,
}

/// `GET /api/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The access token's user.
    pub user: User,
    /// The access token's session.
    pub session: SessionInfo,
}

/// A session as shown to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// `sid` in access tokens.
    pub id: SessionId,
    /// Whether it is the caller's own session.
    pub current: bool,
    /// When the user logged in.
    pub created_at: NumericDate,
    /// When it was last refreshed, or created.
    pub last_seen_at: NumericDate,
    /// How often its refresh token was rotated: by refreshes, step-up and password changes. A retry that gets the
    /// same answer again does not count. It is the number of the refresh token that was accepted last: never too
    /// high, but too low after the database has lost its latest writes, until the next refresh. Absent in answers of
    /// servers before version 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshes: Option<u32>,
    /// When it expires unless it is refreshed; never later than its absolute expiry.
    pub expires_at: NumericDate,
    /// The last known IP address, if any.
    pub ip: Option<String>,
    /// The last known device.
    pub device: Device,
    /// The name of the native client that it belongs to, or its id; absent for a browser's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// `GET /api/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The user's active sessions; the caller's first, then the most recently used.
    pub sessions: Vec<SessionInfo>,
}

/// `PUT /api/me/password`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password to be replaced.
    pub current_password: Secret,
    /// The new one, as typed; see [`crate::password`].
    pub new_password: Secret,
}

/// `POST /api/auth/confirm`: step-up authentication (RFC 9470); the user gives the password again.
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
    /// The new display name; null or white space removes it.
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
    /// Whether that is the caller's own session.
    pub current: bool,
    /// Why the session was revoked, in events about a revocation.
    pub cause: Option<RevocationReason>,
    /// The client's IP address, if known.
    pub ip: Option<String>,
    /// The client's device.
    pub device: Device,
}
