//! What must hold at every moment, by name.

use super::rules::End;
use super::state::State;

/// A promise of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Invariant {
    /// Nobody is signed out who did not ask for it.
    NeverSignedOut,
    /// Not both of owner and thief are ever granted a successor of the ticket that was copied.
    NeverBothSucceed,
    /// Not both of owner and thief are ever granted two of them.
    NeverBothSucceedTwice,
    /// A session that has ended stays ended.
    EndsAreFinal,
    /// Nothing is granted on the strength of a session that has ended, not even to a refresh that
    /// was under way.
    NothingGrantedAfterTheEnd,
    /// Of a live session at most one ticket that was issued has not been accepted.
    OneLiveSuccessor,
}

impl Invariant {
    /// The promise as the page puts it.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::NeverSignedOut => "an honest user is never signed out",
            Self::NeverBothSucceed => "after the copy, owner and thief never both succeed",
            Self::NeverBothSucceedTwice => {
                "after the copy, owner and thief never both succeed twice"
            }
            Self::EndsAreFinal => "revoked stays revoked",
            Self::NothingGrantedAfterTheEnd => "logout is final even against a refresh in flight",
            Self::OneLiveSuccessor => "at most one live successor",
        }
    }

    /// Whether the promise is kept in the step from `before` to `after`.
    pub(crate) fn holds(self, before: &State, after: &State) -> bool {
        let (owner, thief) = (after.granted_to_owner, after.granted_to_thief);
        match self {
            Self::NeverSignedOut => {
                let mistaken = after.thief.is_none() && after.row.ended == Some(End::Replay);
                !after.signed_out && !mistaken
            }
            Self::NeverBothSucceed => owner == 0 || thief == 0,
            Self::NeverBothSucceedTwice => owner.count_ones() < 2 || thief.count_ones() < 2,
            Self::EndsAreFinal => before.row.ended.is_none() || after.row.ended == before.row.ended,
            Self::NothingGrantedAfterTheEnd => !after.granted_after_end,
            Self::OneLiveSuccessor => {
                after.row.ended.is_some() || after.issued <= after.row.generation + 1
            }
        }
    }
}
