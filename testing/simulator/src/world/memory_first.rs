//! What can happen where rotations take place in the memory of the one instance first: they are written behind, or
//! lost with a crash; a caller is gone while its change is under way; another process commits.

use std::collections::BTreeSet;
use std::task::{Context, Waker};

use shared::SessionId;

use crate::coverage::ACCEPTED_IN_MEMORY;
use crate::instance::Background;
use crate::server::Call;
use crate::store::{Fault, SimulatedStore};
use crate::trace::record;
use crate::world::World;

impl World {
    /// The instance's work beside its calls advances, or begins.
    pub(crate) fn background_advances(&mut self) {
        let Some(hot) = self.instances[0].hot.clone() else { return };
        let mut background = match self.instances[0].background.take() {
            Some(background) => background,
            None => {
                // A caller that is gone makes it look at once.
                let settles = self.store.has_late_changes() || self.rng.percent(30);
                let fault = self.fault_in_background();
                Background::begin(hot, settles, fault)
            }
        };
        self.store.arm(background.fault);
        let polled = background.running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Some(fault) = self.store.disarm() {
            background.fault = None;
            self.fault_struck("its work in the background", fault);
        }
        // What has failed is done later.
        if polled.is_pending() {
            self.instances[0].background = Some(background);
        }
    }

    fn fault_in_background(&mut self) -> Option<Fault> {
        let fails = self.setting.faults && self.rng.percent(10);
        let fault = fails.then(|| self.rng.weighted(&[(1, Fault::Before), (1, Fault::After)]));
        fault.flatten()
    }

    /// A call's caller is gone: mostly that of a change that revokes sessions. The change may still be made.
    pub(crate) fn call_is_aborted(&mut self) {
        let calls = self.in_flight.iter().enumerate();
        let revoking = calls.filter(|(_, call)| {
            let call = &call.request.call;
            matches!(call, Call::Logout { .. } | Call::Revoke { .. } | Call::ChangePassword { .. })
        });
        let revoking: Vec<usize> = revoking.map(|(index, _)| index).collect();
        let index = if revoking.is_empty() || self.rng.percent(20) {
            self.rng.below(self.in_flight.len())
        } else {
            revoking[self.rng.below(revoking.len())]
        };
        let call = self.in_flight.swap_remove(index);
        self.counts.add("call is aborted");
        record!(self, "request {} is aborted", call.request.id);
    }

    /// The changes of callers that are gone are made.
    pub(crate) fn late_changes_are_made(&mut self) {
        self.counts.add("an aborted call's change is made");
        record!(self, "what aborted calls have begun is done");
        self.store.make_late_changes();
    }

    /// Another process commits. Sometimes it revokes a session.
    pub(crate) fn another_process_commits(&mut self) {
        let session = if self.rng.percent(25) { self.some_session() } else { None };
        let Some(session) = session else {
            record!(self, "another process commits");
            return self.store.another_has_committed();
        };
        record!(self, "another process revokes {}", self.observer.session_name(session));
        self.by_another_process(|store| store.revoke_elsewhere(session));
        self.observer.revoked_elsewhere(session, self.event);
    }

    /// A change by another process. What it revokes beside a rotation in memory stays as it was stored.
    pub(crate) fn by_another_process(&mut self, change: impl FnOnce(&SimulatedStore)) {
        let before = self.store.ahead();
        change(&self.store);
        let after = self.store.ahead();
        self.are_lost(before.difference(&after));
    }

    /// An instance has crashed: what was in its memory alone is lost.
    pub(crate) fn memory_is_lost(&mut self) {
        let lost = self.store.ahead();
        self.store.memory_ends();
        self.instances[0].background = None;
        self.instances[0].hot = None;
        if !lost.is_empty() {
            self.counts.add("crash loses unwritten rotations");
            record!(self, "rotations of {} sessions were in its memory alone", lost.len());
        }
        self.are_lost(&lost);
    }

    fn are_lost<'a>(&mut self, lost: impl IntoIterator<Item = &'a (SessionId, u32)>) {
        let lost: Vec<SessionId> = lost.into_iter().map(|(session, _)| *session).collect();
        let (event, now) = (self.event, self.clock.now());
        self.observer.rolled_back(&lost, &self.store, event, now);
    }

    /// Counts the rotations that have taken place in memory since the last look.
    pub(crate) fn look_into_memory(&mut self) {
        let now: BTreeSet<(SessionId, u32)> = self.store.ahead();
        if now == self.in_memory {
            return;
        }
        if !now.is_subset(&self.in_memory) {
            self.counts.add(ACCEPTED_IN_MEMORY);
        }
        self.in_memory = now;
        self.store.memory_has_changed();
    }
}
