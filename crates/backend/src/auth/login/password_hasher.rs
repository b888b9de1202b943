//! Password hashing: Argon2id on blocking threads, bounded by permits. The rules for new passwords are in
//! `shared::password`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use shared::Secret;
use tokio::runtime::Handle;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;

pub use super::argon::Verification;
use super::argon::{Memory, cryptography};
use crate::auth::error::AuthError;
use crate::auth::permits::Permits;
use crate::entropy::Entropy;
use crate::pace::rest;
use crate::store::AccountTag;

/// How long a password waits for a permit. Storage, asked next, has what is left of their common deadline
/// (`auth::deadline`): if it fails, too, the call must still be answered within 3 s.
const PERMIT_WAIT: Duration = Duration::from_millis(1_500);

/// Memory that no password has used for this long is released.
const IDLE: Duration = Duration::from_secs(60);

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

/// A bounded number of permits, each with memory that is allocated once and kept for the next.
struct Slots {
    places: Arc<Semaphore>,
    kept: Mutex<Kept>,
}

/// Memory between two passwords. The last that was returned is taken first.
#[derive(Default)]
struct Kept {
    memory: Vec<Memory>,
    /// So many, the lowest, were there all the time since the last look.
    untouched: usize,
    /// Whether a task looks for idle memory.
    is_watched: bool,
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
        Arc::new(Self { places: Arc::new(Semaphore::new(places)), kept: Mutex::default() })
    }

    fn take(&self) -> Memory {
        let mut kept = self.kept.lock();
        let memory = kept.memory.pop().unwrap_or_default();
        kept.untouched = kept.untouched.min(kept.memory.len());
        memory
    }

    fn give_back(self: &Arc<Self>, memory: Memory) {
        let mut kept = self.kept.lock();
        kept.memory.push(memory);
        if !kept.is_watched
            && let Ok(runtime) = Handle::try_current()
        {
            kept.is_watched = true;
            runtime.spawn(release_what_is_idle(Arc::downgrade(self)));
        }
    }

    /// Releases what was idle since the last look. Whether any memory is left.
    fn release(&self) -> bool {
        let mut kept = self.kept.lock();
        let idle = kept.untouched;
        let released: Vec<Memory> = kept.memory.drain(..idle).collect();
        kept.untouched = kept.memory.len();
        kept.is_watched = kept.untouched > 0;
        let is_left = kept.is_watched;
        drop(kept);
        drop(released);
        is_left
    }
}

/// Ends when there is no memory left.
async fn release_what_is_idle(slots: Weak<Slots>) {
    loop {
        rest(IDLE).await;
        if !slots.upgrade().is_some_and(|slots| slots.release()) {
            return;
        }
    }
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        self.slots.give_back(std::mem::take(&mut self.memory));
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
        let memory = slots.take();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(slots: &Slots) -> usize {
        slots.kept.lock().memory.len()
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_kept_for_the_next_password_and_released_when_none_comes() {
        let slots = Slots::new(2);
        let (first, second) = (slots.take(), slots.take());
        slots.give_back(first);
        slots.give_back(second);
        assert_eq!(kept(&slots), 2);
        // One password every half minute needs one of them.
        for _ in 0..5 {
            rest(IDLE / 2).await;
            let memory = slots.take();
            slots.give_back(memory);
        }
        assert_eq!(kept(&slots), 1);
        rest(3 * IDLE).await;
        assert_eq!(kept(&slots), 0);
        // And the next one is watched again.
        slots.give_back(slots.take());
        rest(3 * IDLE).await;
        assert_eq!(kept(&slots), 0);
    }
}
