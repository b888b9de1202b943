//! The store under the servers: the engine in memory, with a yield before and after each access, so that the
//! scheduler picks the interleaving. It injects faults on request, and loses its last rotations, as a failover does.
//! Its changes are in [`writes`], what it is to an instance with rotations in memory in [`memory_first`], to one that
//! remembers rows in [`remembering`]. The bugs planted in it are in [`planted`].

mod engine;
mod memory_first;
mod pause;
mod planted;
mod remembering;
mod served;
mod sign_ins;
mod writes;

use std::collections::{BTreeMap, VecDeque};

use backend::clock::Clock;
use backend::store::memory::Memory;
use backend::store::{Accepted, Change, Revocation, Session, Store as _, StoreError, User};
use parking_lot::{Mutex, MutexGuard};
use rotation::Family;
use shared::{NumericDate, RevocationReason, SessionId, UserId};

use crate::coverage::Counts;
use crate::setting::Bug;
pub(crate) use engine::Engine;
pub(crate) use pause::at_once;
use pause::yield_once;
pub(crate) use served::Served;

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
    /// In a memory-first world, while its instance is up: the rotations that are in its memory alone.
    in_memory: Mutex<Option<InMemory>>,
}

/// Lists the rotations that are in an instance's memory alone.
type InMemory = Box<dyn Fn() -> Vec<(SessionId, Accepted)> + Send>;

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
    memory_first: MemoryFirst,
    counts: Counts,
}

/// What matters in a memory-first world alone.
#[derive(Default)]
struct MemoryFirst {
    /// The changes of dropped callers that are still to be made, in their order.
    late: VecDeque<Change>,
    /// How often another process has committed, and how many of these commits the instance has dealt with.
    others: u64,
    settled: u64,
    /// Whether there was a commit since the instance looked last: it may have been another's.
    is_unseen: bool,
    /// For a planted bug: sessions before a revocation that is not written yet.
    before_revocation: Vec<Session>,
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
        let (state, in_memory) = (Mutex::default(), Mutex::default());
        Self { memory: Memory::default(), clock, bug, state, in_memory }
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

    /// Disables a user, durably, as an administrator's process does.
    pub(crate) fn disable(&self, user: UserId) {
        let revocation = Revocation { reason: RevocationReason::Disabled, at: self.clock.now() };
        let _ = self.write_revocations(Change::Disable(user, revocation));
        self.another_has_committed();
    }

    /// The generation that was accepted together with the password of this hash.
    pub(crate) fn accepted_with(&self, hash: &str) -> Option<u32> {
        self.state().changes.get(hash).copied()
    }

    /// A number that changes with every write.
    pub(crate) fn version(&self) -> u64 {
        self.state().version
    }

    /// What has occurred in the store, for the coverage.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// A row as it counts, for the observer: a rotation in memory is ahead of the stored one, unless that is revoked.
    pub(crate) fn row(&self, id: SessionId) -> Option<Session> {
        let stored = self.stored(id)?;
        Some(self.ahead_of(&stored).unwrap_or(stored))
    }

    /// A row as it is stored.
    fn stored(&self, id: SessionId) -> Option<Session> {
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

    fn read_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError> {
        let found = at_once(self.memory.find_session(id))?;
        Ok(found.map(|(session, user)| (self.planted_read(session), user)))
    }
}

fn failure() -> StoreError {
    StoreError::Corrupt { what: "simulation: an injected failure" }
}
