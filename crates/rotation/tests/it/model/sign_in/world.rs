//! What may happen to a sign-in attempt: how often its request is sent, who else is there, which rule the server has. It
//! must not say what follows from it; that is [`super::step`].

use super::invariants::Invariant;
use super::state::{Operation, State};
use super::step;
use super::trace::Event;
use crate::model::search::Model;

/// One world to explore. Everything not named here cannot happen in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// What the server does with a key.
    pub(crate) rule: Rule,
    /// What the client asks for.
    pub(crate) operation: Operation,
    /// How many requests of the client's the network may deliver: what it sends, and copies of that.
    pub(crate) requests: u8,
    /// Another person at the same address.
    pub(crate) other: Option<Other>,
    /// Whether a session may be ended elsewhere, once.
    pub(crate) revocations: bool,
    /// How often the database may lose its latest commit.
    pub(crate) rollbacks: u8,
    /// Whether the keys may be forgotten, once, as they are after a day.
    pub(crate) forgets: bool,
}

/// Another person, who sends two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    /// Registers the same address, with a key and a password of their own.
    Registers,
    /// Sends the request of the attempt with its key, and another password.
    HasTheKey,
}

/// What a server does with a key. The first is Baton's; the last two are mistakes in carrying it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The key is committed together with the session, unless it is there; a copy is answered with that session
    /// while `decide_sign_in` allows it, to the right password alone.
    Keyed,
    /// Keys are not looked at.
    NoKeys,
    /// The key is written after the session, in a transaction of its own.
    KeyAfterwards,
    /// A registration asks whether the address is taken before it looks for the key.
    AddressFirst,
    /// A copy gets ticket 1 as long as the session stands.
    AlwaysAgain,
    /// The key is enough for an answer, without the password.
    ByKeyAlone,
    /// A copy whose session was refreshed, or is over, begins another one.
    AnotherSession,
    /// The key is looked for, and the commit does not depend on it.
    Unguarded,
    /// A commit that finds the key is taken for a refusal.
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
