//! Whether this browser keeps the session's cookies. `cookies` detects it.

use super::no_cookie::NoCookie;

/// State of the session's cookies, by the hint cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieState {
    /// No session, or not checked yet.
    Unknown,
    /// The hint cookie is there.
    Kept,
    /// Missing after a token arrived.
    NotKept(NoCookie),
    /// Removed since they were seen.
    Removed,
}
