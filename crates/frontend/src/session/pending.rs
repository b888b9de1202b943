//! The pending action: its key is kept where the next page load finds it, until an answer has arrived. A later action that says
//! the same takes the same key again, so that the server carries it out once; one that says something else takes a new
//! key. The attempt key of a refresh is kept by rules of its own ([`super::attempt`]).

use super::attempt::{Shelf, is_usable, made_at_ms};
use super::record::Record;
use crate::action::Action;

/// The beginning of the names of the records.
pub const PENDING_ACTION: &str = "baton.action.";
/// A key is not used again when it is older. The server remembers it for 24 hours; clocks and requests may be late.
const USABLE_FOR_MS: u64 = 20 * 60 * 60 * 1_000;

/// An action that has not been answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAction {
    /// Its key.
    pub key: String,
    /// [`Action::digest`] with that key.
    pub digest: String,
}

/// The key to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The key.
    pub key: String,
    /// Whether it is that of an earlier click, which may have been carried out.
    pub resumed: bool,
}

impl PendingAction {
    /// Whether the server still knows the key, if it has seen it.
    #[must_use]
    pub fn is_recent(&self, now_ms: u64) -> bool {
        is_usable(&self.key)
            && made_at_ms(&self.key).is_some_and(|made| made.abs_diff(now_ms) < USABLE_FOR_MS)
    }
}

impl Record for PendingAction {
    fn key(&self) -> &str {
        &self.key
    }

    fn encoded(&self) -> String {
        format!("{} {}", self.key, self.digest)
    }

    fn decoded(stored: &str) -> Option<Self> {
        let (key, digest) = stored.split_once(' ')?;
        Some(Self { key: key.to_owned(), digest: digest.to_owned() })
    }
}

/// The key to send: the pending one, if `action` says the same, else `fresh`. It is pending from now on.
pub fn take_or_create(
    shelf: &(impl Shelf<PendingAction> + ?Sized),
    action: &Action,
    now_ms: u64,
    fresh: String,
) -> Taken {
    let pending = shelf.read().filter(|pending| {
        pending.is_recent(now_ms) && action.digest(&pending.key).as_ref() == Some(&pending.digest)
    });
    if let Some(PendingAction { key, .. }) = pending {
        return Taken { key, resumed: true };
    }
    if let Some(digest) = action.digest(&fresh) {
        shelf.write(&PendingAction { key: fresh.clone(), digest });
    }
    Taken { key: fresh, resumed: false }
}

/// The action with `key` has been answered. One that has begun since stays pending.
pub fn settle(shelf: &(impl Shelf<PendingAction> + ?Sized), key: &str) {
    if shelf.read().is_some_and(|pending| pending.key == key) {
        shelf.clear();
    }
}

/// Removes a key that is not used again.
pub fn remove_outdated(shelf: &(impl Shelf<PendingAction> + ?Sized), now_ms: u64) {
    if shelf.read().is_some_and(|pending| !pending.is_recent(now_ms)) {
        shelf.clear();
    }
}
