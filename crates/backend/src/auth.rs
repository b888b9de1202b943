//! The domain: accounts, passwords, sessions, access tokens and refresh tokens. It must not know HTTP: no status,
//! header or cookie. Each operation loads, decides, applies.
//!
//! Start at [`session::refresh`], which answers a presented refresh token.

pub mod account;
pub mod idempotency;
pub mod login;
mod permits;
pub mod rate_limit;
pub mod revocation;
pub mod risk;
pub mod security_event_log;
pub mod session;
mod tag;
pub mod token;

use std::sync::Arc;

use shared::{FieldError, LimitedBy, RevocationReason, Secret, SessionId};

use crate::clock::ClockError;
use crate::keys::KeyError;
use crate::store::{ClientInfo, StoreError, User};
use login::known_device::list::{KeptDevices, PresentedDevices};

/// The tokens that a successful register, login or refresh issues.
pub struct IssuedTokens {
    /// The access token, for the body.
    pub access_token: Secret,
    /// Seconds from now until the access token expires.
    pub expires_in: i64,
    /// The refresh token, for its cookie alone.
    pub refresh_token: Secret,
    /// Seconds from now until the session expires unless it is refreshed before.
    pub session_seconds: i64,
    /// The session.
    pub session_id: SessionId,
    /// The session's user.
    pub user: User,
    /// The browser's new list of known devices, if it changes.
    pub devices: Option<KeptDevices>,
}

/// The client of a call without an access token.
pub struct SignInContext {
    /// Its address and device.
    pub client: ClientInfo,
    /// The device tokens that its browser presents. Not verified.
    pub devices: PresentedDevices,
    /// The refresh tokens that its browser presents. Not verified, and usable only to revoke their sessions.
    pub refresh_tokens: Vec<Secret>,
}

/// Why an operation failed.
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
    /// The access token is invalid, or its session is no longer active.
    #[error("invalid access token")]
    InvalidToken,
    /// The access token is valid, but its session is revoked.
    #[error("session ended: {0}")]
    SessionEnded(RevocationReason),
    /// Step-up: the user has to reauthenticate (RFC 9470).
    #[error("the login is too old")]
    StepUpRequired {
        /// The greatest age of the last authentication, in seconds; 0 for a new one.
        max_age: i64,
    },
    /// The refresh token is of another session than the expected one. No state changed.
    #[error("another session than the one that was meant")]
    AnotherSession,
    /// The user has no such session.
    #[error("no such session")]
    NoSuchSession,
    /// No service has these credentials.
    #[error("invalid client credentials")]
    InvalidClient,
    /// The refresh token is refused.
    #[error("refresh refused")]
    InvalidGrant,
    /// The idempotency key was used for another request, or by another caller. No state changed.
    #[error("idempotency key of another request")]
    IdempotencyKeyReused,
    /// A late copy of a refresh or login that was already answered: no state changed.
    #[error("duplicate of an answered attempt")]
    DuplicateAttempt,
    /// Every retry lost a race for the same session.
    #[error("too much contention for one session")]
    Contended,
    /// The queue for password hashing was too long.
    #[error("too many passwords at once")]
    Busy,
    /// Rate limited: the call was refused before it was processed, and no state changed.
    #[error("too many attempts")]
    RateLimited {
        /// Seconds until a retry is worthwhile; at least 1.
        retry_after: i64,
        /// The limit on wrong passwords, if that was it.
        limited_by: Option<LimitedBy>,
    },
    /// Hashing a password or signing a token failed.
    #[error("cryptography failed: {0}")]
    Cryptography(String),
    /// No usable key.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The clock is not trusted, so expiry cannot be checked.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A single-flight call that this one shared with others failed.
    #[error("what several calls have shared failed")]
    Shared(#[source] Arc<Self>),
}
