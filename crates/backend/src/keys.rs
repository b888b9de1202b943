//! The key ring: the ES256 keys access tokens are signed with, and the keys refresh tokens are
//! authenticated with. All instances over one database share it. It must not issue or verify anything;
//! private parts are never shown, logged or stored unsealed.
//!
//! When a key is used is in [`plan`], what it is in [`ring`], what protects it at rest in [`master`], what was
//! read last in [`contents`], who makes and removes keys in [`key_rotation`], and what happens to one that somebody else may
//! have in [`key_revocation`].

mod contents;
mod file;
mod key_revocation;
mod key_rotation;
pub mod master;
pub mod plan;
pub mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use shared::NumericDate;
use verifier::KeySet;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::{BootInstant, Clock};
use crate::entropy::Entropy;
use crate::single_flight::{Failed, SingleFlight};
use crate::store::{KeyPurpose, Store, StoreError};
use contents::Contents;
pub use key_revocation::KeyRevocation;
pub use key_rotation::{FirstRing, KeyRotation, RotationTask};
pub use master::MasterKey;
pub use plan::{KeyPlan, KeyState};
pub use ring::Ring;

/// How long an unknown key is not asked for again: whoever invents ids makes no work.
const COOL_DOWN: Duration = Duration::from_secs(1);
/// How long one read may take, and anybody wait for it: as long as one call to the store, though it is two.
const READ_TIME: Duration = Duration::from_secs(2);
/// How long before a protected call a read may have begun whose result it takes. A key that was retired since is
/// accepted for so much longer: a tenth of the second that is promised.
const SHARED_AGE: Duration = Duration::from_millis(100);

/// The server's keys: the ring as it was read last, and how to read it anew.
pub struct KeyRing {
    contents: Arc<Contents>,
    device: DeviceKey,
    entropy: Entropy,
    /// It is nowhere but here.
    is_fixed: bool,
    /// One read at a time, for all who need it.
    reads: SingleFlight<(), StoreError>,
    /// When somebody last asked for a key that was not there.
    missed_at: Mutex<Option<BootInstant>>,
    clock: Clock,
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
    #[error(
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: {path} cannot be {action}"
    )]
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
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: {path} is open to others (mode {mode:o}): run chmod go-rwx on it; a mounted secret may have mode 0440 if root owns it and a group of this process reads it"
    )]
    TooOpen {
        /// Which file or folder.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// There is no ring.
    #[error(
        "--database / BATON_DATABASE: it holds no key ring yet: `baton serve` makes it on its first start"
    )]
    Missing,
    /// There is a master key that has been used, and no ring.
    #[error(
        "a master key is in use ({master_key}), but its key ring is not here, so no session is: name the database that Baton ran with before, or, if this one shall be a new one, pass --new-database at its first start"
    )]
    NoRing {
        /// Where the master key is.
        master_key: String,
    },
    /// There is a ring, and nothing to open it with.
    #[error(
        "--keys / BATON_KEYS: the database holds a key ring, but {path} is not there to open it: copy it from where Baton ran first, or name the master key with --master-key-file"
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
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: the key {kid} in the database was sealed with another master key: use the one Baton ran with before"
    )]
    Sealed {
        /// Which key.
        kid: String,
    },
    /// All keys of a purpose have been retired.
    #[error("no key is in use: all have been revoked, and none was made")]
    NoneInUse,
    /// No key has this id.
    #[error("the ring holds no key {kid:?}: `baton keys list` shows those it holds")]
    Unknown {
        /// The id.
        kid: String,
    },
    /// The key counted no more before.
    #[error("the key {kid} has been revoked already")]
    RevokedBefore {
        /// Its id.
        kid: String,
    },
    /// The ring could not be read or written.
    #[error("the key ring could not be read or written")]
    Store(#[from] StoreError),
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
            missed_at: Mutex::default(),
            clock: clock.clone(),
        }
    }

    /// A ring that is nowhere on disk, and is never read anew.
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

    /// The keys as they were read last.
    #[must_use]
    pub fn current(&self) -> Arc<Ring> {
        self.contents.current()
    }

    /// The public keys others need.
    #[must_use]
    pub fn published(&self, now: NumericDate) -> KeySet {
        self.current().published(&self.plan(), now)
    }

    /// When keys are used, and for how long, by the longest lifetimes that any instance may have issued under.
    #[must_use]
    pub fn plan(&self) -> KeyPlan {
        self.contents.plan()
    }

    /// For how long this instance lets services cache the key set.
    #[must_use]
    pub fn jwks_cache_seconds(&self) -> i64 {
        self.contents.configured.jwks_cache_seconds
    }

    /// The key of device tokens.
    #[must_use]
    pub const fn device_key(&self) -> &DeviceKey {
        &self.device
    }

    /// Reads the ring again: what was changed before this call is in it afterwards. A key that does not open is
    /// left out.
    ///
    /// # Errors
    /// If storage fails: then the ring stays as it was.
    pub async fn reload(&self, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        self.read(store, Duration::ZERO).await
    }

    /// The same for a call that may take what another one has just begun to read.
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
        let read = || async move { contents.read(&*store).await };
        Ok(self.reads.run(max_age, read).await?)
    }

    /// The keys, read again if this refresh key is not among them: another instance may just have made it, and
    /// whoever logged in there is signed in here.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn with_refresh_key(
        &self,
        kid: &str,
        store: &Arc<dyn Store>,
    ) -> Result<Arc<Ring>, StoreError> {
        if self.current().refresh_key(kid).is_none() {
            // A session names the key, so that it is there: a read that began before may not have seen it, and
            // without it the user would be signed out.
            self.reload(store).await?;
        }
        Ok(self.current())
    }

    /// Reads the ring again because a key was asked for that is not in it: another instance may just have
    /// made it. Once a second at most; who comes in between joins a read that is under way. Whether it was read.
    pub async fn look_again(&self, store: &Arc<dyn Store>) -> bool {
        if self.is_cooling_down() {
            return matches!(self.reads.join().await, Some(Ok(())));
        }
        match self.reload(store).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(event = "keys.unread", %error);
                false
            }
        }
    }

    /// Whether a key was missed a moment ago; if not, one is now.
    fn is_cooling_down(&self) -> bool {
        let (mut missed_at, now) = (self.missed_at(), self.clock.boot_instant());
        let cools = missed_at.is_some_and(|at| now.since(at) < COOL_DOWN);
        if !cools {
            *missed_at = Some(now);
        }
        cools
    }

    fn missed_at(&self) -> MutexGuard<'_, Option<BootInstant>> {
        self.missed_at.lock().unwrap_or_else(PoisonError::into_inner)
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
