//! What is wrong with the store on purpose. Each of these has been a bug of somebody's; the
//! simulation is worth its time only if it finds them (tests/it/planted.rs).

use backend::store::{Accepted, Change, PasswordChange, Session, Store as _, UsedKey};
use rotation::Standing;

use super::{SimulatedStore, at_once};
use crate::setting::Bug;

/// How long the planted grace lets the ticket before the current one work.
const GRACE_SECONDS: i64 = 60;

impl SimulatedStore {
    /// A row as the planted bug shows it.
    ///
    /// A grace period is what a row looks like that has not been rotated yet: shown the family as it
    /// was before, `decide` accepts the former ticket again, whoever presents it.
    pub(super) fn planted_read(&self, mut session: Session) -> Session {
        let recent = self.clock.now().since(session.family.accepted_at) < GRACE_SECONDS;
        if self.bug == Some(Bug::Grace)
            && recent
            && session.family.standing == Standing::Live
            && let Some(before) = self.state().before.get(&session.id)
        {
            session.family = before.clone();
        }
        session
    }

    /// A rotation as the planted bug writes it; `None` to leave it to the engine.
    pub(super) fn planted_accept(&self, before: &Session, accepted: &Accepted) -> Option<bool> {
        let live = before.family.standing == Standing::Live;
        let unread = before.family.generation != accepted.seen;
        match self.bug {
            Some(Bug::AcceptWithoutGuard) if live && unread => {}
            Some(Bug::AcceptRevives) if !live && !unread => {}
            Some(Bug::Grace) if live && unread => {
                if accepted.family.generation == before.family.generation {
                    // The same successor for everybody who asks in time; nothing is written.
                    return Some(true);
                }
            }
            _ => return None,
        }
        self.put(&Session { family: accepted.family.clone(), ..before.clone() });
        Some(true)
    }

    /// A change of password as it is written: with the planted bug, no more than its rotation.
    pub(super) fn planted_change(&self, change: PasswordChange) -> Change {
        if self.bug == Some(Bug::OthersStay) {
            Change::Accept(change.session, Box::new(change.accepted))
        } else {
            Change::ChangePassword(Box::new(change))
        }
    }

    /// A sign-in with its key as it is written: with a planted bug without the key, or although the key is there.
    pub(super) fn planted_keyed(&self, used: UsedKey, change: Change) -> Change {
        let is_used = || matches!(at_once(self.memory.used_key(&used.key_hash)), Ok(Some(_)));
        let without_key = match self.bug {
            Some(Bug::KeyNotStored) => true,
            Some(Bug::KeyNotGuarded) => is_used(),
            _ => false,
        };
        if without_key { change } else { Change::Keyed(Box::new(used), Box::new(change)) }
    }

    /// Whether a failover forgets the ends of sessions.
    pub(super) fn forgets_ends(&self) -> bool {
        self.bug == Some(Bug::RevocationForgotten)
    }
}
