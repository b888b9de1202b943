//! Why a call to storage failed.

use std::sync::Arc;

use sqlx::migrate::MigrateError;

/// Storage failed: the outcome of the call is unknown. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database could not be migrated")]
    Migration(#[from] MigrateError),
    /// A row holds a value that the schema should make impossible.
    #[error("the database holds an impossible {what}")]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// The group commit of this change failed.
    #[error("the database did not commit")]
    NotCommitted(#[source] Arc<StoreError>),
    /// The read that this call shared with others failed.
    #[error("a read that several calls have shared failed")]
    Shared(#[source] Arc<StoreError>),
    /// No answer came in time. The change may still take place.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The store is closed, or broke down over this change.
    #[error("the database's writer has stopped")]
    Stopped,
    /// The URL names no engine.
    #[error("{0}")]
    Url(String),
    /// No database of Baton's exists there.
    #[error(
        "{found}: name the database that Baton runs with (only `baton serve` and `baton migrate` create one)"
    )]
    Absent {
        /// What exists instead.
        found: &'static str,
    },
    /// The engine cannot be reached, or cannot be used as it is.
    #[error("{remedy}")]
    Unusable {
        /// What is wrong, and how to mend it.
        remedy: String,
        /// The engine's error, unless that would show a credential.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}
