//! Which sessions have ended within the life of an access token: a small set in memory, so that a
//! protected call asks nobody and an ended session's tokens stop all the same. It must not know how it
//! is kept up to date; that is [`feed`](super::feed).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::{EndCause, NumericDate, SessionId};

use crate::clock::{BootInstant, Clock};
use crate::store::Ended;

/// The sessions that have ended lately.
pub struct Endings {
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    ended: HashMap<SessionId, (EndCause, NumericDate)>,
    /// Until when it may be taken for complete. It runs out by itself: a feed that stands still, a task that is
    /// not let run, or a machine that was suspended leaves nothing trusted.
    trusted_until: Option<BootInstant>,
    /// Since when something may have ended that is not known here.
    doubted_at: Option<BootInstant>,
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
    /// None, and nothing trusted.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), known: Mutex::default() }
    }

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
            None if known.is_trusted(self.clock.boot_instant()) => Word::Stands,
            None => Word::Unknown,
        }
    }

    /// Everything that had ended by `seen` is known here: what is not is taken for standing, until
    /// `until`.
    pub fn trust(&self, seen: BootInstant, until: BootInstant) {
        let mut known = self.known();
        if known.doubted_at.is_none_or(|doubted| doubted < seen) {
            known.doubted_at = None;
            known.trusted_until = Some(until);
        }
    }

    /// Something may have ended that is not known here: nothing is taken for standing until somebody
    /// has looked anew.
    pub fn doubt(&self) {
        let mut known = self.known();
        known.doubted_at = Some(self.clock.boot_instant());
        known.trusted_until = None;
    }

    /// Whether what is not known here is taken for standing.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.known().is_trusted(self.clock.boot_instant())
    }

    /// Forgets what ended before: no access token of it can be alive.
    pub fn forget_before(&self, at: NumericDate) {
        self.known().ended.retain(|_, (_, ended_at)| *ended_at >= at);
    }

    /// All that ended at this instant or later, as far as is known.
    #[must_use]
    pub fn since(&self, at: NumericDate) -> Vec<SessionId> {
        let known = self.known();
        let ended = known.ended.iter().filter(|(_, (_, ended_at))| *ended_at >= at);
        ended.map(|(session, _)| *session).collect()
    }

    /// How many are known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known().ended.len()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done by a panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_trusted(&self, now: BootInstant) -> bool {
        self.trusted_until.is_some_and(|until| now < until)
    }
}
