//! Listens to other tabs until the client is loaded, which then handles what was heard: a login in another tab is one
//! reason to load it.

use std::cell::RefCell;

use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

/// The name of the channel between tabs.
pub(super) const CHANNEL: &str = "baton";
/// The `kind` of a message that brings an access token.
pub(super) const TOKEN: &str = "token";
/// More messages than other tabs send before one of them brings a token.
const MOST_MESSAGES: usize = 1_000;

struct Waiting {
    channel: BroadcastChannel,
    heard: Vec<JsValue>,
    _listener: Closure<dyn Fn(MessageEvent)>,
}

thread_local! {
    static WAITING: RefCell<Option<Waiting>> = const { RefCell::new(None) };
}

/// Opens the channel; `None` where the browser has none.
pub(super) fn channel() -> Option<BroadcastChannel> {
    let has_channels = js_sys::Reflect::has(&window(), &"BroadcastChannel".into()).unwrap_or(false);
    has_channels.then(|| BroadcastChannel::new(CHANNEL).ok()).flatten()
}

/// Listens from now on; `on_token` is called when another tab sends an access token.
pub(super) fn wait(on_token: impl Fn() + 'static) {
    let Some(channel) = channel() else { return };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let message = event.data();
        let kind = js_sys::Reflect::get(&message, &"kind".into()).unwrap_or_default();
        WAITING.with_borrow_mut(|waiting| {
            if let Some(Waiting { heard, .. }) = waiting
                && heard.len() < MOST_MESSAGES
            {
                heard.push(message);
            }
        });
        if kind.as_string().as_deref() == Some(TOKEN) {
            on_token();
        }
    });
    channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    WAITING.set(Some(Waiting { channel, heard: Vec::new(), _listener: listener }));
}

/// Stops listening. The messages that were heard.
pub(super) fn stop() -> Vec<JsValue> {
    let Some(Waiting { channel, heard, .. }) = WAITING.take() else { return Vec::new() };
    channel.close();
    heard
}
