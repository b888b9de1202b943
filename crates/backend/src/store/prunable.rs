//! Which rows are pruned: those of one part of a table, and older than an instant.

use shared::NumericDate;

/// The rows of one table to prune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prunable {
    /// Sessions revoked, or expired for long.
    Sessions(PruneBefore),
    /// Old events.
    Events(EventsBefore),
    /// Old counts of wrong passwords.
    Failures(FailuresBefore),
    /// Idempotency keys used before this instant.
    UsedKeys(NumericDate),
}

/// A part of a table, by its primary key. Ids of sessions and events are UUIDs of version 7 (RFC 9562 section 5.7),
/// so a range of ids is a range of time. Counts of failures and idempotency keys have hashes, of which a range
/// holds those with a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// The id before the first.
    pub after: [u8; 16],
    /// The last id.
    pub through: [u8; 16],
}

/// Before which instants sessions are pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneBefore {
    /// Sessions begun before: their absolute expiry is long past.
    pub created_at: NumericDate,
    /// Sessions last refreshed before: their idle expiry is long past.
    pub accepted_at: NumericDate,
    /// Sessions revoked before.
    pub revoked_at: NumericDate,
}

/// Before which instants events are pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsBefore {
    /// Events of accounts.
    pub of_users: NumericDate,
    /// Of these, those of refreshes.
    pub routine: NumericDate,
    /// Events without an account.
    pub without_account: NumericDate,
}

/// Before which instants counts of wrong passwords are pruned, by their last wrong password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailuresBefore {
    /// All counts.
    pub all: NumericDate,
    /// Small counts.
    pub mistyped: NumericDate,
    /// Which counts are small: those below this.
    pub mistyped_below: u32,
}
