//! Changes as values: what the domain wants changed, whatever the engine. A change takes place whole,
//! together with the events that tell of it, or not at all. It must not hold SQL; that is
//! [`script`](super::script).

use shared::{NumericDate, RevocationReason, SessionId, UserId};

use super::records::{
    Accepted, AccountTag, ClientInfo, HeldLifetime, Service, Session, StoredKey, UsedKey, User,
};
use super::{EventsBefore, FailuresBefore, PruneBefore};
use crate::auth::email::Email;

/// What shall change. Owned: it is carried out even if whoever asked is gone.
#[derive(Clone)]
pub enum Change {
    /// A new user and their first session; wrong passwords that were counted for the email address before are
    /// forgotten. Not if the address is taken.
    Register(Box<User>, Box<Session>, Vec<Superseded>),
    /// The same without a session.
    AddUser(Box<User>),
    /// A new session of a user who is enabled and whose password hash is still the one it was checked
    /// against.
    OpenSession {
        /// The session.
        session: Box<Session>,
        /// The hash.
        seen: String,
        /// The sessions that end with it.
        superseded: Vec<Superseded>,
    },
    /// An accepted rotation of a session that is live and still at the generation that was read.
    Accept(SessionId, Box<Accepted>),
    /// An end to a live session. The first cause stands.
    RevokeSession(SessionId, Revocation),
    /// An end to the live sessions of these. For each of [`SessionScope::User`] and [`SessionScope::Part`] an event is recorded,
    /// with the change.
    RevokeSessions(SessionScope, Revocation),
    /// From now on the password is wanted before this live session goes on.
    RequireStepUp(SessionId, NumericDate),
    /// In this live session the user has proved again who they are.
    Confirm {
        /// Which session.
        session: SessionId,
        /// When.
        at: NumericDate,
        /// From where; that is no surprise from now on.
        client: ClientInfo,
    },
    /// The same password, hashed anew. Not if another one has been set meanwhile.
    Rehash {
        /// Whose.
        user: UserId,
        /// The hash that was read.
        seen: String,
        /// The new one.
        hash: String,
    },
    /// Another password, an end to all other sessions, and a rotation of this one.
    ChangePassword(Box<PasswordChange>),
    /// The canonical spelling of an address that was stored in another one. Not if another account has it.
    Respell {
        /// Whose.
        user: UserId,
        /// The address as it was read, which must still stand there.
        seen: Email,
        /// The same address, canonical.
        email: Email,
    },
    /// Another name.
    Rename {
        /// Whose.
        user: UserId,
        /// The name.
        name: Option<String>,
    },
    /// From now on the user may not log in, and their sessions end: a thousand at most, so that others may write
    /// in between.
    Disable(UserId, Revocation),
    /// The user may log in again.
    Enable(UserId),
    /// The account is gone: all sessions end, and nothing personal is kept.
    Erase(UserId, Revocation),
    /// One more password is about to be looked at. It counts as failed until it is known to be right. Not
    /// if the count is no longer the one that was read: of two who read the same, one has to read again.
    CountFailure {
        /// By what it is counted.
        account: AccountTag,
        /// The count that was read.
        seen: u32,
        /// When.
        at: NumericDate,
    },
    /// A login succeeded: failures are counted from zero again.
    ForgetFailures(AccountTag),
    /// Removes what is no longer to be kept of one part of a table.
    Prune(Prunable, IdRange),
    /// Removes accounts erased before this instant that have no session left, a few hundred at most, and what an
    /// earlier version has told of them.
    PruneErased(NumericDate),
    /// A key joins the ring. Not if another one follows its predecessor already.
    AddKey(Box<StoredKey>),
    /// A key counts no more, and its successor joins the ring unless it has one. Not if it was retired before.
    /// The sessions whose tickets were made with it end afterwards, in parts.
    RevokeKey {
        /// Which.
        kid: String,
        /// The one that takes its place, if nobody waits for that.
        successor: Option<Box<StoredKey>>,
        /// When.
        at: NumericDate,
    },
    /// A key that waits is used from this instant on. Not if it was retired, or is used earlier anyway.
    ActivateKeyEarly(String, NumericDate),
    /// A key leaves the ring. Not if a session has tickets made with it, or nothing follows it.
    RemoveKey(String),
    /// Lifetimes that an instance issues under from now on; those that expired before are removed.
    HoldLifetimes {
        /// Each with the instant until which it counts, at least.
        held: Vec<HeldLifetime>,
        /// An instant that lies behind.
        expired_before: NumericDate,
    },
    /// A service that may ask. Not if its id is taken.
    AddService(Box<Service>),
    /// A service may ask no more.
    RemoveService(String),
    /// Another change, with the idempotency key of the request that asks for it. Not if the key was used within
    /// [`UsedKey::RETENTION_SECONDS`] before: of two copies of a request one takes place.
    Keyed(Box<UsedKey>, Box<Change>),
    /// Nothing but the events.
    Record,
}

