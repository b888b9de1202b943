//! The attempt key, which is the idempotency key of a rotation: it lets a client retry an unanswered refresh without
//! being taken for a replay (docs/design/rotation.md). It is stored for other tabs and the next page load until its
//! attempt is answered. Without the cookie the key is no credential.

use super::record::Record;

/// Key lengths that the server accepts.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
const KEY_BYTES: usize = 16;
/// The digits of a key's timestamp.
const TIME_DIGITS: usize = 12;

/// An unanswered attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAttempt {
    /// The attempt key.
    pub key: String,
    /// The tab that took the key last. Empty if unknown.
    pub tab: String,
}

/// A store of one pending attempt or action. Reads and writes may fail silently.
pub trait KeyStore<P = PendingAttempt> {
    /// The stored record.
    fn read(&self) -> Option<P>;
    /// Replaces the stored record.
    fn write(&self, pending: &P);
    /// Removes the stored record.
    fn clear(&self);
}

impl Record for PendingAttempt {
    fn key(&self) -> &str {
        &self.key
    }

    /// No key contains a space.
    fn encoded(&self) -> String {
        format!("{} {}", self.key, self.tab)
    }

    fn decoded(stored: &str) -> Option<Self> {
        let (key, tab) = stored.split_once(' ')?;
        Some(Self { key: key.to_owned(), tab: tab.to_owned() })
    }

    /// The key alone.
    fn copied(&self) -> String {
        self.key.clone()
    }

    fn of_copy(copy: &str) -> Option<Self> {
        Some(Self { key: copy.to_owned(), tab: String::new() })
    }
}

/// The key to send: the pending one, so that an unanswered attempt is retried with its key, else `fresh`. It is
/// pending from now on, for `tab`.
pub fn take_or_create(
    store: &(impl KeyStore + ?Sized),
    tab: &str,
    fresh: impl FnOnce() -> String,
) -> String {
    let pending = store.read().map(|pending| pending.key).filter(|key| is_usable(key));
    let key = pending.unwrap_or_else(fresh);
    store.write(&PendingAttempt { key: key.clone(), tab: tab.to_owned() });
    key
}

/// Begins or retries the attempt with `key`, unless another one is pending.
pub fn begin(store: &(impl KeyStore + ?Sized), tab: &str, key: &str) -> bool {
    let is_free = store.read().is_none_or(|pending| pending.key == key);
    if is_free {
        store.write(&PendingAttempt { key: key.to_owned(), tab: tab.to_owned() });
    }
    is_free
}

/// Removes the attempt with `key`, which was answered in `tab`. It stays if another tab has begun a new attempt
/// since, or has taken the same key for a retry.
pub fn settle(store: &(impl KeyStore + ?Sized), tab: &str, key: &str) {
    let is_ours = |pending: PendingAttempt| {
        pending.key == key && (pending.tab == tab || pending.tab.is_empty())
    };
    if store.read().is_some_and(is_ours) {
        store.clear();
    }
}

/// A key: 48 bits of Unix time in milliseconds, so that keys sort by time, and 80 random bits, like a UUID of version
/// 7 (RFC 9562 section 5.7) without version and variant.
#[must_use]
pub fn key_of(at_ms: u64, random: [u8; 10]) -> String {
    use std::fmt::Write;

    let [_, _, time @ ..] = at_ms.to_be_bytes();
    time.iter().chain(&random).fold(String::with_capacity(2 * KEY_BYTES), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// When a key of [`key_of`] was made, in milliseconds since 1970.
#[must_use]
pub fn made_at_ms(key: &str) -> Option<u64> {
    u64::from_str_radix(key.get(..TIME_DIGITS)?, 16).ok()
}

/// Whether the server accepts the key.
pub(super) fn is_usable(key: &str) -> bool {
    KEY_LENGTHS.contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
