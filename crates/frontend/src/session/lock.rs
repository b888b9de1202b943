//! Web Lock around refreshes: one at a time in this browser, with a timeout, so that a lock which an orphaned tab
//! never releases costs seconds, not the page. It saves requests; no session depends on it: without the
//! lock, tabs share an attempt key ([`super::key_store`]).
//!
//! Two tabs can hold the lock at once: when a browser clears or evicts an origin's storage, pages that had used locks
//! keep the old set, and later pages get a new one (seen in Chromium 156). So each tab holds a lock of its own name
//! while it lives, and broadcasts the name ([`super::tabs`]); a tab that cannot see it no longer trusts the lock, and
//! broadcasts that.

use std::cell::Cell;

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{clock, key_store, random};
use crate::transport::REQUEST_TIMEOUT_MS;

const NAME: &str = "baton-refresh";
/// Prefix of a tab's own lock; a random key follows.
const TAB: &str = "baton-tab-";
/// Timeout for the lock: longer than a request with taking and settling its key. A tab that waits less sends its
/// cookie beside another tab's. No tab holds the lock longer: it is released between tries.
const WAIT_MS: u32 = REQUEST_TIMEOUT_MS + 2 * key_store::TIMEOUT_MS + 1_000;
/// Maximum age of the lock for a second request.
const YOUNG_MS: u32 = WAIT_MS - REQUEST_TIMEOUT_MS - 1_000;

#[wasm_bindgen]
extern "C" {
    /// web-sys has this only behind an unstable flag.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        callback: &Function,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn query(this: &LockManager) -> Result<Promise, JsValue>;
}

thread_local! {
    /// Whether all known tabs see one set of locks. A page has one thread.
    static IS_TRUSTED: Cell<bool> = const { Cell::new(true) };
}

/// The lock no longer excludes other tabs.
pub(super) fn distrust() {
    IS_TRUSTED.set(false);
}

/// Holds this tab's own lock until the page closes. Returns its name once it is granted.
pub(super) async fn hold_own() -> Option<String> {
    let name = format!("{TAB}{}", random::fresh_key());
    let (grant, granted) = oneshot::channel();
    let mut grant = Some(grant);
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_lock| {
        if let Some(grant) = grant.take() {
            let _ = grant.send(());
        }
        Promise::new(&mut |_, _| {})
    });
    let held = manager()?.request(&name, &Object::new(), callback.as_ref().unchecked_ref()).ok()?;
    // The page holds it until it closes.
    callback.forget();
    spawn_local(async move {
        let _ = JsFuture::from(held).await;
    });
    granted.await.ok().map(|()| name)
}

/// Whether this tab can see that lock. `None` if the browser does not say.
pub(super) async fn can_see(name: &str) -> Option<bool> {
    let locks = JsFuture::from(manager()?.query().ok()?).await.ok()?;
    let held: Array = Reflect::get(&locks, &"held".into()).ok()?.dyn_into().ok()?;
    let name_of = |lock: JsValue| Reflect::get(&lock, &"name".into()).ok()?.as_string();
    Some(held.iter().filter_map(name_of).any(|held| held == name))
}

fn manager() -> Option<LockManager> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

/// The lock, or the decision to proceed without it. Dropping it releases the lock.
pub(super) struct LockGuard {
    release: Option<Function>,
    since_ms: f64,
}

impl LockGuard {
    /// Whether the lock is held, and no other tab can hold it too.
    pub(super) fn is_exclusive(&self) -> bool {
        self.release.is_some() && IS_TRUSTED.get()
    }

    /// Keeps the lock if one more request fits into the timeout of waiting tabs; else releases it.
    pub(super) fn for_another_request(self) -> Option<Self> {
        (clock::now_ms() - self.since_ms < f64::from(YOUNG_MS)).then_some(self)
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits for the lock until its timeout ([`WAIT_MS`]), then proceeds without it.
pub(super) async fn acquire() -> LockGuard {
    let release = match request_lock() {
        Some(granted) => granted.await.ok(),
        None => None,
    };
    LockGuard { release, since_ms: clock::now_ms() }
}

/// Requests the lock. The receiver gets the function that releases it.
fn request_lock() -> Option<oneshot::Receiver<Function>> {
    let locks = manager()?;
    let (grant, granted) = oneshot::channel();
    let mut grant = Some(grant);
    let callback = Closure::once(move |_lock: JsValue| {
        // The browser holds the lock until this promise is resolved.
        Promise::new(&mut |release, _| {
            if let Some(grant) = grant.take() {
                // The waiter is gone: release at once.
                if let Err(release) = grant.send(release) {
                    let _ = release.call0(&JsValue::UNDEFINED);
                }
            }
        })
    });
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &AbortSignal::timeout_with_u32(WAIT_MS)).ok()?;
    let held = locks.request(NAME, &options, callback.as_ref().unchecked_ref()).ok()?;
    spawn_local(async move {
        // Settles at the release or at the timeout. The callback lives until then; dropping it drops the sender, and
        // so tells the waiter that no lock will come.
        let _ = JsFuture::from(held).await;
        drop(callback);
    });
    Some(granted)
}
