//! Pending actions: the idempotency key of an action is stored for the next page load until it is answered. A later
//! action with the same content takes the same key, so that the server carries it out once; another content takes a
//! new key. Attempt keys of refreshes have their own rules ([`super::attempt`]).

use super::attempt::{KeyStore, is_usable, made_at_ms};
use super::record::Record;
use crate::action::{Action, begins_a_session};

/// Maximum age of a key for a retry. The server remembers a key for 24 hours; clocks and requests may be late.
const USABLE_FOR_MS: u64 = 20 * 60 * 60 * 1_000;
/// The same for a sign-in. Its digest covers an email address, which can be guessed; and a repeated answer has the
/// `auth_time` of the first login, not of the latest password.
const SIGN_IN_USABLE_FOR_MS: u64 = 10 * 60 * 1_000;

/// An unanswered action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAction {
    /// The idempotency key.
    pub key: String,
    /// [`Action::digest`] with that key.
    pub digest: String,
}

/// The key to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenKey {
    /// The key.
    pub key: String,
    /// Whether it is the key of an earlier click, which may have been carried out.
    pub resumed: bool,
}

impl PendingAction {
    /// Whether an action of this name may retry with this key: the server still knows the key, if it ever arrived.
    #[must_use]
    pub fn is_recent(&self, name: &str, now_ms: u64) -> bool {
        let usable_for_ms =
            if begins_a_session(name) { SIGN_IN_USABLE_FOR_MS } else { USABLE_FOR_MS };
        is_usable(&self.key)
            && made_at_ms(&self.key).is_some_and(|made| made.abs_diff(now_ms) < usable_for_ms)
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

/// The key to send: the pending one if `action` is the same, else `fresh`. It is pending from now on.
pub fn take_or_create(
    store: &(impl KeyStore<PendingAction> + ?Sized),
    action: &Action,
    now_ms: u64,
    fresh: String,
) -> TakenKey {
    let pending = store.read().filter(|pending| {
        pending.is_recent(action.name(), now_ms)
            && action.digest(&pending.key).as_ref() == Some(&pending.digest)
    });
    if let Some(PendingAction { key, .. }) = pending {
        return TakenKey { key, resumed: true };
    }
    if let Some(digest) = action.digest(&fresh) {
        store.write(&PendingAction { key: fresh.clone(), digest });
    }
    TakenKey { key: fresh, resumed: false }
}

/// Removes the key of an answered action. A later action stays pending.
pub fn settle(store: &(impl KeyStore<PendingAction> + ?Sized), key: &str) {
    if store.read().is_some_and(|pending| pending.key == key) {
        store.clear();
    }
}

/// Removes the key of an action of this name at its expiry.
pub fn remove_expired(store: &(impl KeyStore<PendingAction> + ?Sized), name: &str, now_ms: u64) {
    if store.read().is_some_and(|pending| !pending.is_recent(name, now_ms)) {
        store.clear();
    }
}

/// Removes a key that was made at `until_ms` or before, or that has no timestamp.
pub fn remove_made_until(store: &(impl KeyStore<PendingAction> + ?Sized), until_ms: u64) {
    let is_made = |pending: PendingAction| made_at_ms(&pending.key).is_none_or(|at| at <= until_ms);
    if store.read().is_some_and(is_made) {
        store.clear();
    }
}
