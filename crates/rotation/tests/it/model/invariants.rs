//! What must hold at every moment, by name.

use super::rules::Revocation;
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
    TheftRevokesTheSession,
    /// A session that has ended stays ended.
    RevocationIsFinal,
    /// No rotation is written into a session that has ended, not even by a refresh that was under
    /// way, and nothing is granted to one that reads the row after the end.
    NothingIssuedAfterRevocation,
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
            Self::TheftRevokesTheSession => "a theft ends the session as soon as both have come",
            Self::RevocationIsFinal => "revoked stays revoked",
            Self::NothingIssuedAfterRevocation => "no refresh in flight outlives a logout",
            Self::OneLiveSuccessor => "at most one live successor",
        }
    }

    /// Whether the promise is kept in the step from `before` to `after`.
    pub(crate) fn holds(self, before: &State, after: &State) -> bool {
        // Only successors of the ticket that was copied count.
        let beyond = |granted: u16| granted >> (after.copied + 1);
        let (owner, thief) = (beyond(after.issued_to_owner), beyond(after.issued_to_thief));
        match self {
            Self::NeverSignedOut => {
                let mistaken =
                    after.thief.is_none() && after.row.revoked == Some(Revocation::Replay);
                !after.signed_out && !mistaken
            }
            Self::NeverBothSucceed => owner == 0 || thief == 0,
            Self::NeverBothSucceedTwice => owner.count_ones() < 2 || thief.count_ones() < 2,
            Self::TheftRevokesTheSession => {
                !(after.owner_presented && after.thief_presented) || after.row.revoked.is_some()
            }
            Self::RevocationIsFinal => {
                before.row.revoked.is_none() || after.row.revoked == before.row.revoked
            }
            Self::NothingIssuedAfterRevocation => !after.issued_after_revocation,
            Self::OneLiveSuccessor => {
                after.row.revoked.is_some() || after.issued <= after.row.generation + 1
            }
        }
    }
}
