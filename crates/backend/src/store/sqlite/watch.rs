//! Notices commits of other processes. The header of the log's index says whether there was any commit; on the
//! writer's own connection, `PRAGMA data_version` says whether one was another's. The writer reads both after each
//! group, so its own commits are no disturbance.

use parking_lot::{Mutex, MutexGuard};

use super::wal_index::{Mark, WalIndex};
use crate::store::hot::Disturbance;

/// What is known of other processes.
pub(super) struct Watch {
    index: Option<WalIndex>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The header before the last look: all commits until then are known.
    mark: Option<Mark>,
    /// The number on the writer's connection. `None` on a new one.
    data_version: Option<i64>,
    /// How often commits of others were noticed, and how many of these are dealt with.
    noticed: u64,
    settled: u64,
}

impl Watch {
    /// Without an index nothing is ever known.
    pub(super) fn over(index: Option<WalIndex>) -> Self {
        Self { index, known: Mutex::default() }
    }

    /// The header now, to be read before the number that [`Self::saw`] takes.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.index.as_ref().and_then(WalIndex::mark)
    }

    /// The writer's connection has this `data_version`, and had not yet when the header was read.
    pub(super) fn saw(&self, mark: Option<Mark>, data_version: i64) {
        let mut known = self.known();
        known.mark = mark;
        let before = known.data_version.replace(data_version);
        known.noticed += u64::from(before.is_some_and(|before| before != data_version));
    }

    /// The connection is another one, whose numbers do not compare.
    pub(super) fn lost(&self) {
        let mut known = self.known();
        (known.mark, known.data_version) = (None, None);
        known.noticed += 1;
    }

    /// Whether there was no commit of another process since all noticed ones were settled.
    pub(super) fn is_undisturbed(&self) -> bool {
        let Some(mark) = self.mark() else { return false };
        let known = self.known();
        known.mark == Some(mark) && known.noticed == known.settled
    }

    /// The disturbances noticed so far.
    pub(super) fn disturbance(&self) -> Disturbance {
        let known = self.known();
        Disturbance { number: known.noticed, is_new: known.noticed != known.settled }
    }

    /// All disturbances up to this one are dealt with.
    pub(super) fn settle(&self, disturbance: Disturbance) {
        self.known().settled = disturbance.number;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}
