//! The attempt key: what lets a client that got no answer ask again without looking like a thief
//! (docs/design/rotation.md). It is kept where other tabs and the next page load find it, until an
//! answer to it has arrived. It must never hold a token; without the cookie the key opens nothing.

use super::record::Record;

/// The name under which a copy of the pending key is kept in localStorage.
pub const PENDING_ATTEMPT: &str = "baton.attempt";
/// What the server accepts as a key.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
const KEY_BYTES: usize = 16;
/// The digits of a key that say when it was made.
const TIME_DIGITS: usize = 12;

/// An attempt that has not been answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAttempt {
    /// Its key.
    pub key: String,
    /// The tab that has taken the key last. Empty where that is not kept.
    pub tab: String,
}

/// A place that keeps one pending attempt, or one of another kind. Reading and writing may quietly fail.
pub trait KeyStore<P = PendingAttempt> {
    /// What is kept, if anything.
    fn read(&self) -> Option<P>;
    /// Keeps this instead of whatever was kept.
    fn write(&self, pending: &P);
    /// Keeps nothing any more.
    fn clear(&self);
}

impl Record for PendingAttempt {
    fn key(&self) -> &str {
        &self.key
    }

    /// No key has a space.
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

/// The key to send: the pending one, so that an unanswered attempt is repeated and not doubled,
/// else `fresh`. It is pending from now on, for `tab`.
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

/// Begins an attempt with `key`, or repeats it, unless another one is pending.
pub fn begin(store: &(impl KeyStore + ?Sized), tab: &str, key: &str) -> bool {
    let is_free = store.read().is_none_or(|pending| pending.key == key);
    if is_free {
        store.write(&PendingAttempt { key: key.to_owned(), tab: tab.to_owned() });
    }
    is_free
}

/// The attempt with `key` has been answered, in `tab`. Another tab may have begun a new attempt since, or have taken
/// the same key for one: it stays.
pub fn settle(store: &(impl KeyStore + ?Sized), tab: &str, key: &str) {
    let is_ours = |pending: PendingAttempt| {
        pending.key == key && (pending.tab == tab || pending.tab.is_empty())
    };
    if store.read().is_some_and(is_ours) {
        store.clear();
    }
}

/// A key: 48 bits of the time in milliseconds, so that keys sort by it, and 80 random ones. As UUIDs of version 7 (RFC 9562
/// section 5.7), without their marks.
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

/// Whether the server accepts it.
pub(super) fn is_usable(key: &str) -> bool {
    KEY_LENGTHS.contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
