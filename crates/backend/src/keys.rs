//! The key ring: the ES256 keys that sign access tokens (JWT), and the keys that authenticate refresh tokens. All
//! instances over one database share it. Private parts are never shown, logged or stored unsealed.
//!
//! When a key is used is in [`plan`], what it is in [`ring`], its protection at rest in [`master`], the cached keys
//! in [`contents`], rotation in [`key_rotation`], and the revocation of a compromised key in [`key_revocation`].

mod contents;
mod error;
mod file;
mod key_revocation;
mod key_rotation;
pub mod master;
pub mod plan;
pub mod ring;
pub(crate) mod source;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use shared::NumericDate;
use verifier::KeySet;

use crate::clock::{BootInstant, Clock};
use crate::entropy::Entropy;
use crate::single_flight::{Failed, SingleFlight};
use crate::store::{KeyPurpose, Store, StoreError};
use contents::Contents;
pub use error::KeyError;
pub use key_revocation::RevokedKey;
pub use key_rotation::{FirstRing, KeyRotation, RotationTask};
pub use master::{DeviceKey, MasterKey};
pub use plan::{KeyPlan, KeyState};
pub use ring::Ring;
pub use source::{MASTER_KEY_FILE, MasterKeySource};

/// After a look-up of an unknown `kid`, no other one reads the ring for so long: invented ids cause no work.
const COOL_DOWN: Duration = Duration::from_secs(1);
/// Timeout of a read, and of its callers: that of one call to the store, though it makes two.
const READ_TIME: Duration = Duration::from_secs(2);
/// How long before a protected call the read whose result it shares may have begun. A key that was revoked since is
/// accepted for so much longer: a tenth of the second that is promised.
const SHARED_AGE: Duration = Duration::from_millis(100);

/// The server's keys: the cached ring, and how to revalidate it.
pub struct KeyRing {
    contents: Arc<Contents>,
    device: DeviceKey,
    entropy: Entropy,
    /// The ring is in memory only.
    is_fixed: bool,
    /// One read at a time, for all callers that need it.
    reads: SingleFlight<(), StoreError>,
    /// Whether the last read failed.
    is_unread: Arc<AtomicBool>,
    /// When a call last asked for a missing key.
    missed_at: Mutex<Option<BootInstant>>,
    clock: Clock,
}

/// A read under way: it has failed if it is dropped, as at its timeout.
struct Read(Arc<AtomicBool>);

impl Drop for Read {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Read {
    fn succeed(self) {
        let is_unread = Arc::clone(&self.0);
        drop(self);
        is_unread.store(false, Ordering::Release);
    }
}

impl KeyRing {
    /// An empty ring: [`KeyRing::reload`] fills it.
    fn empty(master: MasterKey, plan: KeyPlan, clock: &Clock, entropy: Entropy) -> Self {
        Self {
            device: master.device_key(),
            contents: Arc::new(Contents::new(master, plan)),
            entropy,
            is_fixed: false,
            reads: SingleFlight::new(READ_TIME, clock),
            is_unread: Arc::default(),
            missed_at: Mutex::default(),
            clock: clock.clone(),
        }
    }

    /// A ring in memory only, which is never read again.
    ///
    /// # Panics
    /// Never: keys just generated open.
    #[must_use]
    pub fn in_memory(entropy: &Entropy, plan: KeyPlan, now: NumericDate) -> Self {
        let master = MasterKey::in_memory(entropy);
        let clock = Clock::manual(now);
        let ring = Self { is_fixed: true, ..Self::empty(master, plan, &clock, entropy.clone()) };
        let first = |purpose| {
            let first = plan.due(purpose, &[], now).expect("the first key is due");
            ring::generate(purpose, first, &ring.contents.master, entropy, now)
        };
        ring.contents.take(vec![first(KeyPurpose::Access), first(KeyPurpose::Refresh)]);
        ring
    }

    /// The cached keys.
    #[must_use]
    pub fn current(&self) -> Arc<Ring> {
        self.contents.current()
    }

    /// The public keys (JWKS) that verifiers need.
    #[must_use]
    pub fn published(&self, now: NumericDate) -> KeySet {
        self.current().published(&self.plan(), now)
    }

    /// When keys are used, and for how long, by the longest lifetimes that any instance may have issued under.
    #[must_use]
    pub fn plan(&self) -> KeyPlan {
        self.contents.plan()
    }

    /// How long this instance lets services cache the JWKS.
    #[must_use]
    pub fn jwks_cache_seconds(&self) -> i64 {
        self.contents.configured.jwks_cache_seconds
    }

    /// The key of device tokens.
    #[must_use]
    pub const fn device_key(&self) -> &DeviceKey {
        &self.device
    }

    /// Reads the ring again: all changes made before this call are in it afterwards. A key that does not open is
    /// left out.
    ///
    /// # Errors
    /// If storage fails: then the cached ring stays.
    pub async fn reload(&self, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        self.read(store, Duration::ZERO).await
    }

    /// Revalidates the ring, or shares a read that another call has just begun.
    ///
    /// # Errors
    /// As [`KeyRing::reload`].
    pub async fn revalidate(&self, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        self.read(store, SHARED_AGE).await
    }

    async fn read(&self, store: &Arc<dyn Store>, max_age: Duration) -> Result<(), StoreError> {
        if self.is_fixed {
            return Ok(());
        }
        let (contents, store) = (Arc::clone(&self.contents), Arc::clone(store));
        let is_unread = Arc::clone(&self.is_unread);
        let read = || async move {
            let read = Read(is_unread);
            contents.read(&*store).await?;
            read.succeed();
            Ok(())
        };
        Ok(self.reads.run(max_age, read).await?)
    }

    /// The keys, read again if this refresh key is not among them: another instance may just have made it, and a
    /// user who logged in there is signed in here, too.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn with_refresh_key(
        &self,
        kid: &str,
        store: &Arc<dyn Store>,
    ) -> Result<Arc<Ring>, StoreError> {
        if self.current().refresh_key(kid).is_none() {
            // The key exists, since a session names it. A read that began before may have missed it, and without it
            // the user would be signed out.
            self.reload(store).await?;
        }
        Ok(self.current())
    }

    /// Reads the ring again because it lacks a key that a call asked for: another instance may just have made it.
    /// Once a second at most; calls in between join a read that is under way. Returns whether the ring was read.
    ///
    /// # Errors
    /// If storage fails, or failed at the last read: then it is not known whether the key exists.
    pub async fn look_again(&self, store: &Arc<dyn Store>) -> Result<bool, StoreError> {
        if self.is_cooling_down() {
            return match self.reads.join().await {
                Some(landing) => Ok(landing.map(|()| true)?),
                None if self.is_unread.load(Ordering::Acquire) => Err(StoreError::TimedOut),
                None => Ok(false),
            };
        }
        let read = self.reload(store).await;
        if let Err(error) = &read {
            tracing::warn!(event = "keys.unread", %error);
        }
        read.map(|()| true)
    }

    /// Whether a key was missed a moment ago; if not, records that one is now.
    fn is_cooling_down(&self) -> bool {
        let (mut missed_at, now) = (self.missed_at.lock(), self.clock.boot_instant());
        let cools = missed_at.is_some_and(|at| now.since(at) < COOL_DOWN);
        if !cools {
            *missed_at = Some(now);
        }
        cools
    }
}

impl From<Failed<StoreError>> for StoreError {
    fn from(failed: Failed<StoreError>) -> Self {
        match failed {
            Failed::Error(error) => Self::Shared(error),
            Failed::TimedOut => Self::TimedOut,
            Failed::Abandoned => Self::Stopped,
        }
    }
}
