//! The store under the servers: the engine in memory, with a yield before and after each access, so that the
//! scheduler picks the interleaving. It injects faults on request, and loses its last rotations, as a failover does.
//! The bugs planted in it are in [`planted`].

mod engine;
mod pause;
mod planted;
mod sign_ins;

use std::collections::BTreeMap;

use backend::clock::Clock;
use backend::store::memory::Memory;
use backend::store::{
    Accepted, Change, Outcome, PasswordChange, Revocation, Session, Store as _, StoreError, User,
};
use parking_lot::{Mutex, MutexGuard};
use rotation::Family;
use shared::{NumericDate, RevocationReason, SessionId, UserId};

use crate::setting::Bug;
pub(crate) use pause::at_once;
use pause::yield_once;

/// A fault at the next access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, and wrote no row.
    Before,
    /// It fails although it was committed.
    After,
    /// A conditional write finds a row that has just been changed, and changed back.
    Changed,
}

pub(crate) struct SimulatedStore {
    memory: Memory,
    clock: Clock,
    bug: Option<Bug>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The fault for the next access of the call that is being polled.
    armed: Option<Fault>,
    /// The fault that did strike.
    struck: Option<Fault>,
    unavailable: bool,
    /// Sessions before each write that is not durable yet, oldest first.
    not_durable: Vec<Session>,
    /// The generations accepted by password changes, by the new hash.
    changes: BTreeMap<String, u32>,
    /// Increases with every write.
    version: u64,
    /// For the planted grace period: families before their last rotation.
    before: BTreeMap<SessionId, Family<RevocationReason>>,
    sign_ins: SignIns,
}

/// A session that was begun with an idempotency key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) session: SessionId,
    pub(crate) at: NumericDate,
}

/// Sessions and accounts by the hashes of the idempotency keys that made them.
#[derive(Default)]
struct SignIns {
    begun: BTreeMap<[u8; 32], Vec<Begun>>,
    makers: BTreeMap<String, [u8; 32]>,
}

impl SimulatedStore {
    pub(crate) fn new(clock: Clock, bug: Option<Bug>) -> Self {
        Self { memory: Memory::default(), clock, bug, state: Mutex::default() }
    }

    /// Adds a user, durably, with a session whose ticket was not issued.
    pub(crate) fn admit(&self, user: &User, session: &Session) {
        let register =
            Change::Register(Box::new(user.clone()), Box::new(session.clone()), Vec::new());
        at_once(self.memory.commit(register, Vec::new())).expect("memory does not fail");
    }

    /// Arms `fault` for the next access.
    pub(crate) fn arm(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.armed = fault;
        state.struck = None;
    }

    /// The fault that struck since it was armed.
    pub(crate) fn disarm(&self) -> Option<Fault> {
        let mut state = self.state();
        state.armed = None;
        state.struck.take()
    }

    pub(crate) fn set_unavailable(&self, unavailable: bool) {
        self.state().unavailable = unavailable;
    }

    pub(crate) fn is_unavailable(&self) -> bool {
        self.state().unavailable
    }

    /// Loses the last `count` writes, as far as they are not durable; the sessions that went back.
    pub(crate) fn lose(&self, count: usize) -> Vec<SessionId> {
        let mut state = self.state();
        let mut lost = Vec::new();
        while lost.len() < count
            && let Some(before) = state.not_durable.pop()
        {
            self.put(&before);
            lost.push(before.id);
        }
        state.version += 1;
        lost
    }

    /// How many rotations could be lost now.
    pub(crate) fn not_durable(&self) -> usize {
        self.state().not_durable.len()
    }

    /// Disables a user, durably, as an administrator does.
    pub(crate) fn disable(&self, user: UserId) {
        let revocation = Revocation { reason: RevocationReason::Disabled, at: self.clock.now() };
        let _ = self.write_revocations(Change::Disable(user, revocation));
    }

