//! What the store is to an instance with rotations in its memory (`backend::store::Hot`): an engine that notices the
//! commits of other processes, and makes the changes of dropped callers later, in their order. For the observer, it
//! knows the rotations that are in the instance's memory alone.

use std::collections::BTreeSet;

use backend::store::{
    Accepted, Change, Disturbance, Outcome, Revocation, Session, Standing, StoreError,
};
use shared::{RevocationReason, SessionId};

use super::{SimulatedStore, failure};
use crate::coverage::OTHERS_NOTICED;

impl SimulatedStore {
    /// An instance has started that has such rotations.
    pub(crate) fn memory_begins(
        &self,
        in_memory: impl Fn() -> Vec<(SessionId, Accepted)> + Send + 'static,
    ) {
        *self.in_memory.lock() = Some(Box::new(in_memory));
        let mut state = self.state();
        state.memory_first.settled = state.memory_first.others;
        state.memory_first.is_unseen = false;
    }

    /// It has crashed. What was in its memory is lost, and so are the changes that were still to be made.
    pub(crate) fn memory_ends(&self) {
        *self.in_memory.lock() = None;
        let mut state = self.state();
        state.version += 1;
        state.memory_first.late.clear();
        for before in std::mem::take(&mut state.memory_first.before_revocation) {
            self.put(&before);
        }
    }

    /// The sessions with a rotation that is in memory alone, with its generation.
    pub(crate) fn ahead(&self) -> BTreeSet<(SessionId, u32)> {
        let ids = self.in_memory().into_iter().map(|(id, _)| id);
        let ahead = ids.filter_map(|id| self.ahead_of(&self.stored(id)?));
        ahead.map(|session| (session.id, session.family.generation.0)).collect()
    }

    /// This row with the rotation that is in memory alone.
    pub(super) fn ahead_of(&self, stored: &Session) -> Option<Session> {
        let in_memory = self.in_memory().into_iter().find(|(id, _)| *id == stored.id);
        let (_, Accepted { family, client, .. }) = in_memory.filter(|_| stored.is_live())?;
        let is_ahead = family.generation > stored.family.generation;
        is_ahead.then(|| Session { family, client, ..stored.clone() })
    }

    /// Rotations in memory are no writes: the observer has to look at the rows again.
    pub(crate) fn memory_has_changed(&self) {
        self.state().version += 1;
    }

    /// Another process has committed.
    pub(crate) fn another_has_committed(&self) {
        if !self.overlooks_others() {
            self.state().memory_first.others += 1;
        }
    }

    /// Another process revokes a session, durably.
    pub(crate) fn revoke_elsewhere(&self, session: SessionId) {
        let (reason, at) = (RevocationReason::Administrator, self.clock.now());
        let revocation = Revocation { reason, at };
        let _ = self.write_revocations(Change::RevokeSession(session, revocation));
        self.another_has_committed();
    }

    /// Whether changes of dropped callers are still to be made.
    pub(crate) fn has_late_changes(&self) -> bool {
        !self.state().memory_first.late.is_empty()
    }

    /// Makes the changes of dropped callers.
    pub(crate) fn make_late_changes(&self) {
        let late = std::mem::take(&mut self.state().memory_first.late);
        for change in late {
            let _ = self.apply(change);
            self.state().memory_first.is_unseen = true;
        }
    }

    /// The engine has one queue: what came before is made first.
    fn work_off_queue(&self) {
        if !self.lets_others_overtake() {
            self.make_late_changes();
        }
    }

    /// As `Exclusive::standing`.
    pub(super) fn standing(&self) -> Standing {
        let state = self.state();
        let memory_first = &state.memory_first;
        if memory_first.others == memory_first.settled && !memory_first.is_unseen {
            Standing::Undisturbed
        } else {
            Standing::Disturbed
        }
    }

    /// As `Exclusive::look`.
    pub(super) fn look(&self) -> Disturbance {
        self.work_off_queue();
        let mut state = self.state();
        let memory_first = &mut state.memory_first;
        memory_first.is_unseen = false;
        let is_new = memory_first.others != memory_first.settled;
        Disturbance { number: memory_first.others, is_new }
    }

    /// As `Exclusive::settle`.
    pub(super) fn settle(&self, disturbance: Disturbance) {
        let mut state = self.state();
        state.memory_first.settled = disturbance.number;
        state.counts.add(OTHERS_NOTICED);
    }

    fn in_memory(&self) -> Vec<(SessionId, Accepted)> {
        let in_memory = self.in_memory.lock();
        in_memory.as_ref().map(|list| list()).unwrap_or_default()
    }
}

/// A change in the engine's hands.
pub(super) struct Sent<'a> {
    store: &'a SimulatedStore,
    change: Option<Change>,
}

impl<'a> Sent<'a> {
    pub(super) fn to(store: &'a SimulatedStore, change: Change) -> Self {
        Self { store, change: Some(change) }
    }

    /// Makes it, after all that came before.
    pub(super) fn make(&mut self) -> Result<Outcome, StoreError> {
        let change = self.change.take().ok_or_else(failure)?;
        self.store.work_off_queue();
        let done = self.store.apply(change);
        self.store.state().memory_first.is_unseen = true;
        done
    }

    /// Its caller has been answered, after the engine has looked.
    pub(super) fn answered(mut self) {
        self.change = None;
        self.store.state().memory_first.is_unseen = false;
    }
}

impl Drop for Sent<'_> {
    /// Its caller is gone before it was made: an instance that is up makes it later.
    fn drop(&mut self) {
        let is_up = self.store.in_memory.lock().is_some();
        if let Some(change) = self.change.take().filter(|_| is_up) {
            self.store.state().memory_first.late.push_back(change);
        }
    }
}
