//! The invariants, by name.

use super::rules::Revocation;
use super::state::State;

/// An invariant of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Invariant {
    /// No user is signed out without asking for it.
    NeverSignedOut,
    /// At most one of owner and thief ever gets a successor of the stolen ticket.
    NeverBothSucceed,
    /// At most one of owner and thief ever gets two successors of the stolen ticket.
    NeverBothSucceedTwice,
    /// Once owner and thief have both presented the stolen ticket or a later one, the session is revoked.
    TheftRevokesTheSession,
    /// A revoked session stays revoked.
    RevocationIsFinal,
    /// No rotation is written into a revoked session, not even by a refresh in flight, and a request that reads the
    /// row after the revocation gets no token.
    NothingIssuedAfterRevocation,
    /// A live session has no ticket beyond the successor of the last accepted one.
    OneLiveSuccessor,
}

impl Invariant {
    /// The invariant in the page's words.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::NeverSignedOut => "an honest user is never signed out",
            Self::NeverBothSucceed => "after the copy, owner and thief never both succeed",
            Self::NeverBothSucceedTwice => {
                "after the copy, owner and thief never both succeed twice"
            }
            Self::TheftRevokesTheSession => "a theft revokes the session as soon as both have come",
            Self::RevocationIsFinal => "revoked stays revoked",
            Self::NothingIssuedAfterRevocation => "no refresh in flight outlives a logout",
            Self::OneLiveSuccessor => "at most one live successor",
        }
    }

    /// Whether it holds in the step from `before` to `after`.
    pub(crate) fn holds(self, before: &State, after: &State) -> bool {
        // Only successors of the stolen ticket count.
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
