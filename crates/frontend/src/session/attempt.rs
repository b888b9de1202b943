//! The attempt key: what lets a client that got no answer ask again without looking like a thief
//! (docs/design/rotation.md). It is kept where other tabs and the next page load find it, until an
//! answer to it has arrived. It must never hold a token; without the cookie the key opens nothing.

/// The name under which a copy of the pending key is kept in localStorage.
pub const PENDING_ATTEMPT: &str = "baton.attempt";
/// What the server accepts as a key.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
const KEY_BYTES: usize = 16;

/// A place that keeps one pending key. Reading and writing may quietly fail.
pub trait Shelf {
    /// The key that is kept, if any.
    fn read(&self) -> Option<String>;
    /// Keeps `key` instead of whatever was kept.
    fn write(&self, key: &str);
    /// Keeps nothing any more.
    fn clear(&self);
}

/// The key to send: the pending one, so that an unanswered attempt is repeated and not doubled,
/// else `fresh`, which is pending from now on.
pub fn take_or_create(shelf: &(impl Shelf + ?Sized), fresh: impl FnOnce() -> String) -> String {
    match shelf.read() {
        Some(pending) if is_usable(&pending) => pending,
        _ => {
            let key = fresh();
            shelf.write(&key);
            key
        }
    }
}

/// Begins an attempt with `key`, unless one is pending.
pub fn begin(shelf: &(impl Shelf + ?Sized), key: &str) -> bool {
    let is_vacant = shelf.read().is_none();
    if is_vacant {
        shelf.write(key);
    }
    is_vacant
}

/// The attempt with `key` has been answered. Another tab may have begun a new attempt meanwhile:
/// its key stays.
pub fn settle(shelf: &(impl Shelf + ?Sized), key: &str) {
    if shelf.read().as_deref() == Some(key) {
        shelf.clear();
    }
}

/// 16 bytes as a key.
#[must_use]
pub fn key_of(random: [u8; KEY_BYTES]) -> String {
    use std::fmt::Write;

    random.iter().fold(String::with_capacity(2 * KEY_BYTES), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

fn is_usable(key: &str) -> bool {
    KEY_LENGTHS.contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}
