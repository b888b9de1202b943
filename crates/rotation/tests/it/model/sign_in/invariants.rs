//! What must hold at every moment of a sign-in attempt, by name.

use super::state::{Key, State};

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// No attempt has begun two sessions that are stored.
    OneSession,
    /// `email_taken` is never said to the attempt that made the account.
    NeverEmailTaken,
    /// An honest client, alone at its address, is neither told that its password is wrong nor that the address is taken.
    NeverRefused,
    /// Ticket 1 is not given out once it was presented.
    TicketOneUnused,
    /// What a client is answered with stands until its end is asked for.
    NeverSignedOut,
    /// The key opens nothing without the password.
    KeyOpensNothing,
}

impl Invariant {
    /// The promise as the page puts it.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::OneSession => "one session for each attempt",
            Self::NeverEmailTaken => {
                "the attempt that made an account never hears that its address is taken"
            }
            Self::NeverRefused => "the right password is never refused",
            Self::TicketOneUnused => "ticket 1 is given out only until it is presented",
            Self::NeverSignedOut => "a client that was answered is signed in",
            Self::KeyOpensNothing => "the key opens nothing without the password",
        }
    }

    /// Whether the promise is kept at this moment.
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
