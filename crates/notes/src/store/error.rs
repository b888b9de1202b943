//! Why a call to the store fails, and why a write is refused.

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not `sqlite:FILE`.
    #[error("the database is spelt sqlite:FILE, as in sqlite:notes.db")]
    Url,
    /// A statement failed, or the pool's timeout passed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database's schema cannot be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Why a write was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The note is there, in a version that the caller does not expect.
    Changed,
    /// The owner has no such note.
    NotThere,
    /// The owner would have more than the quota allows.
    Full,
    /// The idempotency key was used for another request, or by another user.
    KeyReused,
}
