//! Password hashing: Argon2id on blocking threads, bounded by permits. The rules for new passwords are in
//! `shared::password`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use shared::Secret;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;

pub use super::argon::Verification;
use super::argon::{Memory, cryptography};
use crate::auth::error::AuthError;
use crate::auth::permits::Permits;
use crate::entropy::Entropy;
use crate::store::AccountTag;

/// How long a password waits for a permit. Storage, asked next, has what is left of their common deadline
/// (`auth::deadline`): if it fails, too, the call must still be answered within 3 s.
const PERMIT_WAIT: Duration = Duration::from_millis(1_500);

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct PasswordHasher {
    everyone: Arc<Slots>,
    known: Arc<Slots>,
    known_accounts: Arc<Permits<AccountTag>>,
    looked_at: Arc<AtomicU64>,
    entropy: Entropy,
    /// The hash of a random password, compared with the password of an unknown user, so that response times do not
    /// reveal which users exist.
    dummy_hash: Arc<str>,
}

/// The queue that a password waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The queue of unknown callers.
    Normal,
    /// The queue of callers with a session, or on a device where this account is known: any number of strangers does
    /// not delay them. An account has one place in it, with any number of sessions and devices, so a thousand calls
    /// of one account do not delay the only call of another.
    KnownAccount(AccountTag),
}

/// A bounded number of permits, each with memory that is allocated once.
struct Slots {
    places: Arc<Semaphore>,
    memory: Mutex<Vec<Memory>>,
}

/// A permit to hash one password.
pub struct HashPermit {
    slots: Arc<Slots>,
    memory: Memory,
    /// The account's, if it has one, and the queue's. Released last, after the memory is returned.
    _permits: (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit),
}

impl Slots {
    fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(places)), memory: Mutex::default() })
    }

    fn memory(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memory.lock()
    }
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        self.slots.memory().push(std::mem::take(&mut self.memory));
    }
}

impl PasswordHasher {
    /// At most `at_once` passwords are hashed concurrently, and half as many more of known accounts: each takes 19
    /// MiB and a core.
    #[must_use]
    pub fn new(at_once: usize, entropy: Entropy) -> Self {
        let unknown: [u8; 32] = entropy.bytes();
        let dummy_hash = Memory::default()
            .hash(&unknown, &entropy.bytes())
            .expect("fixed parameters and salt length are valid");
        let (everyone, known) = (Slots::new(at_once), Slots::new(at_once.div_ceil(2)));
        Self {
            everyone,
            known,
            known_accounts: Arc::default(),
            looked_at: Arc::default(),
            entropy,
            dummy_hash: dummy_hash.into(),
        }
    }

    /// Hashes a new password, in PHC form.
    ///
    /// # Errors
    /// [`AuthError::Busy`] if the queue is too long; otherwise hashing failed, which means that memory ran out.
    pub async fn hash(&self, password: &Secret, priority: Priority) -> Result<String, AuthError> {
        let (password, salt) = (normalized(password), self.entropy.bytes());
        let permit = self.permit(priority).await?;
        blocking(permit, move |memory| memory.hash(password.expose().as_bytes(), &salt)).await?
    }

    /// Waits for a permit to hash a password.
    ///
    /// # Errors
    /// [`AuthError::Busy`] if the queue is too long.
    pub async fn permit(&self, priority: Priority) -> Result<HashPermit, AuthError> {
        let (slots, account) = match priority {
            Priority::Normal => (&self.everyone, None),
            Priority::KnownAccount(account) => (&self.known, Some(self.known_accounts.of(account))),
        };
        let permits = async {
            let own = match account {
                Some(account) => Some(account.acquire_owned().await?),
                None => None,
            };
            Ok((own, Arc::clone(&slots.places).acquire_owned().await?))
        };
        let permits = tokio::time::timeout(PERMIT_WAIT, permits);
        let permits: Result<_, AcquireError> = permits.await.map_err(|_| AuthError::Busy)?;
        let permits = permits.map_err(cryptography)?;
        let memory = slots.memory().pop().unwrap_or_default();
        Ok(HashPermit { slots: Arc::clone(slots), memory, _permits: permits })
    }

    /// The number of verifications so far.
    #[must_use]
    pub fn looked_at(&self) -> u64 {
        self.looked_at.load(Ordering::Relaxed)
    }

    /// Compares a password with a stored hash, or with the dummy hash if there is none.
    ///
    /// # Errors
    /// If the stored hash is not in PHC form.
    pub async fn verify(
        &self,
        permit: HashPermit,
        password: &Secret,
        stored: Option<&str>,
    ) -> Result<Verification, AuthError> {
        let known = stored.is_some();
        let (password, stored) =
            (normalized(password), stored.unwrap_or(&self.dummy_hash).to_owned());
        self.looked_at.fetch_add(1, Ordering::Relaxed);
        let verdict =
            blocking(permit, move |memory| memory.verify(password.expose().as_bytes(), &stored))
                .await??;
        Ok(if known { verdict } else { Verification::Wrong })
    }
}

async fn blocking<T: Send + 'static>(
    mut permit: HashPermit,
    work: impl FnOnce(&mut Memory) -> T + Send + 'static,
) -> Result<T, AuthError> {
    // The permit moves along: the work counts until it ends, even if the caller is dropped.
    let worker = tokio::task::spawn_blocking(move || work(&mut permit.memory));
    worker.await.map_err(cryptography)
}

/// Unicode NFKC, so that the same password typed on another keyboard is the same (SP 800-63B-4
/// section 3.1.1.2).
#[must_use]
pub fn normalized(password: &Secret) -> Secret {
    Secret::new(password.expose().nfkc().collect())
}
