//! BroadcastChannel between tabs: access tokens and sign-outs, from memory to memory, never in storage. A browser
//! without it only refreshes more often.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use shared::body::SessionBody;
use shared::{RevocationReason, SessionId};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::wake;

/// A message to the other tabs.
#[derive(Serialize, Deserialize)]
pub(super) struct Message {
    /// The kind; it decides which members are set.
    pub(super) kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<SessionBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires_at_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<Reason>,
    /// Why the server revoked the session, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<RevocationReason>,
    /// The lock that the sending tab holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lock: Option<String>,
}

impl Message {
    /// A message without other members.
    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            session: None,
            expires_at_ms: None,
            session_id: None,
            reason: None,
            cause: None,
            lock: None,
        }
    }
}

/// The kind of a [`Message`].
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A new access token: [`wake::TOKEN`].
    Token,
    /// A session has ended.
    Ended,
    /// A new tab, which holds a lock of its own.
    Here,
    /// A tab cannot see another tab's lock, so the refresh lock no longer excludes other tabs.
    LocksDiffer,
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// The server refused to refresh it, or it was deleted with its account.
    Ended,
    /// The user logged out.
    LoggedOut,
}

thread_local! {
    /// Lives as long as the page. A page has one thread.
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Subscribes to the channel.
pub(super) fn open(on_message: impl Fn(Message) + 'static) {
    let Some(channel) = wake::channel() else { return };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(message) = read(&event.data()) {
            on_message(message);
        }
    });
    channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The page listens until it is closed.
    listener.forget();
    CHANNEL.set(Some(channel));
}

/// Sends to the other tabs, if there are any.
pub(super) fn post(message: &Message) {
    CHANNEL.with_borrow(|channel| {
        let Some(channel) = channel else { return };
        if let Some(message) =
            serde_json::to_string(message).ok().and_then(|json| js_sys::JSON::parse(&json).ok())
        {
            let _ = channel.post_message(&message);
        }
    });
}

/// The message in an event's data.
pub(super) fn read(data: &JsValue) -> Option<Message> {
    let json = js_sys::JSON::stringify(data).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}
