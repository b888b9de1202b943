//! The browser's clock, random source, timer and localStorage. For effects and event handlers only, never while the
//! server renders.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Function, Promise};
use leptos::prelude::window;
use shared::NumericDate;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::attempt::{self, KeyStore, PENDING_ATTEMPT};
use super::key_store;
use super::login_alerts::DISMISSED;
use super::pending_action::PENDING_ACTION;
use super::record::Record;
use crate::action::begins_a_session;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "a date is far below 2^63")]
pub(super) fn now() -> NumericDate {
    NumericDate((now_ms() / 1000.0) as i64)
}

/// [`now_ms`] without fractions.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a date after 1970, far below 2^53"
)]
pub(super) fn unix_ms() -> u64 {
    now_ms() as u64
}

/// A number in `0.0..1.0`, good enough for the jitter of retries.
pub(super) fn jitter() -> f64 {
    js_sys::Math::random()
}

/// A new attempt key or idempotency key, also used as a random name.
pub(super) fn fresh_key() -> String {
    attempt::key_of(unix_ms(), random_bytes())
}

/// 80 random bits. An attempt key is no credential, so a browser without `crypto` may use `Math.random`.
fn random_bytes() -> [u8; 10] {
    let mut bytes = [0; 10];
    let filled = window()
        .crypto()
        .is_ok_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number from 0 up to 256 becomes a byte"
        )]
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

pub(super) async fn pause(milliseconds: u32) {
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// A promise that resolves to `undefined` after a timeout.
pub(super) fn timer(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _| call_later(&resolve, milliseconds))
}

fn call_later(function: &Function, milliseconds: u32) {
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    // Without a timer there is no wait, which is right for a page that is closing.
    if window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(function, milliseconds)
        .is_err()
    {
        let _ = function.call0(&JsValue::UNDEFINED);
    }
}

/// The page's origin, and its path with the query.
pub(crate) fn here() -> (String, String) {
    let location = window().location();
    let part = |part: Result<String, _>| part.unwrap_or_default();
    (part(location.origin()), part(location.pathname()) + &part(location.search()))
}

/// The name of this tab, until the page closes.
pub(super) fn tab() -> String {
    TAB.with(Clone::clone)
}

thread_local! {
    /// Pending keys by their names, where localStorage refuses. A page has one thread.
    static MEMORY: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    static TAB: String = fresh_key();
}

/// A record in localStorage, or in memory if localStorage refuses (private windows, blocked site data). For
/// [`key_store`] only.
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

/// Names of the actions with a pending key in localStorage or in memory. For [`key_store`] only.
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

/// Removes the copies of all pending keys. For [`key_store`] only.
pub(super) fn remove_pending() {
    remove(PENDING_ATTEMPT);
    for name in names_of_actions() {
        remove(&format!("{PENDING_ACTION}{name}"));
    }
    MEMORY.with_borrow_mut(BTreeMap::clear);
}

/// Removes all stored data of a session (ASVS 5.0.0 V14.3.1), for logout and account deletion.
pub(super) async fn clear_stored() {
    remove(DISMISSED);
    key_store::clear().await;
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
