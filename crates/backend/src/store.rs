//! Storage as the domain needs it: a few queries, and changes as values ([`Change`]). It must not know HTTP or
//! decide: a change is carried out whole or not at all, and the outcome says which.
//!
//! Engines: [`sqlite`] on disk, [`postgres`] for more than one machine, [`memory`] for tests. The two SQL engines
//! share [`script`] and [`queries`]; every SQL text stands once, in [`sql`]. One conformance suite holds for every
//! engine: `tests/it/store_conformance.rs`.

#[macro_use]
mod calls;
mod change;
mod error;
mod fail_fast;
#[cfg(feature = "failpoints")]
pub mod failpoint;
mod hot;
pub mod memory;
mod open;
mod opening;
pub mod postgres;
mod prunable;
mod queries;
mod records;
mod remembering;
mod row;
mod schema;
mod script;
mod sql;
pub mod sqlite;
mod statement;

use std::time::Duration;

use async_trait::async_trait;
use shared::{NumericDate, RevocationReason, SessionId, UserId};

use crate::auth::account::email::Email;
pub use change::{
    Change, Outcome, Part, PartScope, PasswordChange, Revocation, SessionScope, Superseded,
};
pub use error::StoreError;
pub use fail_fast::FailFast;
pub use hot::{Disturbance, Exclusive, Hot, Standing};
pub use open::{Database, is_forgetful, name_of, open, open_database, without_credentials};
pub use opening::Opening;
pub use prunable::{EventsBefore, FailuresBefore, IdRange, Prunable, PruneBefore};
pub use records::{
    Accepted, AccountTag, CLIENT_SESSIONS_KEPT, ClientInfo, EVENTS_KEPT, Event, EventQuery,
    Failures, HeldLifetime, KeyPurpose, NativeClient, Remembered, RevokedSession, RowVersion,
    SESSIONS_KEPT, Service, Session, StoredKey, USED_KEYS_KEPT, UsedKey, User,
};
pub use remembering::{Remembering, Versioned};
pub use schema::Schema;

/// How often a subscription answers although there is no change.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// What a subscription reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// These sessions were revoked; none, if there was no change.
    Revoked(Vec<(SessionId, RevocationReason)>),
    /// Sessions may have been revoked, or the key ring changed: [`Store::revoked_per_second`] and [`Store::keys`]
    /// know.
    Change(Reach),
}

/// How far back the instants of the revocations in a change may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// About as far as those of the change before: one transaction follows the other.
    LastChange,
    /// All revocations are known: these by their ids, all others by their earliest instant. Without one there are
    /// no others; the key ring has changed.
    Named {
        /// These sessions.
        revoked: Vec<(SessionId, RevocationReason)>,
        /// The others, from this instant on.
        since: Option<NumericDate>,
    },
    /// A transaction may have begun long before its commit, beside others.
    Any,
}

/// How many revoked sessions are read at once.
pub const REVOKED_PAGE: u32 = 2_000;
/// How many are counted at once. PostgreSQL reads each row of a million that were revoked a moment ago, and the
/// timeout of a statement is 1.8 s.
pub const REVOKED_PART: u32 = 50_000;

/// Reports revocations and changes to the key ring by any process: this one, another instance, or an operator at
/// the database's console.
#[async_trait]
pub trait Subscription: Send {
    /// The changes since the call before. It answers soon, also without a change: the answer proves that all that
    /// was committed before the call has been reported. A subscription that has failed, or whose call was dropped
    /// half-way, has to be dropped.
    async fn next(&mut self) -> Result<Notification, StoreError>;
}

/// The domain's calls to storage. Every method fails with [`StoreError`] if the engine does: then it is not known
/// whether a change took place.
#[async_trait]
pub trait Store: Send + Sync {
    /// Commits a change together with its security events: both, durably unless losing it heals itself
    /// ([`Change::must_last`]), or neither.
    async fn commit(&self, change: Change, events: Vec<Event>) -> Result<Outcome, StoreError>;

    /// The user with this email address.
    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError>;

