//! The parameters of a sign-in world: requests, another person, the server's rule. The transitions: [`super::step`].

use super::invariants::Invariant;
use super::state::{Operation, State};
use super::step;
use super::trace::Event;
use crate::model::search::Model;

/// One world to explore. Events that are not enabled here cannot happen in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// The server's rule for a key.
    pub(crate) rule: Rule,
    /// The client's operation.
    pub(crate) operation: Operation,
    /// How many requests of the client the network may deliver, copies and retries included.
    pub(crate) requests: u8,
    /// Another person at the same address.
    pub(crate) other: Option<Other>,
    /// Whether a session may be revoked elsewhere, once.
    pub(crate) revocations: bool,
    /// How often the database may lose its latest commit.
    pub(crate) rollbacks: u8,
    /// Whether the keys may expire, once, as they do after a day.
    pub(crate) forgets: bool,
}

/// Another person, who sends two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    /// Registers the same address, with a key and a password of their own.
    Registers,
    /// Sends the request of the attempt with its stolen key, and another password.
    HasTheKey,
}

/// A server's rule for an idempotency key. The first is Baton's; the last two are mistakes in executing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The key is committed together with the session, unless it is used; a retry with the right password is answered
    /// with that session while `decide_sign_in` allows it.
    Keyed,
    /// Keys are ignored.
    NoKeys,
    /// The key is written after the session, in a transaction of its own.
    KeyAfterwards,
    /// A registration checks whether the address is taken before it looks up the key.
    AddressFirst,
    /// A retry gets ticket 1 as long as the session is not revoked.
    AlwaysAgain,
    /// The key is a credential: it is enough for an answer, without the password.
    ByKeyAlone,
    /// A retry whose session was refreshed or is over creates another session.
    AnotherSession,
    /// The key is looked up, and the commit does not depend on it.
    Unguarded,
    /// A commit that finds the key used refuses the request, without a second look-up.
    NoSecondLook,
}

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

    fn holds(invariant: Invariant, _: &State, after: &State) -> bool {
        invariant.holds(after)
    }

    fn in_words(invariant: Invariant) -> &'static str {
        invariant.in_words()
    }
}
