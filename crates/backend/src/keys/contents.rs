//! The cached contents of the key ring. When they are read, and by how many at once, is in
//! [`KeyRing`](super::KeyRing).

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard, RwLock};

use super::{KeyError, KeyPlan, MasterKey, Ring};
use crate::store::{Store, StoreError, StoredKey};

/// The opened keys, and the plan that they are used by.
pub(super) struct Contents {
    pub(super) master: MasterKey,
    pub(super) configured: KeyPlan,
    in_force: RwLock<KeyPlan>,
    ring: RwLock<Arc<Ring>>,
    /// The rows that were read last, those that do not open included.
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

    /// The cached keys.
    pub(super) fn current(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read())
    }

    /// By the longest lifetimes that any instance may have issued under.
    pub(super) fn plan(&self) -> KeyPlan {
        *self.in_force.read()
    }

    /// Caches these keys; one that does not open is left out.
    pub(super) fn take(&self, stored: Vec<StoredKey>) {
        if stored == *self.seen() {
            return;
        }
        let mut ring = self.ring.write();
        *ring = Arc::new(Ring::open(stored.clone(), &self.master, ring.version() + 1));
        drop(ring);
        *self.seen() = stored;
        if let Some(kid) = self.closed() {
            tracing::error!(event = "key.closed", error = %KeyError::Sealed { kid });
        }
    }

    /// Reads lifetimes and keys. Two reads must not overlap: the earlier result must not replace the later one.
    pub(super) async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        let in_force = self.configured.or_longer(&store.lifetimes().await?);
        *self.in_force.write() = in_force;
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
        self.seen.lock()
    }
}
