//! Prunes a table in parts: ranges of its primary key, one small transaction each, with pauses in between. What is
//! old is decided in [`prune`](super).
//!
//! Ids are UUIDs of version 7, so the primary key is in the order of time: old rows lie at its beginning, a part is
//! a range of it, and a range once read need not be read again. No statement reads more than a part, so none holds
//! SQLite's one writer, or a row lock of PostgreSQL, for long.

use std::time::Duration;

use tokio::time::Instant;

use crate::pace::rest;
use crate::store::{Change, IdRange, Prunable, Store, StoreError};

/// Rows of a part. Measured on SQLite, where a row of another user's lies on another page of each index and is
/// overwritten there: 250 rows cost 3 to 8 ms, 1,000 cost 20 and more.
const ROWS: u32 = 250;
const LONGEST_REST: Duration = Duration::from_secs(2);

/// How much of the store's time pruning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Pauses four times as long as each part took, its wait for other changes included: the busier the store, the
    /// longer the pauses.
    Background,
    /// Pauses as long as each part took: over one file, another process needs a moment to take the lock.
    Foreground,
}

impl Pace {
    const fn rest_after(self, took: Duration) -> Duration {
        match self {
            Self::Background => took.saturating_mul(4),
            Self::Foreground => took,
        }
    }
}

pub(super) struct Walk<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) pace: Pace,
    pub(super) removed: &'a mut u64,
}

impl Walk<'_> {
    /// Prunes the rows between two ids, part by part. `from` advances, so that a walk after a failure resumes
    /// there.
    pub(super) async fn prune(
        &mut self,
        prunable: Prunable,
        from: &mut [u8; 16],
        to: [u8; 16],
    ) -> Result<(), StoreError> {
        while *from < to {
            let began = Instant::now();
            let end = self.store.part_end(prunable, *from, ROWS).await?;
            let through = end.filter(|end| *end < to).unwrap_or(to);
            let part = Change::Prune(prunable, IdRange { after: *from, through });
            *self.removed += self.store.commit(part, Vec::new()).await?.rows;
            *from = through;
            self.rest(began.elapsed()).await;
        }
        Ok(())
    }

    /// Repeats a change until it removes no more rows.
    pub(super) async fn repeat(&mut self, change: Change) -> Result<(), StoreError> {
        loop {
            let began = Instant::now();
            let rows = self.store.commit(change.clone(), Vec::new()).await?.rows;
            *self.removed += rows;
            if rows == 0 {
                return Ok(());
            }
            self.rest(began.elapsed()).await;
        }
    }

    async fn rest(&self, took: Duration) {
        rest(self.pace.rest_after(took).min(LONGEST_REST)).await;
    }
}
