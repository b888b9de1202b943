//! Storage as the domain needs it: a small trait of intentions. It must not decide anything; a
//! state change is one conditional write, and the answer says whether it took place.
//!
//! Engines: [`sqlite`] on disk, [`postgres`] for more than one machine, [`memory`] for tests. Every SQL text stands once, in [`sql`].
//! One conformance suite holds for every engine: `tests/it/store_conformance.rs`.

#[cfg(feature = "failpoints")]
pub mod failpoint;
pub mod memory;
pub mod postgres;
mod row;
mod sql;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use rotation::{Attempt, Family, Generation, Seed};
use shared::{NumericDate, SessionId, UserId};
use sqlx::migrate::MigrateError;

use crate::auth::email::Email;

/// A user as stored.
#[derive(Clone)]
pub struct User {
    /// `sub` in access tokens.
    pub id: UserId,
    /// The name to log in with; unique.
    pub email: Email,
    /// What to call them.
    pub name: Option<String>,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// When they registered.
    pub created_at: NumericDate,
    /// Since when they may not log in.
    pub disabled_at: Option<NumericDate>,
}

/// A session as stored: one row, which is also its family's state.
#[derive(Clone)]
pub struct Session {
    /// `sid` in access tokens.
    pub id: SessionId,
    /// Whose session it is.
    pub user: UserId,
    /// Part of the key its tickets are made with.
    pub seed: Seed,
    /// Which of the server's refresh keys its tickets are made with.
    pub refresh_key_id: String,
    /// What has been accepted, and when.
    pub family: Family,
}

/// An accepted rotation: what the conditional write puts into the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The generation that was read, and must still stand there.
    pub seen: Generation,
    /// The family as it shall be.
    pub family: Family,
}

/// Why a session ended. Recorded once, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// The user logged out.
    Logout,
    /// A refresh token was presented twice by two parties.
    Replay,
}

impl EndCause {
    /// The cause as stored and logged.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Replay => "replay",
        }
    }
}

/// Whether a user was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// User and session are stored, durably.
    Yes,
    /// A user with this email address exists; nothing was stored.
    EmailTaken,
}

/// Before which instants a session is long over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneBefore {
    /// Sessions begun before: their absolute limit is long past.
    pub created_at: NumericDate,
    /// Sessions last refreshed before: their idle limit is long past.
    pub accepted_at: NumericDate,
    /// Sessions ended before.
    pub revoked_at: NumericDate,
}

/// Storage failed: nothing is known about what was asked. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine did not do as asked.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[from] MigrateError),
    /// A row holds what the schema should make impossible.
    #[error("the database holds an impossible {what}")]
    Corrupt {
        /// Which column of what.
        what: &'static str,
    },
    /// The transaction that was to carry this change, and others that waited with it, failed.
    #[error("the database did not commit")]
    NotCommitted(#[source] Arc<StoreError>),
    /// No answer came in time. The change may still take place.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The store is closed, or broke down over this change.
    #[error("the database's writer has stopped")]
    Stopped,
    /// The URL names no engine.
    #[error("{0}")]
    Url(String),
    /// The engine was reached, or should have been, and cannot be used as it is.
    #[error("{remedy}")]
    Unusable {
        /// What is wrong, and how to mend it.
        remedy: String,
        /// What the engine said, unless that would show a credential.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// What the domain asks of storage. Every method fails with [`StoreError`] if the engine does not do
/// as asked: then it is not known whether a change took place.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores a new user and their first session, both or neither, durably.
    async fn register(&self, user: &User, session: &Session) -> Result<Registered, StoreError>;

    /// The user with this email address.
    async fn find_user(&self, email: &Email) -> Result<Option<User>, StoreError>;

    /// Replaces a password hash if it is still the one that was read. For rehashing, not for
    /// changing a password. `false`: it was not.
    async fn rehash_password(
        &self,
        user: UserId,
        seen: &str,
        hash: &str,
    ) -> Result<bool, StoreError>;

    /// Stores a new session, durably.
    async fn open_session(&self, session: &Session) -> Result<(), StoreError>;

    /// The session and its user.
    async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError>;

    /// Records an accepted rotation if the session is live and still at the generation that was
    /// read. `false`: it is not, read again.
    async fn accept(&self, id: SessionId, accepted: &Accepted) -> Result<bool, StoreError>;

    /// Ends a live session, durably. `false`: it had ended before, or never was.
    async fn revoke(
        &self,
        id: SessionId,
        cause: EndCause,
        now: NumericDate,
    ) -> Result<bool, StoreError>;

    /// Removes sessions long over, a thousand at most, so that others may write in between; how many.
    /// None: there are no more.
    async fn prune(&self, before: PruneBefore) -> Result<u64, StoreError>;

    /// Whether storage can be read and written, and is still the one that was opened.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the storage.
    async fn close(&self);
}

/// Opens the engine that `url` names and brings its schema up to date.
///
/// # Errors
/// If the URL names no engine, or the engine cannot be opened.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_engine(url).await.map_err(|error| match error {
        StoreError::Migration(MigrateError::VersionMissing(_)) => StoreError::Unusable {
            remedy: "its schema was made by a newer version of Baton: start that one, or restore the backup from before".to_owned(),
            source: None,
        },
        other => other,
    })
}

async fn open_engine(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Arc::new(sqlite::Sqlite::open(url).await?)),
        Some(("memory", "")) => Ok(Arc::new(memory::Memory::default())),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::Postgres::open(url).await?)),
        _ => Err(StoreError::Url(format!(
            "{:?} names no database: use sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE, or memory: to forget everything at exit",
            without_credentials(url)
        ))),
    }
}

/// The URL as it may be shown: of all but a file's, nothing after the first colon. A URL that was
/// mistyped can hold a password, too.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme, _)) if !["sqlite", "memory"].contains(&scheme) => format!("{scheme}:…"),
        _ => url.to_owned(),
    }
}

/// An attempt as a store writes it.
pub(crate) fn hash_of(attempt: Option<&Attempt>) -> Option<&[u8]> {
    attempt.map(|attempt| attempt.hash().as_slice())
}