    /// Users in the order of their ids after this one, a thousand at most.
    async fn users(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError>;

    /// Users whose address is not of ASCII alone, in the order of their ids after this one, a thousand at most.
    async fn users_beyond_ascii(&self, after: Option<UserId>) -> Result<Vec<User>, StoreError>;

    /// The session and its user.
    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError>;

    /// The session and its user, if that is known without waiting.
    fn session_at_hand(&self, _id: SessionId) -> Option<(Session, User)> {
        None
    }

    /// The session and its user as they were when this process read or wrote them last, and the version of that. Nothing
    /// that may change is answered from it alone: [`Self::accept_unchanged`] finds out whether it still holds.
    fn remembered(&self, _id: SessionId) -> Option<Remembered> {
        None
    }

    /// Accepts a rotation, as [`Change::Accept`] without events, if the session and its user still have this version.
    async fn accept_unchanged(
        &self,
        _id: SessionId,
        _accepted: &Accepted,
        _version: RowVersion,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// The user's sessions that are not revoked, the one seen last first, a thousand at most. Storage does not
    /// judge their expiry.
    async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;

    /// The largest id of a session.
    async fn last_session(&self) -> Result<Option<SessionId>, StoreError>;

    /// Where a part of the sessions ends: of a thousand at most, in the order of their ids, after this one
    /// and up to that one. `None` if there is none.
    async fn end_of_part(
        &self,
        after: SessionId,
        up_to: SessionId,
    ) -> Result<Option<SessionId>, StoreError>;

    /// How many sessions were revoked in each second from this instant on, in the order of time.
    async fn revoked_per_second(
        &self,
        since: NumericDate,
    ) -> Result<Vec<(NumericDate, u64)>, StoreError>;

    /// The sessions that were revoked in this second, in the order of their ids after this one: at most
    /// [`REVOKED_PAGE`] of them.
    async fn revoked_in(
        &self,
        second: NumericDate,
        after: Option<SessionId>,
    ) -> Result<Vec<RevokedSession>, StoreError>;

    /// Subscribes to all revocations, and all changes to the key ring, from now on.
    async fn subscribe(&self) -> Result<Box<dyn Subscription>, StoreError>;

    /// Security events of a user's, newest first.
    async fn events(&self, query: &EventQuery) -> Result<Vec<Event>, StoreError>;

    /// When the newest security event happened, with or without an account; or of those before this instant.
    async fn last_event(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError>;

    /// When a session was last refreshed, of all sessions; or before this instant: then of each day the first and the
    /// last refresh count, on PostgreSQL the last of each session. Evidence of the time where storage has no clock.
    async fn last_refresh(
        &self,
        before: Option<NumericDate>,
    ) -> Result<Option<NumericDate>, StoreError>;

    /// The logins that failed in a row.
    async fn failures(&self, account: AccountTag) -> Result<Option<Failures>, StoreError>;

    /// What the idempotency key with this hash was used for.
    async fn used_key(&self, key_hash: &[u8; 32]) -> Result<Option<UsedKey>, StoreError>;

    /// The key ring, each key after the one it follows.
    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError>;

    /// The lifetimes that instances hold.
    async fn lifetimes(&self) -> Result<Vec<HeldLifetime>, StoreError>;

    /// The service with this id.
    async fn find_service(&self, id: &str) -> Result<Option<Service>, StoreError>;

    /// All services, by id.
    async fn services(&self) -> Result<Vec<Service>, StoreError>;

    /// The native client with this id.
    async fn find_client(&self, id: &str) -> Result<Option<NativeClient>, StoreError>;

    /// All native clients, by id.
    async fn clients(&self) -> Result<Vec<NativeClient>, StoreError>;

    /// Whether a session has the same place in the status lists: its id ends with the same three bytes.
    async fn is_place_taken(&self, id: SessionId) -> Result<bool, StoreError>;

    /// The time by the clock of the database's machine. `None` if that is this one.
    async fn clock(&self) -> Result<Option<NumericDate>, StoreError>;

    /// The id at the end of the next part of a table: that of the row `rows` after this id, in the order of ids.
    /// `None` if fewer follow.
    async fn part_end(
        &self,
        of: Prunable,
        after: [u8; 16],
        rows: u32,
    ) -> Result<Option<[u8; 16]>, StoreError>;

    /// Whether storage can be read and written, and is still the one that was opened.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes the calls under way and closes the storage.
    async fn close(&self);
}
