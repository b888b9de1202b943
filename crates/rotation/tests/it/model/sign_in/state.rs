//! The state of a sign-in attempt: the tables, the client, and the requests and answers in flight.

use rotation::{Family, Generation, Policy};
use types::NumericDate;

use super::world::World;

pub(crate) const NOW: NumericDate = NumericDate(1_000_000);
pub(crate) const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };

/// The number of a session, never reused.
pub(crate) type Number = u8;

/// An attempt key. Only equality matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// The client's.
    A,
    /// The client's next key.
    B,
    /// Another person's.
    C,
}

impl Key {
    pub(crate) const ALL: [Self; 3] = [Self::A, Self::B, Self::C];
}

/// A person, who knows one password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Person {
    Client,
    Other,
}

/// The operation of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    Register,
    LogIn,
}

/// The account of the email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub(crate) password: Person,
    /// The attempt that created it. `None`: it existed before.
    pub(crate) made_by: Option<Key>,
}

/// A session's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Session {
    pub(crate) number: Number,
    /// The attempt that created it, whether or not that is stored.
    pub(crate) key: Key,
    pub(crate) whose: Person,
    pub(crate) generation: u8,
    pub(crate) revoked: bool,
}

impl Session {
    /// The row as a `Family` of the protocol.
    pub(crate) fn family(&self) -> Family {
        let begun = Family::begun(NOW);
        let family = match self.generation {
            0 => begun,
            accepted => begun.accepted(Generation(accepted.into()), None, NOW),
        };
        if self.revoked { family.revoked(()) } else { family }
    }
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tables {
    pub(crate) account: Option<Account>,
    /// The session that each key has created.
    pub(crate) used: [Option<Number>; 3],
    pub(crate) sessions: Vec<Session>,
}

/// The client's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    /// Has sent no request yet with its key.
    Begins,
    /// Waits for an answer.
    Waits,
    /// Has got no answer, and will retry.
    GaveUp,
    SignedIn,
    /// Was refused, or has lost its session.
    Over,
}

/// A ticket in the client's cookie jar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Jar {
    pub(crate) session: Number,
    pub(crate) ticket: u8,
}

/// The client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Client {
    pub(crate) status: Status,
    pub(crate) key: Key,
    pub(crate) operation: Operation,
    pub(crate) jar: Option<Jar>,
}

/// The server's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Answer {
    /// 200 or 201: this session, and its ticket 1.
    Issued(Number),
    /// 409 `duplicate_attempt`.
    Duplicate,
    /// 409 `email_taken`.
    EmailTaken,
    /// 401 `invalid_credentials`.
    WrongPassword,
}

/// The progress of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Progress {
    /// The request is in flight.
    Sent,
    /// A login: the password is right. The key is not looked up yet.
    Verified,
    /// The key was unused when it was looked up.
    Vacant,
    /// A registration: the key had created this session. The password is not verified yet.
    Found(Number),
    /// The key had created this session, and the password is right. The row is not read yet.
    Proved(Number),
    /// The session is committed; its key is not (`Rule::KeyAfterwards`).
    Begun(Number),
    /// The commit found the key used, or the address taken, and wrote no row.
    NotWritten,
    /// The answer is in flight.
    Answered(Answer),
}

/// One call, from its request to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    pub(crate) by: Person,
    pub(crate) key: Key,
    pub(crate) operation: Operation,
    pub(crate) progress: Progress,
    /// Whether its answer can reach the client: it belongs to the current try, or is a copy of it.
    pub(crate) awaited: bool,
}

/// A whole state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    pub(crate) tables: Tables,
    /// The tables before the latest commit, where that can be lost.
    pub(crate) before: Option<Tables>,
    /// How many sessions were ever created.
    pub(crate) begun: Number,
    pub(crate) client: Client,
    pub(crate) calls: Vec<Call>,
    pub(crate) requests_left: u8,
    pub(crate) others_left: u8,
    pub(crate) rollbacks_left: u8,
    pub(crate) revocation_was_requested: bool,
    pub(crate) keys_were_forgotten: bool,
    /// The sessions whose ticket 1 was ever presented, as bits by their numbers.
    pub(crate) presented: u16,
    /// The attempt that created the account got `email_taken`.
    pub(crate) email_taken_was_answered: bool,
    /// The client was refused, alone at its address.
    pub(crate) refused: bool,
    /// Ticket 1 was issued again after it was presented.
    pub(crate) reissued: bool,
    /// The client lost its session, or was refused it, without a requested revocation.
    pub(crate) signed_out: bool,
    /// The other person got the client's session.
    pub(crate) stolen: bool,
}

impl State {
    pub(crate) fn session(&self, number: Number) -> Option<&Session> {
        self.tables.sessions.iter().find(|session| session.number == number)
    }

    pub(crate) fn session_mut(&mut self, number: Number) -> Option<&mut Session> {
        self.tables.sessions.iter_mut().find(|session| session.number == number)
    }

    /// The stored session of a key.
    pub(crate) fn used(&self, key: Key) -> Option<Number> {
        self.tables.used[key as usize]
    }

    /// The state about to commit: the present tables can come back after a rollback.
    pub(crate) fn committing(&self, world: &World) -> Self {
        let before = (world.rollbacks > 0).then(|| self.tables.clone());
        Self { before, ..self.clone() }
    }

    /// The state under a canonical order; equal calls are interchangeable.
    pub(crate) fn canonical(&self) -> Self {
        let mut state = self.clone();
        state.calls.sort_unstable();
        state
    }
}
