//! Which sessions have ended within the life of an access token: a set in memory, so that a protected call asks
//! nobody and an ended session's tokens stop all the same. It must not know how it is kept up to date; that is
//! [`revocation_listener`](super::revocation_listener).
//!
//! A million may end at once. How the set bears that is in [`revoked_set`]; how it is read from the store, in
//! [`catch_up`].

mod catch_up;
mod revoked_set;
mod status_bits;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::{NumericDate, RevocationReason, SessionId};

use self::revoked_set::RevokedSet;
use crate::clock::{BootInstant, Clock};
use crate::store::RevokedSession;

/// How many are forgotten before others may ask.
const AT_ONCE: usize = 1_000;

/// The sessions that have ended within the life of an access token.
pub struct RevocationCache {
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    revoked: RevokedSet,
    /// How many of those that ended in a second, as the store has it, were read there.
    read: BTreeMap<NumericDate, u64>,
    /// Until when it may be taken for complete. It runs out by itself: a feed that stands still, a task that is
    /// not let run, or a machine that was suspended leaves nothing trusted.
    complete_until: Option<BootInstant>,
    /// Since when something may have ended that is not known here.
    invalidated_at: Option<BootInstant>,
}

/// What is known of a session whose token is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It has ended.
    RevokedSession(RevocationReason),
    /// It has not.
    Stands,
    /// Others may have ended it: the store must be asked.
    Unknown,
}

impl RevocationCache {
    /// None, and nothing trusted.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), known: Mutex::default() }
    }

    /// Takes note of ends, of its own doing or heard of.
    pub fn note(&self, revoked: impl IntoIterator<Item = RevokedSession>) {
        let mut known = self.known();
        for revoked in revoked {
            known.revoked.insert(revoked);
        }
    }

    /// What is known of `session`.
    #[must_use]
    pub fn word(&self, session: SessionId) -> SessionStatus {
        let known = self.known();
        match known.revoked.cause(session) {
            Some(cause) => SessionStatus::RevokedSession(cause),
            None if known.is_complete(self.clock.boot_instant()) => SessionStatus::Active,
            None => SessionStatus::Unknown,
        }
    }

    /// Everything that had ended by `seen` is known here: what is not is taken for standing, until
    /// `until`.
    pub fn trust(&self, seen: BootInstant, until: BootInstant) {
        let mut known = self.known();
        if known.invalidated_at.is_none_or(|doubted| doubted < seen) {
            known.invalidated_at = None;
            known.complete_until = Some(until);
        }
    }

    /// Something may have ended that is not known here: nothing is taken for standing until somebody
    /// has looked anew.
    pub fn invalidate(&self) {
        let mut known = self.known();
        known.invalidated_at = Some(self.clock.boot_instant());
        known.complete_until = None;
    }

    /// Whether what is not known here is taken for standing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.known().is_complete(self.clock.boot_instant())
    }

    /// Forgets some of what was heard of before: no access token of it can be alive. Whether there is more; whoever
    /// verifies a token need not wait until all of a million are forgotten.
    pub fn forget_some_before(&self, at: NumericDate) -> bool {
        let mut known = self.known();
        known.read = known.read.split_off(&at);
        known.revoked.forget_some_before(at, AT_ONCE)
    }

    /// How many are known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known().revoked.count()
    }

    /// The places in the status list of those heard of since: a number that changes with them, and the bits
    /// unless they are known by that number.
    #[must_use]
    pub fn listing(&self, since: NumericDate, known: Option<u64>) -> (u64, Option<Vec<u8>>) {
        self.known().revoked.listing(since, known)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done by a panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_complete(&self, now: BootInstant) -> bool {
        self.complete_until.is_some_and(|until| now < until)
    }
}
