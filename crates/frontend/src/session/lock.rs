//! One refresh at a time in this browser: the Web Locks API, waited for only so long, so that a lock
//! which an orphaned tab holds for ever costs seconds, not the page. Without the lock, tabs are held
//! together by the attempt key they share in localStorage; but taking a key is no atomic step there,
//! so two tabs that begin in the same instant may each make one, and look like two parties. `refresh`
//! looks twice to make that rare; rotation.md lists it among the limits.

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use crate::transport::ANSWER_WITHIN_MS;

const NAME: &str = "baton-refresh";
/// Longer than a request takes: whoever goes on without the lock sends its cookie beside somebody else's.
const WAIT_MS: u32 = ANSWER_WITHIN_MS + 1_000;

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
}

/// The lock, or the decision to go on without it. Dropping it lets the next tab go.
pub(super) struct Held(Option<Function>);

impl Held {
    /// Whether it is the lock.
    pub(super) const fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits for the lock, at most [`WAIT_MS`]. Without it we go on.
pub(super) async fn acquire() -> Held {
    match request_lock() {
        Some(granted) => Held(granted.await.ok()),
        None => Held(None),
    }
}

/// Asks for the lock. What arrives is the function that lets it go.
fn request_lock() -> Option<oneshot::Receiver<Function>> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok()?;
    if !locks.is_object() {
        return None;
    }
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
    let held = locks
        .unchecked_into::<LockManager>()
        .request(NAME, &options, callback.as_ref().unchecked_ref())
        .ok()?;
    spawn_local(async move {
        // Settles when the lock is released, or when the wait is over. The callback lives until
        // then; with it goes the sender, and whoever waits learns that no lock will come.
        let _ = JsFuture::from(held).await;
        drop(callback);
    });
    Some(granted)
}