    /// The generation that was accepted together with the password of this hash.
    pub(crate) fn accepted_with(&self, hash: &str) -> Option<u32> {
        self.state().changes.get(hash).copied()
    }

    /// A number that changes with every write.
    pub(crate) fn version(&self) -> u64 {
        self.state().version
    }

    /// A row, for the observer.
    pub(crate) fn row(&self, id: SessionId) -> Option<Session> {
        at_once(self.memory.find_session(id)).ok().flatten().map(|(session, _)| session)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Puts a row back, unconditionally.
    fn put(&self, session: &Session) {
        self.memory.put_back(session);
    }

    /// One access: others may come before and after it, and it may fail on either side. `lost_race` is the outcome of
    /// a conditional write that found another row than was read.
    async fn call<T: Send>(
        &self,
        lost_race: Option<T>,
        action: impl FnOnce(&Self) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        yield_once().await;
        let done = match self.strikes(lost_race.is_some()) {
            None => action(self),
            Some(Fault::Before) => Err(failure()),
            Some(Fault::After) => action(self).and_then(|_| Err(failure())),
            Some(Fault::Changed) => lost_race.ok_or_else(failure),
        };
        yield_once().await;
        done
    }

    /// The fault that strikes now, if any.
    fn strikes(&self, conditional: bool) -> Option<Fault> {
        let mut state = self.state();
        let armed = if state.unavailable { Some(Fault::Before) } else { state.armed };
        let fault = armed.filter(|fault| *fault != Fault::Changed || conditional);
        if fault.is_some() {
            state.struck = fault;
            state.armed = None;
        }
        fault
    }

    fn write_session(&self, change: Change) -> Result<Outcome, StoreError> {
        let done = at_once(self.memory.commit(change, Vec::new()))?;
        if done.took_place() {
            let mut state = self.state();
            state.not_durable.clear();
            state.version += 1;
        }
        Ok(done)
    }

    fn read_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let found = at_once(self.memory.find_session(id))?;
        Ok(found.map(|(session, user)| (self.planted_read(session), user)))
    }

    /// A durable change that revokes sessions of any user.
    fn write_revocations(&self, change: Change) -> Result<Outcome, StoreError> {
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
        let (before, generation) = (self.row(id), change.accepted.family.generation.0);
        let done = self.write_revocations(self.planted_change(change))?;
        if done.took_place() {
            let mut state = self.state();
            state.changes.insert(hash, generation);
            state.before.extend(before.map(|before| (id, before.family)));
        }
        Ok(done)
    }

    fn write_rotation(&self, id: SessionId, accepted: &Accepted) -> Result<Outcome, StoreError> {
        let Some(before) = self.row(id) else { return Ok(Outcome::default()) };
        let done = match self.planted_accept(&before, accepted) {
            Some(done) => done,
            None => {
                let accept = Change::Accept(id, Box::new(accepted.clone()));
                at_once(self.memory.commit(accept, Vec::new()))?.took_place()
            }
        };
        let changed = self.row(id).is_some_and(|row| row.family != before.family);
        if done && changed {
            let mut state = self.state();
            state.version += 1;
            state.before.insert(id, before.family.clone());
            state.not_durable.push(before);
        }
        Ok(Outcome { rows: u64::from(done), revoked: Vec::new() })
    }

    fn write_revocation(
        &self,
        id: SessionId,
        revocation: Revocation,
    ) -> Result<Outcome, StoreError> {
        let before = self.row(id);
        let done = at_once(self.memory.commit(Change::RevokeSession(id, revocation), Vec::new()))?;
        if done.took_place() {
            let mut state = self.state();
            state.version += 1;
            // A durable write takes all earlier ones along: a log is flushed up to its end.
            state.not_durable.clear();
            state.not_durable.extend(before.filter(|_| self.forgets_revocations()));
        }
        Ok(done)
    }
}

fn failure() -> StoreError {
    StoreError::Corrupt { what: "simulation: an injected failure" }
}
