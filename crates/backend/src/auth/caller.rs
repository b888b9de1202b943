//! The caller of a protected call. How it is authenticated is in [`session::callers`](super::session::callers).

use shared::{NumericDate, SessionId, UserId};
use verifier::AccessToken;

use super::idempotency::request::Idempotency;

/// The authenticated caller: its access token is valid and its session active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the user last authenticated.
    pub authenticated_at: NumericDate,
    /// Whether the call can be a retry of an earlier one.
    pub idempotency: Idempotency,
}

impl Caller {
    pub(in crate::auth) const fn of(token: &AccessToken) -> Self {
        Self::new(token.sub, token.sid, token.auth_time)
    }

    pub(in crate::auth) const fn new(
        user: UserId,
        session: SessionId,
        authenticated_at: NumericDate,
    ) -> Self {
        Self { user, session, authenticated_at, idempotency: Idempotency::Unkeyed }
    }

    /// Whether the call is a retry of one that took effect.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.idempotency == Idempotency::Repeated
    }
}
