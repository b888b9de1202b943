//! The parameters of a world: tabs, network, thief, rule. The transitions: [`super::step`].

use super::invariants::Invariant;
use super::rules::Rule;
use super::search::Model;
use super::state::State;
use super::step;
use super::trace::Event;

/// One world to explore. Events that are not enabled here cannot happen in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// The server's rule for a ticket.
    pub(crate) rule: Rule,
    /// How the server writes its row.
    pub(crate) writes: Writes,
    /// How the two tabs of the browser coordinate.
    pub(crate) tabs: Tabs,
    /// Whether the browser sends attempt keys.
    pub(crate) keys: bool,
    /// How often the network may deliver a request twice.
    pub(crate) copies: u8,
    /// How often the database may lose unflushed writes: only its latest rotation, or all of them back to the last
    /// flush.
    pub(crate) rollbacks: u8,
    pub(crate) deep_rollbacks: bool,
    /// How often the browser may lose the key of a pending attempt.
    pub(crate) lost_keys: u8,
    /// How often the browser may crash and lose its latest cookie.
    pub(crate) lost_cookies: u8,
    /// How many rotations may be completed before an abandoned request reaches the server.
    pub(crate) late_requests: u8,
    /// The same for an answer that a tab waits for, where tabs have no lock.
    pub(crate) late_answers: u8,
    /// The same for an abandoned answer whose cookie may still land. `None`: no such cookie lands.
    pub(crate) late_cookies: Option<u8>,
    /// Whether the user may log out, and a password change elsewhere may revoke the session.
    pub(crate) revocations: bool,
    /// Whether a tab may change the password, once, and continue with the next ticket.
    pub(crate) password: bool,
    /// What a thief may copy, once, at any time.
    pub(crate) thief: Option<Loot>,
    /// Whether time may pass between two events, enough for a grace period to expire.
    pub(crate) time: bool,
    /// How many tickets may be accepted before the exploration stops.
    pub(crate) rotations: u8,
    /// How many calls may be in flight at once.
    pub(crate) calls: usize,
}

impl World {
    /// Lateness beyond this many rotations makes no difference.
    pub(crate) fn patience(&self) -> u8 {
        let late = self.late_requests.max(self.late_answers);
        late.max(self.late_cookies.unwrap_or(0)).saturating_add(1)
    }
}

/// How the tabs of a browser coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tabs {
    /// By a lock: one request in flight at a time.
    Locked,
    /// Without a lock: looking up the pending key and writing one is a single step.
    ShareAKey,
    /// Without a lock, and look-up and write are two steps.
    Race,
}

/// The stolen credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loot {
    /// The cookie.
    Jar,
    /// The cookie, and the key of the pending attempt.
    JarAndKey,
}

/// How the row is written. All but the first are mistakes that the model must notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// The conditional write `… WHERE generation = (the one that was read) AND revoked_at IS NULL`, as Baton does.
    Guarded,
    /// Read, decide, write: the last writer wins.
    WithoutGenerationGuard,
    /// A rotation does not check for a revocation since the read.
    WithoutRevocationGuard,
    /// A late rotation writes the whole row back as it was read, and so undoes a revocation.
    OverRevocations,
    /// A replay is refused, and the session not revoked.
    ReplayRevokesNothing,
    /// A revocation is answered before it is durable.
    RevocationsNotDurable,
}

/// Baton's own rule and writes, two tabs, a network that loses, delays and repeats.
pub(crate) const HONEST: World = World {
    rule: Rule::AttemptKeys,
    writes: Writes::Guarded,
    tabs: Tabs::Locked,
    keys: true,
    copies: 1,
    rollbacks: 0,
    deep_rollbacks: false,
    lost_keys: 0,
    lost_cookies: 0,
    late_requests: 1,
    late_answers: 1,
    late_cookies: Some(1),
    revocations: false,
    password: false,
    thief: None,
    time: false,
    rotations: 4,
    calls: 3,
};

impl Model for World {
    type State = State;
    type Event = Event;
    type Invariant = Invariant;

    fn first(&self) -> State {
        step::first(self)
    }

    fn step(&self, state: &State) -> Vec<(Event, State)> {
        step::step(self, state)
    }

    fn canonical(state: &State) -> State {
        state.canonical()
    }

    fn kind(event: &Event) -> &'static str {
        event.kind()
    }

    fn holds(invariant: Invariant, before: &State, after: &State) -> bool {
        invariant.holds(before, after)
    }

    fn in_words(invariant: Invariant) -> &'static str {
        invariant.in_words()
    }
}
