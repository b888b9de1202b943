//! Prunes a table in parts: ranges of its primary key, one small transaction each, with rests in between. It
//! must not know what is old; that is [`prune`](super).
//!
//! Ids are UUIDs of version 7, so the primary key is in the order of time: what is old lies at its beginning,
//! a part is a range of it, and what was looked at once need not be looked at again. No statement reads more
//! than a part, so that none holds SQLite's one writer, or a row lock of PostgreSQL, for long.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::store::{Change, IdRange, Prunable, Store, StoreError};

/// How many rows a part has. Measured on SQLite, where a row of another user's lies on another page of each
/// index and is overwritten there: 250 rows cost 3 to 8 ms, 1,000 cost 20 and more.
const ROWS: u32 = 250;
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// How much of the store's time pruning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Rests four times as long as each part took, waiting for other changes included: the busier the store,
    /// the longer the rests.
    Background,
    /// As long as each part took: of two processes over one file, the other one needs a moment to take the lock.
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

/// A walk through one table.
pub(super) struct Walk<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) pace: Pace,
    pub(super) removed: &'a mut u64,
}

impl Walk<'_> {
    /// Prunes the rows between two ids, part by part. `from` moves along, so that a walk that fails goes on
    /// where it has stopped.
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

    /// Carries a change out until it finds nothing more to remove.
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
        let rest = self.pace.rest_after(took).min(LONGEST_REST);
        let _ = timeout(rest, pending::<()>()).await;
    }
}
