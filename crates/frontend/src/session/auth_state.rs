//! Who is logged in here, as pages may know it. There is no room for a token.

use shared::body::User;
use shared::{RevocationReason, SessionId};

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthState {
    /// There may be a session; it is being asked for.
    Restoring,
    /// There is none here; perhaps one has just ended.
    SignedOut(Option<SignOutReason>),
    /// There is one.
    SignedIn(SignedIn),
}

/// The session as pages may know it: everything but the token.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// Whose session it is.
    pub user: User,
    /// The session.
    pub session_id: SessionId,
    /// When the access token expires, by this browser's clock, in milliseconds since 1970.
    pub expires_at_ms: f64,
    /// How long the access token was good for when it arrived, in seconds.
    pub lifetime_seconds: i64,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOutReason {
    /// The server refused to go on. To a refresh it gives one answer for every cause; to a call with
    /// a token of the session it says the cause.
    Ended(Option<RevocationReason>),
    /// The user logged out in this tab.
    LoggedOut,
    /// The user logged out in this tab, and neither the cookie nor a token named the session: it may go on.
    LoggedOutHereOnly,
    /// The user logged out in another tab.
    LoggedOutElsewhere,
    /// The browser kept no cookie of the session, and its token has had its time.
    NoCookies,
    /// The browser kept no cookie of the session, and the page was loaded again.
    ReloadedWithoutCookies,
    /// The server refused to go on, no cause is known, and the session's cookies are not there any more.
    CookiesRemoved,
}

/// A [`AuthState`] without its details, for views that must not be rebuilt with every new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AuthStatus {
    Restoring,
    SignedOut,
    SignedIn,
}
