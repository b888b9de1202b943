//! The decision about a retried sign-in. A browser may resend a login by itself when the connection closes before the
//! answer; with an attempt key, the retry gets the first answer. Passwords are verified before.

use types::NumericDate;

use crate::{Family, Generation, Policy};

/// What the server must do with a sign-in whose password is right.
///
/// Exhaustive on purpose: a server must handle every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Create a session.
    Begin,
    /// A retry of the same attempt: answer with the same session and ticket 1; write no row.
    AnswerAgain,
    /// A late copy of a sign-in whose session was refreshed or revoked, or has expired: refuse it, and change no
    /// state. Ticket 1 would put an already presented token into the browser.
    Duplicate,
}

/// Decides the meaning, `now`, of a sign-in with an attempt key. `begun` is the family of the session that the same
/// attempt has created; [`None`] if it has created none.
#[must_use]
pub fn decide_sign_in<Reason>(
    begun: Option<&Family<Reason>>,
    now: NumericDate,
    policy: Policy,
) -> SignIn {
    let Some(family) = begun else { return SignIn::Begin };
    let is_unused = family.generation == Generation::NONE;
    if is_unused && family.is_live() && !policy.has_expired(family, now) {
        SignIn::AnswerAgain
    } else {
        SignIn::Duplicate
    }
}
