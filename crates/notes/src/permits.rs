//! The concurrency limit of searches: one at a time for each user, and never so many that other calls find no
//! connection. A search reads all notes of a user, other calls read a page.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use shared::UserId;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Searches of all users at once: half of the connections.
const AT_ONCE: usize = crate::store::CONNECTIONS as usize / 2;

/// Whose permit it is. Clones share it.
#[derive(Clone)]
pub struct SearchPermits {
    of_users: Arc<std::sync::Mutex<HashMap<UserId, Arc<Mutex<()>>>>>,
    of_all: Arc<Semaphore>,
}

/// A search may take place as long as this is held.
pub struct SearchPermit {
    _of_user: OwnedMutexGuard<()>,
    _of_all: OwnedSemaphorePermit,
}

impl Default for SearchPermits {
    fn default() -> Self {
        Self { of_users: Arc::default(), of_all: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl SearchPermits {
    /// Waits until the earlier searches of this user have ended, and then for one of the permits that all users
    /// share. How many acquire is bounded by the rate limit, and for how long by the time limit of each call.
    pub async fn acquire(&self, user: UserId) -> SearchPermit {
        let of_user = self.of_user(user).lock_owned().await;
        let of_all = Arc::clone(&self.of_all).acquire_owned().await.expect("it is never closed");
        SearchPermit { _of_user: of_user, _of_all: of_all }
    }

    fn of_user(&self, user: UserId) -> Arc<Mutex<()>> {
        // No entry is ever left half changed.
        let mut permits = self.of_users.lock().unwrap_or_else(PoisonError::into_inner);
        // A search that runs or waits holds another reference.
        permits.retain(|_, permit| Arc::strong_count(permit) > 1);
        Arc::clone(permits.entry(user).or_default())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[tokio::test]
    async fn a_user_has_one_search_at_a_time_and_delays_no_other_user() {
        let permits = SearchPermits::default();
        let first = permits.acquire(user(1)).await;
        let mut second = Box::pin(permits.acquire(user(1)));
        assert!(poll!(&mut second).is_pending());
        let other = permits.acquire(user(2)).await;
        let mut third = Box::pin(permits.acquire(user(3)));
        assert!(poll!(&mut third).is_pending(), "all permits are taken");
        drop(first);
        assert!(poll!(&mut second).is_pending());
        let third = third.await;
        drop(other);
        let second = second.await;
        drop((second, third));
        permits.acquire(user(1)).await;
        assert_eq!(permits.of_users.lock().expect("a lock").len(), 1, "the others are forgotten");
    }
}
