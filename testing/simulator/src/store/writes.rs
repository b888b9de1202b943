//! The changes of the simulated store, and which of them are durable.

use backend::store::{
    Accepted, Change, Outcome, PasswordChange, Revocation, Session, Store as _, StoreError,
};
use shared::SessionId;

use super::{SimulatedStore, at_once};
use crate::coverage::ROTATIONS_WRITTEN;

impl SimulatedStore {
    /// Makes a change.
    pub(super) fn apply(&self, change: Change) -> Result<Outcome, StoreError> {
        match change {
            Change::Accept(id, accepted) => self.write_rotation(id, &accepted),
            Change::AcceptAll(all) => self.write_rotations(all),
            Change::RevokeSession(id, revocation) => self.write_revocation(id, revocation),
            Change::Keyed(used, change) => self.write_keyed(*used, *change),
            Change::ChangePassword(change) => self.write_password(*change),
            change => self.write_session(change),
        }
    }

    pub(super) fn write_session(&self, change: Change) -> Result<Outcome, StoreError> {
        let done = at_once(self.memory.commit(change, Vec::new()))?;
        if done.took_place() {
            let mut state = self.state();
            state.not_durable.clear();
            state.version += 1;
        }
        Ok(done)
    }

    /// A durable change that revokes sessions of any user.
    pub(super) fn write_revocations(&self, change: Change) -> Result<Outcome, StoreError> {
        let done = at_once(self.memory.commit(change, Vec::new()))?;
        if done.took_place() {
            let mut state = self.state();
            state.version += 1;
            state.not_durable.clear();
        }
        Ok(done)
    }

    fn write_password(&self, change: PasswordChange) -> Result<Outcome, StoreError> {
        let (id, hash) = (change.session, change.hash.clone());
        let (before, generation) = (self.stored(id), change.accepted.family.generation.0);
        let done = self.write_revocations(self.planted_change(change))?;
        if done.took_place() {
            let mut state = self.state();
            state.changes.insert(hash, generation);
            state.before.extend(before.map(|before| (id, before.family)));
        }
        Ok(done)
    }

    pub(super) fn write_rotation(
        &self,
        id: SessionId,
        accepted: &Accepted,
    ) -> Result<Outcome, StoreError> {
        let Some(before) = self.stored(id) else { return Ok(Outcome::default()) };
        let done = match self.planted_accept(&before, accepted) {
            Some(done) => done,
            None => {
                let accept = Change::Accept(id, Box::new(accepted.clone()));
                at_once(self.memory.commit(accept, Vec::new()))?.took_place()
            }
        };
        let changed = self.stored(id).is_some_and(|row| row.family != before.family);
        if done && changed {
            let mut state = self.state();
            state.version += 1;
            state.before.insert(id, before.family.clone());
            state.not_durable.push(before);
        }
        Ok(Outcome { rows: u64::from(done), revoked: Vec::new() })
    }

    /// Rotations that took place in an instance's memory. As durable as any other.
    fn write_rotations(&self, all: Vec<(SessionId, Accepted)>) -> Result<Outcome, StoreError> {
        let before: Vec<Session> = all.iter().filter_map(|(id, _)| self.stored(*id)).collect();
        let done = at_once(self.memory.commit(Change::AcceptAll(all), Vec::new()))?;
        let mut state = self.state();
        state.version += 1;
        for before in before {
            if self.stored(before.id).is_some_and(|row| row.family != before.family) {
                state.not_durable.push(before);
            }
        }
        if done.took_place() {
            state.counts.add(ROTATIONS_WRITTEN);
            state.memory_first.before_revocation.clear();
        }
        Ok(done)
    }

    fn write_revocation(
        &self,
        id: SessionId,
        revocation: Revocation,
    ) -> Result<Outcome, StoreError> {
        let before = self.stored(id);
        let done = at_once(self.memory.commit(Change::RevokeSession(id, revocation), Vec::new()))?;
        if done.took_place() {
            let mut state = self.state();
            state.version += 1;
            // A durable write takes all earlier ones along: a log is flushed up to its end.
            state.not_durable.clear();
            state.not_durable.extend(before.clone().filter(|_| self.forgets_revocations()));
            let behind = before.filter(|_| self.writes_revocations_behind());
            state.memory_first.before_revocation.extend(behind);
        }
        Ok(done)
    }
}
