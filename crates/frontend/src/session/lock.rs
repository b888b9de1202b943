//! One refresh at a time in this browser: the Web Locks API, waited for only so long, so that a lock
//! which an orphaned tab holds for ever costs seconds, not the page. It saves requests, and no session rests on it:
//! without the lock, tabs are held together by the attempt key that they share ([`super::store`]).
//!
//! A lock can be held twice: when a browser clears or evicts an origin's storage, pages that had used locks keep the
//! old set, and later ones get a new one (seen in Chromium 156). So each tab holds a lock of its own name for as
//! long as it lives and tells the others ([`super::tabs`]); one that cannot see it trusts the lock no more, and says so.

use std::cell::Cell;

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{browser, key_store};
use crate::transport::REQUEST_TIMEOUT_MS;

const NAME: &str = "baton-refresh";
/// A tab's own lock is called this and a random number.
const TAB: &str = "baton-tab-";
/// Longer than a request takes, and taking and settling its key: a tab that does not wait so long sends its cookie beside
/// another one's. No tab holds it longer: it is let go between two tries, and taken again.
const WAIT_MS: u32 = REQUEST_TIMEOUT_MS + 2 * key_store::TIMEOUT_MS + 1_000;
/// How long one may have had it who sends a second request with it.
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
    /// Whether all tabs that were heard of see one set of locks. A page has one thread.
    static IS_TRUSTED: Cell<bool> = const { Cell::new(true) };
}

/// From now on the lock is held together with others.
pub(super) fn distrust() {
    IS_TRUSTED.set(false);
}

/// Holds a lock of this tab's own until the page is gone; its name, once it is held.
pub(super) async fn hold_own() -> Option<String> {
    let name = format!("{TAB}{}", browser::fresh_key());
    let (grant, granted) = oneshot::channel();
    let mut grant = Some(grant);
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_lock| {
        if let Some(grant) = grant.take() {
            let _ = grant.send(());
        }
        Promise::new(&mut |_, _| {})
    });
    let held = manager()?.request(&name, &Object::new(), callback.as_ref().unchecked_ref()).ok()?;
    // The page holds it until it is gone.
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

/// The lock, or the decision to go on without it. Dropping it lets the next tab go.
pub(super) struct LockGuard {
    release: Option<Function>,
    since_ms: f64,
}

impl LockGuard {
    /// Whether it is the lock, and no other tab can hold it.
    pub(super) fn is_exclusive(&self) -> bool {
        self.release.is_some() && IS_TRUSTED.get()
    }

    /// The lock, if one more request is answered before others cease to wait for it; else it is let go.
    pub(super) fn for_another_request(self) -> Option<Self> {
        (browser::now_ms() - self.since_ms < f64::from(YOUNG_MS)).then_some(self)
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits for the lock, at most [`WAIT_MS`]. Without it we go on.
pub(super) async fn acquire() -> LockGuard {
    let release = match request_lock() {
        Some(granted) => granted.await.ok(),
        None => None,
    };
    LockGuard { release, since_ms: browser::now_ms() }
}

/// Asks for the lock. What arrives is the function that lets it go.
fn request_lock() -> Option<oneshot::Receiver<Function>> {
    let locks = manager()?;
    let (grant, granted) = oneshot::channel();
    let mut grant = Some(grant);
    let callback = Closure::once(move |_lock: JsValue| {
        // The browser holds the lock until this promise is resolved.
        Promise::new(&mut |release, _| {
            if let Some(grant) = grant.take() {
                // Nobody waits any more: let go at once.
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
        // Settles when the lock is released, or when the wait is over. The callback lives until
        // then; with it goes the sender, and whoever waits learns that no lock will come.
        let _ = JsFuture::from(held).await;
        drop(callback);
    });
    Some(granted)
}
