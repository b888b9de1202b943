//! Key rotation: makes keys before they are needed and removes them after their expiry. The first of all instances
//! does it, and the others find it done. When it is due is decided in [`plan`](super::plan).

use std::sync::Arc;
use std::time::Duration;

use shared::NumericDate;
use tokio_util::task::AbortOnDropHandle;

use super::error::KeyError;
use super::plan::{KeyPlan, KeyState, Successor};
use super::source::MasterKeySource;
use super::{KeyRing, MasterKey, ring};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::pace::ticks;
use crate::store::{Change, KeyPurpose, Store, StoredKey};

/// How often a running server checks whether a step is due: often enough for the shortest plan.
const LOOK: Duration = Duration::from_secs(5);
const PURPOSES: [KeyPurpose; 2] = [KeyPurpose::Access, KeyPurpose::Refresh];

/// The rotation task. Dropping the handle aborts it.
pub type RotationTask = AbortOnDropHandle<()>;

/// When the first keys of a ring may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRing {
    /// Only if the master key is as new as the ring. A used one has its ring in another database, which the
    /// operator meant to open: here, every session would be unknown.
    WithNewMasterKey,
    /// The operator says that the database is new, or it is lost at exit.
    Always,
}

/// The outcome of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// The next key.
    pub kid: String,
    /// When it is used.
    pub signs_from: NumericDate,
}

impl KeyRing {
    /// Opens the ring in `store`, making its first keys if there are none.
    ///
    /// # Errors
    /// If there is no master key for it, or no ring for a master key that has been used, or storage fails.
    pub async fn open(
        source: &MasterKeySource,
        plan: KeyPlan,
        store: &Arc<dyn Store>,
        clock: &Clock,
        entropy: &Entropy,
        first_ring: FirstRing,
    ) -> Result<Self, KeyError> {
        // Before the ring is read: once the key is no longer new, the ring is there.
        let is_used = MasterKey::is_used(source);
        let is_new = store.keys().await?.is_empty();
        let master = MasterKey::find(source, is_used || !is_new, entropy)?;
        if is_new && is_used && first_ring == FirstRing::WithNewMasterKey {
            return Err(KeyError::NoRing { master_key: source.place() });
        }
        let ring = Self::empty(master, plan, clock, entropy.clone());
        ring.read_all(store).await?;
        // By a clock that is in doubt no key is made or removed.
        if let Ok(now) = clock.settled_now() {
            ring.advance(store, now).await?;
        }
        // Another instance may have made the keys, with a master key of its own.
        ring.read_all(store).await?;
        if !ring.current().stored().is_empty() {
            MasterKey::note_used(source)?;
        }
        Ok(ring)
    }

    /// Opens the ring in `store` without making a key.
    ///
    /// # Errors
    /// As [`KeyRing::open`], and if there is no ring yet.
    pub async fn open_existing(
        source: &MasterKeySource,
        plan: KeyPlan,
        store: &Arc<dyn Store>,
        clock: &Clock,
        entropy: &Entropy,
    ) -> Result<Self, KeyError> {
        if store.keys().await?.is_empty() {
            return Err(KeyError::Missing);
        }
        let master = MasterKey::find(source, true, entropy)?;
        let ring = Self::empty(master, plan, clock, entropy.clone());
        ring.read_all(store).await?;
        Ok(ring)
    }

    /// At start every key has to open.
    async fn read_all(&self, store: &Arc<dyn Store>) -> Result<(), KeyError> {
        self.reload(store).await?;
        match self.contents.closed() {
            Some(kid) => Err(KeyError::Sealed { kid }),
            None => Ok(()),
        }
    }

    /// Makes the keys that are due and removes those that have no further use.
    ///
    /// # Errors
    /// If storage fails. Completed steps stay done.
    pub async fn advance(&self, store: &Arc<dyn Store>, now: NumericDate) -> Result<(), KeyError> {
        // Twice: behind the first key there is a pending one.
        for purpose in PURPOSES.into_iter().chain(PURPOSES) {
            if let Some(successor) = self.plan().due(purpose, self.current().stored(), now) {
                self.add(purpose, successor, store, now).await?;
            }
        }
        let ring = self.current();
        let plan = self.plan();
        let gone = plan.states(ring.stored(), now).into_iter();
        let gone = gone.filter(|(key, state)| is_over(&plan, key, *state, now));
        let mut removed = false;
        for (key, _) in gone {
            let remove = Change::RemoveKey(key.kid.clone());
            if store.commit(remove, Vec::new()).await?.took_place() {
                tracing::info!(
                    event = "key.removed",
                    kid = key.kid,
                    purpose = key.purpose.as_str()
                );
                removed = true;
            }
        }
        if removed {
            self.reload(store).await?;
        }
        Ok(())
    }

