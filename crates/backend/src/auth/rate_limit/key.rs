//! What a rate limit counts by, and what it says of a call beyond it. Values only.

use std::net::IpAddr;

use shared::{LimitedBy, SessionId, UserId};

use crate::store::AccountTag;

/// A key that calls are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A network; all calls from unknown addresses share one.
    Network(Option<IpAddr>),
    /// An account, on a network.
    Pair(Option<IpAddr>, AccountTag),
    /// A session.
    Session(SessionId),
    /// A user.
    Account(UserId),
    /// A service, by a hash of its id.
    Service(AccountTag),
    /// An account, a known device, or a session, for password attempts.
    PasswordAttempt(AccountTag),
    /// A refresh token, by a hash of it.
    Ticket(AccountTag),
    /// An overflow bucket, shared by several keys.
    Shared(u64),
}

/// A call beyond a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// The key it was counted by.
    pub key: Key,
    /// Seconds until a retry is worthwhile; at least 1.
    pub retry_after: i64,
    /// The limit on wrong passwords, if that was it.
    pub limited_by: Option<LimitedBy>,
}

impl RateLimited {
    /// The same for wrong passwords within a session: a lockout is then the session's alone.
    #[must_use]
    pub(in crate::auth) fn in_session(self) -> Self {
        let of_session = |limited_by| match limited_by {
            LimitedBy::Lockout => LimitedBy::SessionLockout,
            other => other,
        };
        Self { limited_by: self.limited_by.map(of_session), ..self }
    }
}
