//! Why an operation of the domain failed. How each failure looks on the wire is the table of `http/error.rs`.

use std::sync::Arc;

use shared::{FieldError, LimitedBy, RevocationReason};

use crate::clock::ClockError;
use crate::keys::KeyError;
use crate::single_flight::Failed;
use crate::store::StoreError;

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
    #[error("session revoked: {0}")]
    SessionRevoked(RevocationReason),
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
    /// No service has these credentials, or no native client this id.
    #[error("invalid client credentials")]
    InvalidClient,
    /// The service may not revoke this token: it was not issued for its audience. No state changed.
    #[error("a token of another audience")]
    UnauthorizedClient,
    /// The refresh token is refused.
    #[error("refresh refused")]
    InvalidGrant,
    /// The session is a native client's, which may not do this.
    #[error("not for native clients")]
    NotForNativeClients,
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

impl From<Failed<Self>> for AuthError {
    fn from(failed: Failed<Self>) -> Self {
        match failed {
            Failed::Error(error) => Self::Shared(error),
            Failed::TimedOut => Self::Store(StoreError::TimedOut),
            Failed::Abandoned => Self::Store(StoreError::Stopped),
        }
    }
}
