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
    /// Once owner and thief have both presented the copied ticket or a later one, the session is over.
    TheftEndsTheSession,
    /// A session that has ended stays ended.
    EndsAreFinal,
    /// No rotation is written into a session that has ended, not even by a refresh that was under
    /// way, and nothing is granted to one that reads the row after the end.
    NothingGrantedAfterTheEnd,
    /// Of a live session no ticket is out beyond the one after the last accepted.
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
            Self::TheftEndsTheSession => "a theft ends the session as soon as both have come",
            Self::EndsAreFinal => "revoked stays revoked",
            Self::NothingGrantedAfterTheEnd => "no refresh in flight outlives a logout",
            Self::OneLiveSuccessor => "at most one live successor",
        }
    }

    /// Whether the promise is kept in the step from `before` to `after`.
    pub(crate) fn holds(self, before: &State, after: &State) -> bool {
        // Only successors of the ticket that was copied count.
        let beyond = |granted: u16| granted >> (after.copied + 1);
        let (owner, thief) = (beyond(after.granted_to_owner), beyond(after.granted_to_thief));
        match self {
            Self::NeverSignedOut => {
                let mistaken = after.thief.is_none() && after.row.ended == Some(End::Replay);
                !after.signed_out && !mistaken
            }
            Self::NeverBothSucceed => owner == 0 || thief == 0,
            Self::NeverBothSucceedTwice => owner.count_ones() < 2 || thief.count_ones() < 2,
            Self::TheftEndsTheSession => {
                !(after.owner_presented && after.thief_presented) || after.row.ended.is_some()
            }
            Self::EndsAreFinal => before.row.ended.is_none() || after.row.ended == before.row.ended,
            Self::NothingGrantedAfterTheEnd => !after.granted_after_end,
            Self::OneLiveSuccessor => {
                after.row.ended.is_some() || after.issued <= after.row.generation + 1
            }
        }
    }
}
