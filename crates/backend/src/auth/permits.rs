//! One permit (a semaphore) for each key: calls with the same key wait for each other, and no others do.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// From how many keys on unused ones are pruned.
const FORGET_KEYS: usize = 1_024;

/// The permits of keys in use.
#[derive(Debug)]
pub(super) struct Permits<K>(Mutex<HashMap<K, Weak<Semaphore>>>);

impl<K> Default for Permits<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Permits<K> {
    /// The semaphore of this key. It exists while a call holds it or waits for it.
    pub(super) fn of(&self, key: K) -> Arc<Semaphore> {
        let mut permits = self.0.lock();
        if let Some(permit) = permits.get(&key).and_then(Weak::upgrade) {
            return permit;
        }
        if permits.len() >= FORGET_KEYS {
            permits.retain(|_, permit| permit.strong_count() > 0);
        }
        let permit = Arc::new(Semaphore::new(1));
        permits.insert(key, Arc::downgrade(&permit));
        permit
    }
}
