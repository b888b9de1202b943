//! The domain: accounts, passwords, sessions and the two kinds of token. It must not know HTTP: no
//! status, header or cookie. Each operation loads, decides, applies.
//!
//! Start at [`sessions`], where a presented refresh token is answered.

pub mod access_token;
pub mod accounts;
pub mod administration;
mod argon;
pub mod bulk_revocation;
pub mod callers;
pub mod device;
pub mod device_change;
pub mod email;
pub mod idempotency;
mod issue_tokens;
pub mod known_device;
mod login;
pub mod login_throttle;
pub mod logout;
mod own_sessions;
mod password_change;
pub mod password_hasher;
pub mod permits;
pub mod rate_limit;
mod register;
pub mod revocation_cache;
pub mod revocation_listener;
pub mod risk;
mod rules;
pub mod security_event_log;
pub mod services;
pub mod sessions;
mod settings;
pub mod spelling;
pub mod status_list;
mod superseded;
mod tag;
mod text;

use std::sync::Arc;

use shared::{FieldError, LimitedBy, RevocationReason, Secret, SessionId};

use crate::clock::ClockError;
use crate::keys::KeyError;
use crate::store::{ClientInfo, StoreError, User};
use known_device::list::{KeptDevices, PresentedDevices};

/// What a successful register, login or refresh gives out.
pub struct IssuedTokens {
    /// The access token, for the body.
    pub access_token: Secret,
    /// Seconds from now until it expires.
    pub expires_in: i64,
    /// The refresh token, for its cookie and nothing else.
    pub refresh_token: Secret,
    /// Seconds from now until the session is over unless it is refreshed before.
    pub session_seconds: i64,
    /// The session.
    pub session_id: SessionId,
    /// Whose it is.
    pub user: User,
    /// What the browser shall say of known devices from now on, if that is not what it says already.
    pub devices: Option<KeptDevices>,
}

/// Whoever calls without an access token.
pub struct SignInContext {
    /// From where.
    pub client: ClientInfo,
    /// What its browser says of earlier logins. Not verified yet.
    pub devices: PresentedDevices,
    /// Refresh tokens of the session that its browser has. Not verified yet, and good for nothing but to end it.
    pub refresh_tokens: Vec<Secret>,
}

/// Why an operation did not take place.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Some fields break a rule.
    #[error("validation failed")]
    Invalid(Vec<FieldError>),
    /// An account with this email address exists.
    #[error("email address taken")]
    EmailTaken,
    /// Unknown user, wrong password or disabled user.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The access token does not hold, or its session is over.
    #[error("invalid access token")]
    InvalidToken,
    /// The access token is genuine, but its session was ended.
    #[error("session ended: {0}")]
    SessionEnded(RevocationReason),
    /// The user has to prove again who they are.
    #[error("the login is too old")]
    StepUpRequired {
        /// How many seconds ago they may have proved it; 0 if it has to be now.
        max_age: i64,
    },
    /// The refresh token is of another session than the one that was meant. Nothing happened.
    #[error("another session than the one that was meant")]
    AnotherSession,
    /// The user has no such session.
    #[error("no such session")]
    NoSuchSession,
    /// No service has these credentials.
    #[error("invalid client credentials")]
    InvalidClient,
    /// The refresh token opens nothing.
    #[error("refresh refused")]
    InvalidGrant,
    /// The idempotency key was used for another request, or by another caller. Nothing happened.
    #[error("idempotency key of another request")]
    IdempotencyKeyReused,
    /// A late copy of an answered refresh or login: nothing happened.
    #[error("duplicate of an answered attempt")]
    DuplicateAttempt,
    /// So many others changed the same session meanwhile that we gave up.
    #[error("too much contention for one session")]
    Contended,
    /// So many passwords wait to be hashed that this one was sent away.
    #[error("too many passwords at once")]
    Busy,
    /// Too often in too short a time. Nothing was looked at, and nothing changed.
    #[error("too many attempts")]
    Limited {
        /// Seconds until it is worth trying again; at least 1.
        retry_after: i64,
        /// Which limit on wrong passwords it was, if it was one.
        limited_by: Option<LimitedBy>,
    },
    /// A password could not be hashed or a token not signed.
    #[error("cryptography failed: {0}")]
    Cryptography(String),
    /// No key can be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// It is not known what time it is, and so not what has expired.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What this call shared with others failed.
    #[error("what several calls have shared failed")]
    Shared(#[source] Arc<Self>),
}
