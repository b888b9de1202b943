//! Faults beside the network: instances crash, the store fails, is unavailable or loses its last rotations, the clock
//! advances, administrators revoke sessions, stale and forged credentials are presented.

use backend::store::Session;
use shared::SessionId;

use crate::network::Party;
use crate::scheduler::InFlight;
use crate::server::Call;
use crate::store::Fault;
use crate::trace::record;
use crate::world::World;

/// Clock jumps in seconds, with their weights.
const MOMENTS: [(u32, i64); 4] = [(6, 1), (4, 30), (4, 301), (1, 3_600)];
/// Jumps of days, in worlds that have them.
const LONG_WAITS: [(u32, i64); 3] = [(3, 86_400), (2, 3 * 86_400), (2, 7 * 86_400)];

impl World {
    /// An instance crashes, which aborts its calls; a crashed one restarts.
    pub(crate) fn instance_crashes_or_starts(&mut self) {
        let index = self.rng.below(self.instances.len());
        if self.instances[index].up {
            self.instance_crashes(index);
        } else {
            record!(self, "instance {} starts again", index + 1);
            if self.setting.memory_first {
                self.instances[index] = self.machine.start();
            }
            self.instances[index].up = true;
        }
    }

    fn instance_crashes(&mut self, index: usize) {
        self.counts.add("instance crashes");
        record!(self, "instance {} crashes, and its calls with it", index + 1);
        self.instances[index].up = false;
        if self.setting.memory_first {
            self.memory_is_lost();
        }
        self.in_flight.retain(|call| call.instance != index);
    }

    /// Arms a fault for a call's next access to the store.
    pub(crate) fn fault_is_set(&mut self) {
        let index = self.rng.below(self.in_flight.len());
        let kinds = [(4, Fault::Before), (4, Fault::After), (1, Fault::Changed)];
        let fault = self.rng.weighted(&kinds);
        let races = self.rng.weighted(&[(3, 1), (1, 3), (2, 8)]).unwrap_or(1);
        let call: &mut InFlight = &mut self.in_flight[index];
        if fault == Some(Fault::Changed) {
            call.lost_races = races;
        } else {
            call.fault = fault;
        }
    }

    /// Counts and records a fault that has struck.
    pub(crate) fn fault_struck(&mut self, work: &str, fault: Fault) {
        let (name, words) = match fault {
            Fault::Before => ("store fails before the action", "fails and does nothing"),
            Fault::After => ("store fails after the action", "does it and fails"),
            Fault::Changed => ("write finds a changed row", "finds a changed row"),
        };
        self.counts.add(name);
        record!(self, "for {work} the store {words}");
    }

    /// The store becomes unavailable, or available again.
    pub(crate) fn store_goes_or_comes(&mut self) {
        let away = !self.store.is_unavailable();
        self.store.set_unavailable(away);
        if away {
            self.counts.add("store is unavailable");
        }
        record!(self, "the store is {}", if away { "unavailable" } else { "back" });
    }

    /// The database loses its last rotations, as in a failover. With rotations in memory it is a power cut: the
    /// instance crashes, too.
    pub(crate) fn rotations_are_lost(&mut self) {
        let count = self.rng.weighted(&[(5, 1), (3, 2), (1, 5)]).unwrap_or(1);
        if self.setting.memory_first && self.instances[0].up {
            self.instance_crashes(0);
        }
        let lost = self.store.lose(count);
        if lost.is_empty() {
            return;
        }
        self.counts.add("database loses rotations");
        record!(self, "the database loses its last {} rotations", lost.len());
        let (event, now) = (self.event, self.clock.now());
        self.observer.rolled_back(&lost, &self.store, event, now);
    }

    /// The clock advances.
    pub(crate) fn time_passes(&mut self) {
        let long = self.setting.long_waits && self.rng.percent(15);
        let choices: &[(u32, i64)] = if long { &LONG_WAITS } else { &MOMENTS };
        let seconds = self.rng.weighted(choices).unwrap_or(1);
        self.clock.advance(seconds);
        self.counts.add("time passes");
        record!(self, "{seconds} seconds pass");
        self.observer.time_passed(self.clock.now(), &self.store);
    }

    /// An administrator revokes one session.
    pub(crate) fn administrator_revokes_a_session(&mut self) {
        if let Some(session) = self.some_session() {
            self.counts.add("administrator revokes a session");
            self.send(Party::Stranger, Call::Revoke { session });
        }
    }

    /// An administrator disables a user.
    pub(crate) fn user_is_disabled(&mut self) {
        let user = self.rng.below(self.users.len());
        let Some(stored) = self.store.user(&self.users[user].email) else { return };
        let id = stored.id;
        self.users[user].disabled_at = Some(self.clock.now());
        self.by_another_process(|store| store.disable(id));
        self.observer.disabled(id, self.event);
        self.counts.add("user is disabled");
        record!(self, "{} is disabled", self.user_name(user));
    }

    /// An access token from earlier is presented, perhaps expired or revoked.
    pub(crate) fn old_token_is_presented(&mut self) {
        if self.observer.tokens().is_empty() {
            return;
        }
        let index = self.rng.below(self.observer.tokens().len());
        let token = self.observer.tokens()[index].secret.clone();
        self.counts.add("old access token is presented");
        self.send(Party::Stranger, Call::Protected { token });
    }

    /// A forged refresh token is presented: a real one with one character changed.
    pub(crate) fn forged_ticket_is_presented(&mut self) {
        let Some(ticket) = self.browsers.iter().find_map(|browser| browser.jar.clone()) else {
            return;
        };
        let at = self.rng.below(ticket.len());
        let other = if ticket.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut forged = ticket;
        forged.replace_range(at..=at, other);
        let key = Some(self.fresh_key());
        self.counts.add("forged ticket is presented");
        self.send(Party::Stranger, Call::Refresh { ticket: forged, key });
    }

    pub(crate) fn some_session(&mut self) -> Option<SessionId> {
        let sessions: Vec<SessionId> = self.observer.sessions().collect();
        if sessions.is_empty() { None } else { Some(sessions[self.rng.below(sessions.len())]) }
    }
}

/// Whether a session has passed its idle or absolute expiry.
pub(crate) fn has_expired(session: &Session, now: shared::NumericDate) -> bool {
    now >= crate::server::POLICY.expires_at(&session.family)
}
