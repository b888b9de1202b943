//! localStorage, with this page's memory in its place for pending keys. For effects and event handlers only, never
//! while the server renders.

use std::cell::RefCell;
use std::collections::BTreeMap;

use leptos::prelude::window;

use super::attempt::KeyStore;
use super::record::Record;
use super::storage_names::{PENDING_ACTION, PENDING_ATTEMPT};
use crate::action::begins_a_session;

thread_local! {
    /// Pending keys by their names, where localStorage refuses. A page has one thread.
    static MEMORY: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// A record in localStorage, or in memory if localStorage refuses (private windows, blocked site data). For
/// [`super::key_store`] only.
pub(super) struct LocalStorage<'a>(pub(super) &'a str);

impl<R: Record> KeyStore<R> for LocalStorage<'_> {
    fn read(&self) -> Option<R> {
        let copy = kept(self.0).or_else(|| MEMORY.with_borrow(|it| it.get(self.0).cloned()))?;
        R::of_copy(&copy)
    }

    fn write(&self, pending: &R) {
        let (name, copy) = (self.0, pending.copied());
        let kept = storage().is_some_and(|storage| storage.set_item(name, &copy).is_ok());
        MEMORY.with_borrow_mut(|memory| {
            memory.remove(name);
            if !kept {
                memory.insert(name.to_owned(), copy);
            }
        });
    }

    fn clear(&self) {
        remove(self.0);
        MEMORY.with_borrow_mut(|memory| memory.remove(self.0));
    }
}

/// Names of the actions with a pending key in localStorage or in memory. For [`super::key_store`] only.
pub(super) fn names_of_actions() -> Vec<String> {
    let mut names: Vec<_> = MEMORY.with_borrow(|memory| memory.keys().cloned().collect());
    if let Some(storage) = storage() {
        let indices = 0..storage.length().unwrap_or(0);
        names.extend(indices.filter_map(|index| storage.key(index).ok()?));
    }
    names.iter().filter_map(|name| Some(name.strip_prefix(PENDING_ACTION)?.to_owned())).collect()
}

/// Another tab reported the end of the session and removed its stored keys. Keys in this tab's memory, where
/// localStorage refuses, have to be removed here; a sign-in does not belong to the session.
pub(super) fn forget_actions_in_memory() {
    MEMORY.with_borrow_mut(|memory| {
        memory.retain(|name, _| name.strip_prefix(PENDING_ACTION).is_none_or(begins_a_session));
    });
}

/// Removes the copies of all pending keys. For [`super::key_store`] only.
pub(super) fn remove_pending() {
    remove(PENDING_ATTEMPT);
    for name in names_of_actions() {
        remove(&format!("{PENDING_ACTION}{name}"));
    }
    MEMORY.with_borrow_mut(BTreeMap::clear);
}

/// The localStorage item `name`.
pub(super) fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Stores `value`, which must not be secret, in localStorage; it may fail silently.
pub(super) fn keep(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

/// Whether localStorage is available.
pub(super) fn can_keep() -> bool {
    storage().is_some()
}

/// Removes the localStorage item `name`.
pub(super) fn remove(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
