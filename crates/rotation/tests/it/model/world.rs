//! What may happen in a world: how many tabs, how bad a network, which thief, which rule. It must not
//! say what follows from it; that is [`super::step`].

use super::invariants::Invariant;
use super::rules::Rule;
use super::search::Model;
use super::state::State;
use super::step;
use super::trace::Event;

/// One world to explore. Everything not named here cannot happen in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// What the server thinks a ticket means.
    pub(crate) rule: Rule,
    /// How the server writes its row.
    pub(crate) writes: Writes,
    /// How the two tabs of the browser go together.
    pub(crate) tabs: Tabs,
    /// Whether the browser sends attempt keys.
    pub(crate) keys: bool,
    /// How often the network may deliver a request twice.
    pub(crate) copies: u8,
    /// How often the database may lose what it has not flushed: only its latest rotation, or all of
    /// them back to the last flush.
    pub(crate) rollbacks: u8,
    pub(crate) deep_rollbacks: bool,
    /// How often the browser may lose the key of a pending attempt.
    pub(crate) lost_keys: u8,
    /// How often the browser may crash and lose its latest cookie.
    pub(crate) lost_cookies: u8,
    /// How many rotations may be completed before a request that was given up reaches the server.
    pub(crate) late_requests: u8,
    /// The same for an answer that a tab waits for, where tabs take no turns.
    pub(crate) late_answers: u8,
    /// The same for an answer whose cookie may still land. `None`: what was given up lands no more.
    pub(crate) late_cookies: Option<u8>,
    /// Whether the user may log out, and a password change elsewhere may end the session.
    pub(crate) revocations: bool,
    /// Whether a tab may change the password, once, and go on with the next ticket.
    pub(crate) password: bool,
    /// What a thief may copy, once, at any moment.
    pub(crate) thief: Option<Loot>,
    /// Whether time may pass between two events, so much that a grace period is over.
    pub(crate) time: bool,
    /// How many tickets may be accepted before the exploration stops.
    pub(crate) rotations: u8,
    /// How many calls may be under way at once.
    pub(crate) calls: usize,
}

impl World {
    /// More rotations than this make no difference to what is late.
    pub(crate) fn patience(&self) -> u8 {
        let late = self.late_requests.max(self.late_answers);
        late.max(self.late_cookies.unwrap_or(0)).saturating_add(1)
    }
}

/// How the tabs of a browser go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tabs {
    /// By a lock: one has a request under way at a time.
    Locked,
    /// Without a lock: looking for a pending key and writing one down is one step.
    ShareAKey,
    /// Without a lock, and looking and writing are two steps.
    Race,
}

/// What a thief takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loot {
    /// The cookie.
    Jar,
    /// The cookie, and the key of the attempt that is pending.
    JarAndKey,
}

/// How the row is written. All but the first are mistakes that the model has to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// `… WHERE generation = (the one that was read) AND revoked_at IS NULL`, as Baton does.
    Guarded,
    /// Read, decide, write: whoever writes last has it.
    WithoutGenerationGuard,
    /// A rotation does not look whether the session has ended since.
    WithoutRevocationGuard,
    /// A late rotation puts the whole row back as it was read, its end included.
    OverRevocations,
    /// A replay is refused, and nothing else.
    ReplayRevokesNothing,
    /// An end is answered before it is durable.
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
