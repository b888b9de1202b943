//! The invariants of a sign-in attempt, by name.

use super::state::{Key, State};

/// An invariant of sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// No attempt has created two stored sessions.
    OneSession,
    /// The attempt that created the account never gets `email_taken`.
    NeverEmailTaken,
    /// An honest client, alone at its address, never gets `invalid_credentials` or `email_taken`.
    NeverRefused,
    /// Ticket 1 is not issued again after it was presented.
    TicketOneUnused,
    /// A session that a client has received stays valid until its revocation is requested.
    NeverSignedOut,
    /// The key is no credential: without the password it opens no session.
    KeyOpensNothing,
}

impl Invariant {
    /// The invariant in the page's words.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::OneSession => "one session for each attempt",
            Self::NeverEmailTaken => "the attempt that made an account never receives email_taken",
            Self::NeverRefused => "the right password is never refused",
            Self::TicketOneUnused => "ticket 1 is given out only until it is presented",
            Self::NeverSignedOut => "a client that was answered is signed in",
            Self::KeyOpensNothing => "the key opens nothing without the password",
        }
    }

    /// Whether it holds in this state.
    pub(crate) fn holds(self, state: &State) -> bool {
        match self {
            Self::OneSession => Key::ALL.iter().all(|key| {
                state.tables.sessions.iter().filter(|session| session.key == *key).count() <= 1
            }),
            Self::NeverEmailTaken => !state.email_taken_was_answered,
            Self::NeverRefused => !state.refused,
            Self::TicketOneUnused => !state.reissued,
            Self::NeverSignedOut => !state.signed_out,
            Self::KeyOpensNothing => !state.stolen,
        }
    }
}
