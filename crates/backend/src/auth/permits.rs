//! One permit for each key: calls with the same key wait for each other, and no others do. It must not know what the
//! keys are.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// From how many keys on those are forgotten that no call waits for any more.
const FORGET_KEYS: usize = 1_024;

/// The permits of the keys that have a call.
#[derive(Debug)]
pub struct Permits<K>(Mutex<HashMap<K, Weak<Semaphore>>>);

impl<K> Default for Permits<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Permits<K> {
    /// The permit of this key. It is there as long as it is held or waited for.
    pub(super) fn of(&self, key: K) -> Arc<Semaphore> {
        // An entry is never left half made.
        let mut permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
