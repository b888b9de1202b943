//! Reads from the store which sessions have ended: only what was not read before, and a page at a time. It must
//! not know when that is needed; that is [`revocation_listener`](crate::auth::revocation_listener).
//!
//! The store says how many have ended in each second, from an index alone. Only a second that has more than were
//! read of it is read, from its beginning: of two that end in the same second, either may be committed first. So a
//! million that ended at once are read once, however much is committed after them.

use shared::NumericDate;

use super::RevocationCache;
use crate::store::{REVOKED_PAGE, RevokedSession, Store, StoreError};

impl RevocationCache {
    /// Takes note of what has ended since, as the store has it. It counts from now: whoever ended it may have had
    /// a slow clock.
    ///
    /// # Errors
    /// If storage fails. What was read before is known, and need not be read again.
    pub async fn catch_up(
        &self,
        store: &dyn Store,
        since: NumericDate,
        now: NumericDate,
    ) -> Result<(), StoreError> {
        for (second, sessions) in store.revoked_per_second(since).await? {
            if sessions > self.were_read(second) {
                let read = self.read_second(store, second, now).await?;
                self.known().read.insert(second, read);
            }
        }
        Ok(())
    }

    /// How many there were.
    async fn read_second(
        &self,
        store: &dyn Store,
        second: NumericDate,
        now: NumericDate,
    ) -> Result<u64, StoreError> {
        let (mut read, mut after) = (0, None);
        loop {
            let page = store.revoked_in(second, after).await?;
            let count = page.len() as u64;
            (read, after) = (read + count, page.last().map(|revoked| revoked.session));
            self.note(page.into_iter().map(|revoked| RevokedSession { at: now, ..revoked }));
            if count < u64::from(REVOKED_PAGE) {
                return Ok(read);
            }
        }
    }

    fn were_read(&self, second: NumericDate) -> u64 {
        self.known().read.get(&second).copied().unwrap_or_default()
    }

    /// The clock was set back: what was read may have been forgotten.
    pub fn read_again(&self) {
        self.known().read.clear();
    }
}
