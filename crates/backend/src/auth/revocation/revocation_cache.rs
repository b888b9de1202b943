//! The revocation cache: the sessions that were revoked within the life of an access token, in memory. So a protected
//! call needs no database read, and the access tokens of a revoked session are refused all the same.
//! [`revocation_listener`](super::revocation_listener) keeps it fresh.
//!
//! A million sessions may be revoked at once. How the set holds that is in [`revoked_set`]; how it is read from the
//! store, in [`catch_up`].

mod catch_up;
mod revoked_set;
mod status_bits;

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};
use shared::{NumericDate, RevocationReason, SessionId};

use self::revoked_set::RevokedSet;
use super::status_index::ListId;
use crate::clock::{BootInstant, Clock};
use crate::store::RevokedSession;

/// How many revocations are pruned before the lock is released.
const AT_ONCE: usize = 1_000;

/// The sessions that were revoked within the life of an access token.
pub struct RevocationCache {
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    revoked: RevokedSet,
    /// How many revocations of a second, by the store's time, were read from it.
    read: BTreeMap<NumericDate, u64>,
    /// Until when the cache is fresh. It expires by itself: a listener that hangs, a task that is not scheduled, or a
    /// machine that was suspended leaves it stale.
    complete_until: Option<BootInstant>,
    /// Since when a revocation may be missing.
    invalidated_at: Option<BootInstant>,
}

/// The status of a session whose access token is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It is revoked.
    Revoked(RevocationReason),
    /// It is not revoked.
    Active,
    /// The cache is stale: read the store.
    Unknown,
}

impl RevocationCache {
    /// An empty cache, stale.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), known: Mutex::default() }
    }

    /// Adds revocations, of this instance or of others.
    pub fn note(&self, revoked: impl IntoIterator<Item = RevokedSession>) {
        let mut known = self.known();
        for revoked in revoked {
            known.revoked.insert(revoked);
        }
    }

    /// The status of `session`.
    #[must_use]
    pub fn status(&self, session: SessionId) -> SessionStatus {
        let known = self.known();
        match known.revoked.reason(session) {
            Some(reason) => SessionStatus::Revoked(reason),
            None if known.is_complete(self.clock.boot_instant()) => SessionStatus::Active,
            None => SessionStatus::Unknown,
        }
    }

    /// Marks the cache as fresh until `until`: it holds every revocation made by `seen`, and all other sessions count
    /// as active. Without effect if it was invalidated since `seen`.
    pub fn mark_complete(&self, seen: BootInstant, until: BootInstant) {
        let mut known = self.known();
        if known.invalidated_at.is_none_or(|invalidated| invalidated < seen) {
            known.invalidated_at = None;
            known.complete_until = Some(until);
        }
    }

    /// Invalidates the cache, because a revocation may be missing: no session counts as active until the store was
    /// read again.
    pub fn invalidate(&self) {
        let mut known = self.known();
        known.invalidated_at = Some(self.clock.boot_instant());
        known.complete_until = None;
    }

    /// Whether the cache is fresh.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.known().is_complete(self.clock.boot_instant())
    }

    /// Prunes some revocations that were added before `at`, whose access tokens have all expired. Returns whether
    /// there are more: verifying a token must not wait until a million are pruned.
    pub fn forget_some_before(&self, at: NumericDate) -> bool {
        let mut known = self.known();
        known.read = known.read.split_off(&at);
        known.revoked.forget_some_before(at, AT_ONCE)
    }

    /// The number of revoked sessions.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known().revoked.count()
    }

    /// Has the status lists hold the revocations added since. Many may leave the lists or come back, and calls wait
    /// for that: once for each look, and not for each list.
    pub fn list_since(&self, since: NumericDate) {
        self.known().revoked.list_since(since);
    }

    /// A status list's bits: their version, and the bits unless `known` is that version.
    #[must_use]
    pub fn listing(&self, list: ListId, known: Option<u64>) -> (u64, Option<Vec<u8>>) {
        self.known().revoked.listing(list, known)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}

impl Known {
    fn is_complete(&self, now: BootInstant) -> bool {
        self.complete_until.is_some_and(|until| now < until)
    }
}
