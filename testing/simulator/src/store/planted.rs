//! The bugs planted in the store. Each is a bug that real software has had; the simulation is worth its time only if
//! it finds them (tests/it/planted.rs).

use backend::store::{Accepted, Change, PasswordChange, Session, Store as _, UsedKey};

use super::{SimulatedStore, at_once};
use crate::setting::Bug;

/// The planted grace period of the previous ticket.
const GRACE_SECONDS: i64 = 60;

impl SimulatedStore {
    /// A row as the planted bug shows it.
    ///
    /// In a grace period a row looks as if it was not rotated yet: with the family as it was before, `decide` accepts
    /// the previous ticket again, from any client: a replay goes undetected.
    pub(super) fn planted_read(&self, mut session: Session) -> Session {
        let recent = self.clock.now().since(session.family.accepted_at) < GRACE_SECONDS;
        if self.bug == Some(Bug::Grace)
            && recent
            && session.is_live()
            && let Some(before) = self.state().before.get(&session.id)
        {
            session.family = before.clone();
        }
        session
    }

    /// A rotation as the planted bug writes it; `None` to leave it to the engine.
    pub(super) fn planted_accept(&self, before: &Session, accepted: &Accepted) -> Option<bool> {
        let live = before.is_live();
        let unread = before.family.generation != accepted.seen;
        match self.bug {
            Some(Bug::AcceptWithoutGuard) if live && unread => {}
            Some(Bug::AcceptRevives) if !live && !unread => {}
            Some(Bug::Grace) if live && unread => {
                if accepted.family.generation == before.family.generation {
                    // The same successor for every client within the grace period; no row is written.
                    return Some(true);
                }
            }
            _ => return None,
        }
        self.put(&Session { family: accepted.family.clone(), ..before.clone() });
        Some(true)
    }

    /// A password change; with the planted bug, only its rotation.
    pub(super) fn planted_change(&self, change: PasswordChange) -> Change {
        if self.bug == Some(Bug::OthersStay) {
            Change::Accept(change.session, Box::new(change.accepted))
        } else {
            Change::ChangePassword(Box::new(change))
        }
    }

    /// A sign-in with its idempotency key; with a planted bug without the key, or although the key exists.
    pub(super) fn planted_keyed(&self, used: UsedKey, change: Change) -> Change {
        let is_used = || matches!(at_once(self.memory.used_key(&used.key_hash)), Ok(Some(_)));
        let without_key = match self.bug {
            Some(Bug::KeyNotStored) => true,
            Some(Bug::KeyNotGuarded) => is_used(),
            _ => false,
        };
        if without_key { change } else { Change::Keyed(Box::new(used), Box::new(change)) }
    }

    /// Whether a failover forgets revocations.
    pub(super) fn forgets_revocations(&self) -> bool {
        self.bug == Some(Bug::RevocationForgotten)
    }

    /// Whether a revocation is written behind, with the next rotations.
    pub(super) fn writes_revocations_behind(&self) -> bool {
        self.bug == Some(Bug::RevocationWrittenBehind)
    }

    /// Whether looks and other changes overtake the changes of dropped callers.
    pub(super) fn lets_others_overtake(&self) -> bool {
        self.bug == Some(Bug::HoldReleasedEarly)
    }

    /// Whether commits of another process go unnoticed.
    pub(super) fn overlooks_others(&self) -> bool {
        self.bug == Some(Bug::OthersUnnoticed)
    }

    /// Whether a rotation of a remembered row needs the same generation, and nothing else.
    pub(super) fn compares_generations_alone(&self) -> bool {
        self.bug == Some(Bug::GenerationAlone)
    }
}
