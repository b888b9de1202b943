//! What the client keeps in memory and no view may see: the access token, and what is known of former sessions.

use shared::{RevocationReason, Secret, SessionId};

/// An access token. No `Debug`: it is a bearer credential.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    /// Tells tokens apart without comparing secrets.
    pub(super) serial: u64,
    pub(super) session_id: SessionId,
    pub(super) expires_at_ms: f64,
}

/// State that views must not see.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) token: Option<Token>,
    pub(super) serial: u64,
    /// Changes when the session ends or another session replaces it: an answer to a request of an earlier epoch is
    /// stale.
    pub(super) epoch: u64,
    /// Sessions that are known to have ended. Their late messages and answers are ignored.
    pub(super) ended: Vec<SessionId>,
    /// Why the server revoked the session of this epoch.
    pub(super) revocation_reason: Option<RevocationReason>,
    /// When login alerts were last checked, by this browser's clock.
    pub(super) alerts_checked_ms: f64,
}
