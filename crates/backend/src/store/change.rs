//! Changes as values, for any engine. A change is committed whole, with its security events, or not at all. Its SQL
//! is in [`script`](super::script).

use shared::{NumericDate, RevocationReason, SessionId, UserId};

use super::prunable::{IdRange, Prunable};
use super::records::{
    Accepted, AccountTag, ClientInfo, HeldLifetime, NativeClient, Service, Session, StoredKey,
    UsedKey, User,
};
use crate::auth::account::email::Email;

/// A change. Owned: it is carried out even if its caller is gone.
#[derive(Clone)]
pub enum Change {
    /// A new user and their first session; resets the count of wrong passwords for the email address. Not if the
    /// address is taken.
    Register(Box<User>, Box<Session>, Vec<Superseded>),
    /// The same without a session.
    AddUser(Box<User>),
    /// A new session of a user who is enabled and still has the password hash that the password was checked
    /// against. Not of a native client that has been removed.
    OpenSession {
        /// The session.
        session: Box<Session>,
        /// The hash.
        seen: String,
        /// The sessions that it supersedes.
        superseded: Vec<Superseded>,
    },
    /// An accepted rotation of a session that is live and still at the generation that was read.
    Accept(SessionId, Box<Accepted>),
    /// Rotations that took place in memory, several of one session as one. Each row is between the generation that was
    /// stored last and the new one: an earlier attempt to write may have failed only seemingly.
    AcceptAll(Vec<(SessionId, Accepted)>),
    /// Revokes a live session. The first reason stands.
    RevokeSession(SessionId, Revocation),
    /// Revokes the live sessions of these. For each of [`SessionScope::User`] and [`SessionScope::Part`] an event
    /// is recorded, with the change.
    RevokeSessions(SessionScope, Revocation),
    /// Requires a step-up before the next refresh of this live session.
    RequireStepUp(SessionId, NumericDate),
    /// The user has reauthenticated in this live session.
    Confirm {
        /// The session.
        session: SessionId,
        /// When.
        at: NumericDate,
        /// From where; no risk signal from now on.
        client: ClientInfo,
    },
    /// The same password, hashed again. Not if another one was set in between.
    Rehash {
        /// The user.
        user: UserId,
        /// The hash that was read.
        seen: String,
        /// The new one.
        hash: String,
    },
    /// Another password, the revocation of all other sessions, and a rotation of this one.
    ChangePassword(Box<PasswordChange>),
    /// The canonical spelling of an address that was stored in another one. Not if another account has it.
    Respell {
        /// The user.
        user: UserId,
        /// The address that was read, which must still be stored.
        seen: Email,
        /// The same address, canonical.
        email: Email,
    },
    /// Another name of a user.
    Rename {
        /// The user.
        user: UserId,
        /// Their new name.
        name: Option<String>,
    },
    /// Disables a user, and revokes their sessions: a thousand at most, so that other writers get a turn in
    /// between.
    Disable(UserId, Revocation),
    /// Enables a user.
    Enable(UserId),
    /// Erases an account: revokes all sessions, and keeps no personal data.
    Erase(UserId, Revocation),
    /// Counts a password as failed before it is verified. Not if the count is no longer the one that was read: of
    /// two calls that read the same, one has to read again.
    CountFailure {
        /// What it is counted by.
        account: AccountTag,
        /// The count that was read.
        seen: u32,
        /// When.
        at: NumericDate,
    },
    /// Resets the count of failures after a successful login.
    ForgetFailures(AccountTag),
    /// Prunes one part of a table.
    Prune(Prunable, IdRange),
    /// Prunes accounts erased before this instant that have no session left, a few hundred at most, and events that
    /// an earlier version has recorded of them.
    PruneErased(NumericDate),
    /// Adds a key to the ring. Not if another one follows its predecessor already.
    AddKey(Box<StoredKey>),
    /// Revokes a key, and adds its successor unless it has one. Not if it was revoked before. The sessions whose
    /// tickets were made with it are revoked afterwards, in parts.
    RevokeKey {
        /// The key's id.
        kid: String,
        /// The key that replaces it, if none is pending.
        successor: Option<Box<StoredKey>>,
        /// When.
        at: NumericDate,
    },
    /// Uses a pending key from this instant on. Not if it is revoked, or is used earlier anyway.
    ActivateKeyEarly(String, NumericDate),
    /// Removes a key from the ring. Not if a session has tickets made with it, or no key follows it.
    RemoveKey(String),
    /// Holds lifetimes that an instance issues under from now on, and removes expired ones.
    HoldLifetimes {
        /// Each with the instant until which it is held, at least.
        held: Vec<HeldLifetime>,
        /// Those that expired before this instant are removed.
        expired_before: NumericDate,
    },
    /// A service that may introspect tokens. Not if its id is taken.
    AddService(Box<Service>),
    /// Removes a service.
    RemoveService(String),
    /// A native client. Not if its id is taken.
    AddClient(Box<NativeClient>),
    /// Removes a native client: no session of it begins any more. Those that there are have to be revoked
    /// afterwards, in parts.
    RemoveClient(String),
    /// Another change, with the idempotency key of its request. Not if the key was used within
    /// [`UsedKey::RETENTION_SECONDS`] before: of two copies of a request one takes place.
    Keyed(Box<UsedKey>, Box<Change>),
    /// The events alone.
    Record,
}

/// A password change.
#[derive(Clone)]
pub struct PasswordChange {
    /// The user.
    pub user: UserId,
    /// The hash that the current password was checked against, which must still be stored.
    pub seen: String,
    /// The hash of the new one.
    pub hash: String,
    /// The session that asks for it, and stays live.
    pub session: SessionId,
    /// Its next rotation.
    pub accepted: Accepted,
    /// The revocation of all others.
    pub revocation: Revocation,
}

/// The revocation of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The reason.
    pub reason: RevocationReason,
    /// When.
    pub at: NumericDate,
}

/// A session that gives way to a new one, and its revocation, if it is live: the one that the browser had, or the
/// least recently used of too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded(pub SessionId, pub Revocation);

/// Which sessions a bulk revocation covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionScope {
    /// One user's, a thousand at most.
    User(UserId),
    /// All of one user's but this one.
    OthersOf(UserId, SessionId),
    /// All users' in one part of the table.
    Part(Part),
}

/// A part of the sessions in the order of their ids: as many as can be changed at once without making other writers
/// wait ([`Store::end_of_part`](super::Store::end_of_part)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// After this id.
    pub after: SessionId,
    /// Up to this one.
    pub up_to: SessionId,
    /// Which of these.
    pub scope: PartScope,
}

/// Which sessions of a part a bulk revocation covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartScope {
    /// All.
    All,
    /// Those whose tickets were made with this key.
    RefreshKey(String),
    /// Those of this native client.
    Client(String),
}

/// The outcome of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many rows it changed, its events aside. Zero: the state was not the one it expects, and the change did
    /// not take place.
    pub rows: u64,
    /// The sessions it revoked.
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
    /// Whether it must be on the disk before it is answered. A rotation need not: the client's next ticket is ahead
    /// of a row that lost it, and is accepted (docs/design/rotation.md). A count or an event that a power cut took
    /// was one of many; a count that it brought back is reset by the next success, and rows that it brought back
    /// are pruned again.
    #[must_use]
    pub const fn must_last(&self) -> bool {
        match self {
            Self::Keyed(_, change) => change.must_last(),
            Self::Accept(..)
            | Self::AcceptAll(_)
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
