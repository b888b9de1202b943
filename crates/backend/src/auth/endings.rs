//! Which sessions have ended within the life of an access token: a small set in memory, so that a
//! protected call asks nobody and an ended session's tokens stop all the same. It must not know how it
//! is kept up to date; that is [`feed`](super::feed).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::{EndCause, NumericDate, SessionId};

use crate::store::Ended;

/// The sessions that have ended lately.
#[derive(Default)]
pub struct Endings(Mutex<Known>);

#[derive(Default)]
struct Known {
    ended: HashMap<SessionId, (EndCause, NumericDate)>,
    /// Whether what others end arrives here.
    is_fresh: bool,
}

/// What is known of a session whose token is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It has ended.
    Ended(EndCause),
    /// It has not.
    Stands,
    /// Others may have ended it: the store must be asked.
    Unknown,
}

impl Endings {
    /// Takes note of ends, of its own doing or heard of.
    pub fn note(&self, ended: impl IntoIterator<Item = Ended>) {
        let mut known = self.known();
        for Ended { session, cause, at } in ended {
            known.ended.entry(session).or_insert((cause, at));
        }
    }

    /// What is known of `session`.
    #[must_use]
    pub fn word(&self, session: SessionId) -> Word {
        let known = self.known();
        match known.ended.get(&session) {
            Some((cause, _)) => Word::Ended(*cause),
            None if known.is_fresh => Word::Stands,
            None => Word::Unknown,
        }
    }

    /// Says whether what others end arrives here. Until it does, nothing is taken for standing.
    pub fn set_fresh(&self, is_fresh: bool) {
        self.known().is_fresh = is_fresh;
    }

    /// Forgets what ended before: no access token of it can be alive.
    pub fn forget_before(&self, at: NumericDate) {
        self.known().ended.retain(|_, (_, ended_at)| *ended_at >= at);
    }

    /// How many are known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known().ended.len()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