    /// Rotates early: lets the pending key be used as soon as it may be; publishes one if none is pending.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn rotate(
        &self,
        purpose: KeyPurpose,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<KeyRotation, KeyError> {
        match self.waiting(purpose, now) {
            Some(waiting) => {
                let earliest = self.plan().earliest(&waiting, now);
                let activate_early = Change::ActivateKeyEarly(waiting.kid.clone(), earliest);
                if store.commit(activate_early, Vec::new()).await?.took_place() {
                    let (kid, purpose) = (waiting.kid, purpose.as_str());
                    tracing::info!(event = "key.hastened", kid, purpose, signs_from = earliest.0);
                }
                self.reload(store).await?;
            }
            None => {
                let next = self.plan().next(purpose, self.current().stored(), now);
                self.add(purpose, next, store, now).await?;
            }
        }
        let waiting = self.waiting(purpose, now).ok_or(KeyError::Missing)?;
        Ok(KeyRotation { kid: waiting.kid, signs_from: waiting.signs_from })
    }

    /// Rotates keys when they are due, until the handle is dropped.
    pub fn keep(self: &Arc<Self>, store: &Arc<dyn Store>, clock: &Clock) -> RotationTask {
        let (ring, store, clock) = (Arc::clone(self), Arc::clone(store), clock.clone());
        RotationTask::new(tokio::spawn(async move {
            let (mut has_failed, mut ticks) = (false, ticks(LOOK, LOOK));
            loop {
                ticks.tick().await;
                // No key is made or removed by a clock that is in doubt, which the clock logs itself.
                let Ok(now) = clock.settled_now() else { continue };
                let advanced = async {
                    ring.reload(&store).await?;
                    ring.advance(&store, now).await
                };
                let advanced: Result<(), KeyError> = advanced.await;
                match advanced {
                    Ok(()) => has_failed = false,
                    // Logged once until a retry succeeds: keys are made long before they are needed.
                    Err(error) if !std::mem::replace(&mut has_failed, true) => {
                        tracing::warn!(event = "keys.untended", %error);
                    }
                    Err(_) => {}
                }
            }
        }))
    }

    /// Adds a key, unless another instance has been faster.
    async fn add(
        &self,
        purpose: KeyPurpose,
        successor: Successor,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<(), KeyError> {
        let key = self.made(purpose, successor, now);
        let (kid, signs_from) = (key.kid.clone(), key.signs_from);
        let add = Change::AddKey(Box::new(key));
        if store.commit(add, Vec::new()).await?.took_place() {
            let purpose = purpose.as_str();
            tracing::info!(event = "key.published", kid, purpose, signs_from = signs_from.0);
        }
        Ok(self.reload(store).await?)
    }

    pub(super) fn made(
        &self,
        purpose: KeyPurpose,
        successor: Successor,
        now: NumericDate,
    ) -> StoredKey {
        ring::generate(purpose, successor, &self.contents.master, &self.entropy, now)
    }

    fn waiting(&self, purpose: KeyPurpose, now: NumericDate) -> Option<StoredKey> {
        let ring = self.current();
        let states = self.plan().states(ring.stored(), now);
        let waiting = states
            .into_iter()
            .find(|(key, state)| key.purpose == purpose && *state == KeyState::Pending);
        waiting.map(|(key, _)| key.clone())
    }
}

/// Whether the row has no further use. A revoked key's is kept, as a record, as long as the key would have been
/// anyway.
fn is_over(plan: &KeyPlan, key: &StoredKey, state: KeyState, now: NumericDate) -> bool {
    let kept_seconds = plan.session_seconds.max(plan.rotation_seconds);
    let long_revoked = key.revoked_at.is_some_and(|at| at.plus(kept_seconds) < now);
    state == KeyState::Expired || long_revoked
}
