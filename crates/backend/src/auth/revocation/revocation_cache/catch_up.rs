//! Reads revocations from the store into the cache: each only once, and a page at a time. When to read is
//! [`revocation_listener`](crate::auth::revocation::revocation_listener)'s decision.
//!
//! The store counts the revocations of each second by an index alone. A second is read only if it has more than were
//! read of it, and then from its beginning: of two revocations in the same second, either may be committed first. So
//! a million revocations of one moment are read once, however much is committed after them.

use shared::NumericDate;

use super::RevocationCache;
use crate::store::{REVOKED_PAGE, RevokedSession, Store, StoreError};

impl RevocationCache {
    /// Adds the revocations that the store has since `since`. They are added at `now`: the revoking instance may have
    /// had a slow clock.
    ///
    /// # Errors
    /// If storage fails. Revocations read so far stay, and need not be read again.
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

    /// Returns how many there were.
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

    /// For a clock that was set back: revocations read before may have been pruned.
    pub fn read_again(&self) {
        self.known().read.clear();
    }
}