/// The rows of one table that are no longer to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prunable {
    /// Sessions long over.
    Sessions(PruneBefore),
    /// Events too old.
    Events(EventsBefore),
    /// Counts of wrong passwords too old.
    Failures(FailuresBefore),
    /// Idempotency keys used before this instant.
    UsedKeys(NumericDate),
}

/// A part of a table, by its primary key. Ids of sessions and events are UUIDs of version 7 (RFC 9562 section
/// 5.7), so a range of ids is a range of time. What failures are counted by, and idempotency keys, are hashes, of which a
/// range holds those that begin so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// The id before the first.
    pub after: [u8; 16],
    /// The last id.
    pub through: [u8; 16],
}

/// A password change.
#[derive(Clone)]
pub struct PasswordChange {
    /// Whose.
    pub user: UserId,
    /// The hash the current password was checked against, which must still stand.
    pub seen: String,
    /// The hash of the new one.
    pub hash: String,
    /// The session that asks for it, and goes on.
    pub session: SessionId,
    /// Its next rotation.
    pub accepted: Accepted,
    /// How all others end.
    pub revocation: Revocation,
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Why.
    pub cause: RevocationReason,
    /// When.
    pub at: NumericDate,
}

/// A session that gives way to a new one, and how it ends, if it is live: the one that the browser had, or the oldest
/// of too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded(pub SessionId, pub Revocation);

/// Whose sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionScope {
    /// One user's, a thousand at most.
    User(UserId),
    /// All of one user's but this one.
    OthersOf(UserId, SessionId),
    /// Everyone's in one part of the table.
    Part(Part),
}

/// A part of the sessions in the order of their ids: as many as can be changed at once without keeping others
/// that write waiting ([`Store::end_of_part`](super::Store::end_of_part)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From after this id.
    pub after: SessionId,
    /// Up to this one.
    pub up_to: SessionId,
    /// Of these, only those whose tickets were made with this key.
    pub refresh_key_id: Option<String>,
}

/// What came of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many rows it changed, its events aside. None: the state was not the one it expects, and
    /// nothing took place.
    pub rows: u64,
    /// The sessions it ended.
    pub revoked: Vec<SessionId>,
}

impl Outcome {
    /// Whether the change took place.
    #[must_use]
    pub const fn took_place(&self) -> bool {
        self.rows > 0
    }
}

impl Change {
    /// Whether it must be on the disk before it is answered. A rotation need not: the client's next
    /// ticket is ahead of a row that lost it, and is accepted (docs/design/rotation.md). A count or an
    /// event that a power cut took was one of many; a count that it brought back goes with the next success,
    /// and rows that it brought back are pruned again.
    #[must_use]
    pub const fn must_last(&self) -> bool {
        match self {
            Self::Keyed(_, change) => change.must_last(),
            Self::Accept(..)
            | Self::RequireStepUp(..)
            | Self::CountFailure { .. }
            | Self::ForgetFailures(_)
            | Self::Prune(..)
            | Self::PruneErased(_)
            | Self::Record => false,
            _ => true,
        }
    }
}
