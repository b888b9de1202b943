//! The key ring: the ES256 keys access tokens are signed with, and the keys refresh tokens are
//! authenticated with. All instances over one database share it. It must not issue or verify anything;
//! private parts are never shown, logged or stored unsealed.
//!
//! When a key is used is in [`plan`], what it is in [`ring`], what protects it at rest in [`master`], and
//! who makes and removes it in [`keeper`].

mod file;
mod keeper;
pub mod master;
pub mod plan;
pub mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use shared::NumericDate;
use tokio::time::Instant;
use verifier::KeySet;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::entropy::Entropy;
use crate::store::{KeyPurpose, Store, StoreError, StoredKey};
pub use keeper::{Keeping, Retirement, Rotation};
pub use master::MasterKey;
pub use plan::{KeyPlan, KeyState};
pub use ring::Ring;

/// How long an unknown key is not asked for again: whoever invents ids makes no work.
const COOL_DOWN: Duration = Duration::from_secs(1);

/// The server's keys: the ring as it was read last, and how to read it anew.
pub struct KeyRing {
    master: MasterKey,
    device: DeviceKey,
    configured: KeyPlan,
    in_force: RwLock<KeyPlan>,
    entropy: Entropy,
    ring: RwLock<Arc<Ring>>,
    /// It is nowhere but here.
    is_fixed: bool,
    /// Held while the ring is read.
    reading: tokio::sync::Mutex<()>,
    /// What was read last, those that do not open included.
    seen: Mutex<Vec<StoredKey>>,
    /// When somebody last asked for a key that was not there.
    missed_at: Mutex<Option<Instant>>,
}

/// Authenticates the tokens that known devices carry. It is derived from the master key: whoever holds that
/// one has worse to do than to pass for a known device.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// HMAC-SHA-256 with this key, to be fed (RFC 2104).
    #[must_use]
    pub fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length")
    }
}

/// Why the key ring cannot be used. The text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("--keys / --master-key-file: {path} cannot be {action}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which path.
        path: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Others on this machine could read a private key, or put one of their own there.
    #[error(
        "--keys / --master-key-file: {path} is open to others (mode {mode:o}): run chmod go-rwx on it"
    )]
    TooOpen {
        /// Which file or folder.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// There is no ring.
    #[error("--database: it holds no key ring yet: `baton serve` makes it on its first start")]
    Missing,
    /// There is a ring, and nothing to open it with.
    #[error(
        "--keys: the database holds a key ring, but {path} is not there to open it: copy it from where Baton ran first, or name the master key with --master-key-file"
    )]
    NoMasterKey {
        /// Where it was looked for.
        path: String,
    },
    /// What should be a master key is none.
    #[error(
        "{place} holds no master key: 32 bytes in base64, as `openssl rand -base64 32` prints them"
    )]
    NotAMasterKey {
        /// Which file or variable.
        place: String,
    },
    /// A key was sealed with another master key, or changed since.
    #[error(
        "--keys / --master-key-file: the key {kid} in the database was sealed with another master key: use the one Baton ran with before"
    )]
    Sealed {
        /// Which key.
        kid: String,
    },
    /// All keys of a purpose have been retired.
    #[error("no key is in use: all have been retired, and none was made")]
    NoneInUse,
    /// No key has this id.
    #[error("the ring holds no key {kid:?}: `baton keys list` shows those it holds")]
    Unknown {
        /// The id.
        kid: String,
    },
    /// The key counted no more before.
    #[error("the key {kid} has been retired already")]
    RetiredBefore {
        /// Its id.
        kid: String,
    },
    /// The ring could not be read or written.
    #[error("the key ring could not be read or written")]
    Store(#[from] StoreError),
}

impl KeyRing {
    /// An empty ring: [`KeyRing::reload`] fills it.
    fn empty(master: MasterKey, plan: KeyPlan, entropy: Entropy) -> Self {
        Self {
            device: master.device_key(),
            master,
            configured: plan,
            in_force: RwLock::new(plan),
            entropy,
            ring: RwLock::default(),
            is_fixed: false,
            reading: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
            missed_at: Mutex::default(),
        }
    }

    /// A ring that is nowhere on disk, and is never read anew.
    ///
    /// # Panics
    /// Never: keys just generated open.
    #[must_use]
    pub fn in_memory(entropy: &Entropy, plan: KeyPlan, now: NumericDate) -> Self {
        let master = MasterKey::in_memory(entropy);
        let ring = Self { is_fixed: true, ..Self::empty(master, plan, entropy.clone()) };
        let first = |purpose| {
            let first = plan.due(purpose, &[], now).expect("the first key is due");
            ring::generate(purpose, first, (&ring.master, entropy), now)
        };
        let keys = vec![first(KeyPurpose::Access), first(KeyPurpose::Refresh)];
        let opened = RwLock::new(Arc::new(Ring::open(keys, &ring.master)));
        Self { ring: opened, ..ring }
    }

    /// The keys as they were read last.
    #[must_use]
    pub fn current(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public keys others need.
    #[must_use]
    pub fn published(&self, now: NumericDate) -> KeySet {
        self.current().published(&self.plan(), now)
    }

    /// When keys are used, and for how long, by the longest lifetimes that any instance may have issued under.
    #[must_use]
    pub fn plan(&self) -> KeyPlan {
        // A plan is never left half written.
        *self.in_force.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long this instance lets services cache the key set.
    #[must_use]
    pub const fn jwks_cache_seconds(&self) -> i64 {
        self.configured.jwks_cache_seconds
    }

    /// The key of device tokens.
    #[must_use]
    pub const fn device_key(&self) -> &DeviceKey {
        &self.device
    }

    /// Reads the ring anew. A key that does not open is left out.
    ///
    /// # Errors
    /// If storage fails: then the ring stays as it was.
    pub async fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.is_fixed {
            return Ok(());
        }
        // One after the other: what was read before is never put in the place of what was read later.
        let _reading = self.reading.lock().await;
        let in_force = self.configured.or_longer(&store.lifetimes().await?);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
        let stored = store.keys().await?;
        if stored == *self.seen() {
            return Ok(());
        }
        let ring = Ring::open(stored.clone(), &self.master);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        *self.seen() = stored;
        if let Some(kid) = self.closed() {
            tracing::error!(event = "key.closed", error = %KeyError::Sealed { kid });
        }
        Ok(())
    }

    /// A key that does not open.
    fn closed(&self) -> Option<String> {
        let ring = self.current();
        let is_open = |kid: &str| ring.stored().iter().any(|key| key.kid == kid);
        self.seen().iter().find(|key| !is_open(&key.kid)).map(|key| key.kid.clone())
    }

    /// The keys, read anew if this refresh key is not among them: another instance may just have made it, and
    /// whoever logged in there is signed in here.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn with_refresh_key(
        &self,
        kid: &str,
        store: &dyn Store,
    ) -> Result<Arc<Ring>, StoreError> {
        if self.current().refresh_key(kid).is_none() {
            self.reload(store).await?;
        }
        Ok(self.current())
    }

    /// Reads the ring anew because a key was asked for that is not in it: another instance may just have
    /// made it. Once a second at most. Whether it was read.
    pub async fn look_again(&self, store: &dyn Store) -> bool {
        {
            let mut missed_at = self.missed_at();
            let cools = |at: &Instant| at.elapsed() < COOL_DOWN;
            if missed_at.as_ref().is_some_and(cools) {
                return false;
            }
            *missed_at = Some(Instant::now());
        }
        match self.reload(store).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(event = "keys.unread", %error);
                false
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, Vec<StoredKey>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missed_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.missed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
