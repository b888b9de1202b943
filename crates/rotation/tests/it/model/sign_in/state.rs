//! One moment of a sign-in attempt: what is stored, what the client has, and everything that is under way.

use rotation::{Family, Generation, Policy};
use shared::NumericDate;

use super::world::World;

pub(crate) const NOW: NumericDate = NumericDate(1_000_000);
pub(crate) const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };

/// The number of a session. None is given twice.
pub(crate) type Number = u8;

/// An attempt key. Only sameness matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// The client's.
    A,
    /// The client's next one.
    B,
    /// Another person's.
    C,
}

impl Key {
    pub(crate) const ALL: [Self; 3] = [Self::A, Self::B, Self::C];
}

/// Who knows which password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Person {
    Client,
    Other,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    Register,
    LogIn,
}

/// The account of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Account {
    pub(crate) password: Person,
    /// The attempt that made it. `None`: it was there before.
    pub(crate) made_by: Option<Key>,
}

/// A session's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Session {
    pub(crate) number: Number,
    /// The attempt that began it, whether or not that is stored.
    pub(crate) key: Key,
    pub(crate) whose: Person,
    pub(crate) generation: u8,
    pub(crate) revoked: bool,
}

impl Session {
    /// The row as the protocol sees it, by `Family` itself.
    pub(crate) fn family(&self) -> Family {
        let begun = Family::begun(NOW);
        let family = match self.generation {
            0 => begun,
            accepted => begun.accepted(Generation(accepted.into()), None, NOW),
        };
        if self.revoked { family.revoked() } else { family }
    }
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tables {
    pub(crate) account: Option<Account>,
    /// Which session each key has begun.
    pub(crate) used: [Option<Number>; 3],
    pub(crate) sessions: Vec<Session>,
}

/// How far the client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    /// Has sent nothing yet with its key.
    Begins,
    /// Waits for an answer.
    Waits,
    /// Has got no answer, and will ask again.
    GaveUp,
    SignedIn,
    /// Was refused, or has lost its session.
    Over,
}

/// A ticket in the client's jar.
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

/// What the server says.
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

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Progress {
    /// The request is on its way.
    Sent,
    /// A login: the password is right. The key has not been looked for.
    Verified,
    /// The key was not used when it was looked for.
    Vacant,
    /// A registration: the key had begun this session. The password has not been verified.
    Found(Number),
    /// The key had begun this session, and the password is right. The row has not been read.
    Proved(Number),
    /// The session is committed; its key is not (`Rule::KeyAfterwards`).
    Begun(Number),
    /// The commit found the key used, or the address taken, and wrote nothing.
    NotWritten,
    /// The answer is on its way.
    Answered(Answer),
}

/// One call, from its request to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    pub(crate) by: Person,
    pub(crate) key: Key,
    pub(crate) operation: Operation,
    pub(crate) progress: Progress,
    /// Whether its answer can reach the client: it is of the present try, or a copy of that.
    pub(crate) awaited: bool,
}

/// Everything, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    pub(crate) tables: Tables,
    /// What was stored before the latest commit, where that can be lost.
    pub(crate) before: Option<Tables>,
    /// How many sessions were ever begun.
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
    /// `email_taken` was said to the attempt that made the account.
    pub(crate) email_taken_was_answered: bool,
    /// The client was refused, alone at its address.
    pub(crate) refused: bool,
    /// Ticket 1 was given out after it was presented.
    pub(crate) reissued: bool,
    /// The client lost its session, or was turned away from it, and that was not asked for.
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

    /// Which session a key has begun, as it is stored.
    pub(crate) fn used(&self, key: Key) -> Option<Number> {
        self.tables.used[key as usize]
    }

    /// The same moment, about to commit: what is stored now can come back.
    pub(crate) fn committing(&self, world: &World) -> Self {
        let before = (world.rollbacks > 0).then(|| self.tables.clone());
        Self { before, ..self.clone() }
    }

    /// The same moment; calls that are alike are one.
    pub(crate) fn canonical(&self) -> Self {
        let mut state = self.clone();
        state.calls.sort_unstable();
        state
    }
}
