//! Who is authenticated in this browser, as pages may know it. No type here holds a token.

use shared::body::User;
use shared::{NumericDate, RevocationReason, SessionId};

/// The auth state of this tab.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthState {
    /// There may be a session: its refresh is pending.
    Restoring,
    /// No session; the reason if one has just ended.
    SignedOut(Option<SignOutReason>),
    /// A session.
    SignedIn(SignedIn),
}

/// The session as pages may know it, without the token.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// The user of the session.
    pub user: User,
    /// The session.
    pub session_id: SessionId,
    /// When the access token expires, by this browser's clock, in milliseconds since 1970.
    pub expires_at_ms: f64,
    /// Lifetime of the access token when it arrived, in seconds.
    pub lifetime_seconds: i64,
}

impl SignedIn {
    /// When the access token arrived, by this browser's clock: the last refresh, or the login.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a date is far below 2^63")]
    pub fn refreshed_at(&self) -> NumericDate {
        NumericDate((self.expires_at_ms / 1000.0) as i64 - self.lifetime_seconds)
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOutReason {
    /// The server refused the session. A refused refresh has one answer for every reason; a refused call with a token
    /// of the session names the reason for which it was revoked.
    Ended(Option<RevocationReason>),
    /// The user logged out in this tab.
    LoggedOut,
    /// The user logged out in this tab, but neither the cookie nor a token named the session: it may not be revoked.
    LoggedOutHereOnly,
    /// The user logged out in another tab.
    LoggedOutElsewhere,
    /// The browser kept no cookie of the session, and the access token expired.
    NoCookies,
    /// The browser kept no cookie of the session, and the page was loaded again.
    ReloadedWithoutCookies,
    /// The server refused the session without a reason, and its cookies are gone.
    CookiesRemoved,
}

/// An [`AuthState`] without details, for views that must not be rebuilt with every new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AuthStatus {
    Restoring,
    SignedOut,
    SignedIn,
}
