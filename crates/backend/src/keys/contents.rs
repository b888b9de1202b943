//! What the key ring holds, as it was read last. It must not know when it is read, nor by how many at once; that
//! is [`KeyRing`](super::KeyRing).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::{KeyError, KeyPlan, MasterKey, Ring};
use crate::store::{Store, StoreError, StoredKey};

/// The keys, opened, and the plan they are used by.
pub(super) struct Contents {
    pub(super) master: MasterKey,
    pub(super) configured: KeyPlan,
    in_force: RwLock<KeyPlan>,
    ring: RwLock<Arc<Ring>>,
    /// What was read last, those that do not open included.
    seen: Mutex<Vec<StoredKey>>,
}

impl Contents {
    pub(super) fn new(master: MasterKey, plan: KeyPlan) -> Self {
        Self {
            master,
            configured: plan,
            in_force: RwLock::new(plan),
            ring: RwLock::default(),
            seen: Mutex::default(),
        }
    }

    /// The keys as they were read last.
    pub(super) fn current(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// By the longest lifetimes that any instance may have issued under.
    pub(super) fn plan(&self) -> KeyPlan {
        // A plan is never left half written.
        *self.in_force.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes these keys; one that does not open is left out.
    pub(super) fn take(&self, stored: Vec<StoredKey>) {
        if stored == *self.seen() {
            return;
        }
        let ring = Ring::open(stored.clone(), &self.master);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        *self.seen() = stored;
        if let Some(kid) = self.closed() {
            tracing::error!(event = "key.closed", error = %KeyError::Sealed { kid });
        }
    }

    /// Reads all of it. Two reads must not overlap: what was read before must not take the place of what was
    /// read later.
    pub(super) async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        let in_force = self.configured.or_longer(&store.lifetimes().await?);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
        self.take(store.keys().await?);
        Ok(())
    }

    /// A key that does not open.
    pub(super) fn closed(&self) -> Option<String> {
        let ring = self.current();
        let is_open = |kid: &str| ring.stored().iter().any(|key| key.kid == kid);
        self.seen().iter().find(|key| !is_open(&key.kid)).map(|key| key.kid.clone())
    }

    fn seen(&self) -> MutexGuard<'_, Vec<StoredKey>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
