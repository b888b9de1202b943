//! Permits for searches: one at a time for each user, and half of the connection pool for all users, so that a
//! search, which reads all notes of a user, starves no other call, which reads a page.

use std::collections::HashMap;
use std::sync::Arc;

use shared::UserId;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Permits for all users: half of the connection pool.
const AT_ONCE: usize = crate::store::CONNECTIONS as usize / 2;

/// The semaphores, one for each user and one for all. Clones share them.
#[derive(Clone)]
pub struct SearchPermits {
    of_users: Arc<parking_lot::Mutex<HashMap<UserId, Arc<Mutex<()>>>>>,
    of_all: Arc<Semaphore>,
}

/// Permits one search until it is dropped.
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
    /// Waits for the user's own permit, then for one of those that all users share. The rate limit bounds how many
    /// searches wait, the request timeout for how long.
    pub async fn acquire(&self, user: UserId) -> SearchPermit {
        let of_user = self.of_user(user).lock_owned().await;
        let of_all = Arc::clone(&self.of_all).acquire_owned().await.expect("it is never closed");
        SearchPermit { _of_user: of_user, _of_all: of_all }
    }

    fn of_user(&self, user: UserId) -> Arc<Mutex<()>> {
        let mut permits = self.of_users.lock();
        // A running or waiting search holds a second reference.
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
        assert_eq!(permits.of_users.lock().len(), 1, "the others are forgotten");
    }
}
