//! What a repeated sign-in means. A browser may send a login twice by itself when the connection closes before the
//! answer; with an attempt key, the copy is answered as the first was. It must not know passwords: they have been
//! verified before this is asked.

use shared::NumericDate;

use crate::{Family, Generation, Policy, Standing};

/// What the server must now do with a sign-in whose password is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Begin a session.
    Begin,
    /// The same attempt asks again: answer with the same session and ticket 1; write nothing.
    AnswerAgain,
    /// A late copy of a sign-in whose session was refreshed or has ended: say no, change nothing. Ticket 1 would put a
    /// token into the browser that was presented before.
    Duplicate,
}

/// Decides what a sign-in means that carries an attempt key, `now`. `begun` is the family of the session that the same
/// attempt has begun; [`None`] if it has begun none.
#[must_use]
pub fn decide_sign_in(begun: Option<&Family>, now: NumericDate, policy: Policy) -> SignIn {
    let Some(family) = begun else { return SignIn::Begin };
    let is_unused = family.generation == Generation::NONE;
    if is_unused && family.standing == Standing::Live && !policy.has_expired(family, now) {
        SignIn::AnswerAgain
    } else {
        SignIn::Duplicate
    }
}
