//! What opening a database may change: whether migrations are applied, and a missing database is created.

/// How far the opening of a database may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// No change. The database must exist; its schema may be older or newer than this program.
    AsItIs,
    /// Pending migrations are applied. The database must exist.
    Migrate,
    /// Pending migrations are applied. A missing database is created.
    Create,
}
