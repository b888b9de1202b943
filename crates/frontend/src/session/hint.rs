//! The readable cookie beside the refresh token's: it says that there is probably one. Another server on this host
//! may have set it, since cookies know no ports: that one is left alone. It must not know what a session is.

use std::cell::Cell;

use leptos::prelude::{document, window};
use shared::path::{SIGNED_IN_COOKIE, at_port};
use wasm_bindgen::JsCast;

thread_local! {
    /// Whether the cookie of the usual name is known to be another server's. A page has one thread.
    static USUAL_IS_ANOTHERS: Cell<bool> = const { Cell::new(false) };
}

/// Whether a refresh cookie of this server is probably there.
pub(crate) fn is_there() -> bool {
    has(&own()) || (has(SIGNED_IN_COOKIE) && !USUAL_IS_ANOTHERS.get())
}

/// A session of this server is there: under which of the two names, the server has chosen.
pub(super) fn note_session() {
    USUAL_IS_ANOTHERS.set(has(&own()));
}

/// The server says that the cookies of the usual names are not its own.
pub(super) fn note_another_server() {
    USUAL_IS_ANOTHERS.set(true);
}

/// Whether the server has said so.
pub(super) fn usual_is_anothers() -> bool {
    USUAL_IS_ANOTHERS.get()
}

/// Takes the hint away, so that the next page load does not try a refresh that cannot succeed.
pub(super) fn remove() {
    expire(&own());
    if !USUAL_IS_ANOTHERS.get() {
        expire(SIGNED_IN_COOKIE);
    }
}

fn own() -> String {
    let location = window().location();
    let port = location.port().ok().and_then(|port| port.parse().ok());
    // An address without a port has its scheme's own.
    let is_tls = location.protocol().is_ok_and(|protocol| protocol == "https:");
    at_port(SIGNED_IN_COOKIE, port.unwrap_or(if is_tls { 443 } else { 80 }))
}

fn has(name: &str) -> bool {
    let cookies = html().and_then(|document| document.cookie().ok()).unwrap_or_default();
    cookies
        .split("; ")
        .any(|cookie| cookie.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
}

fn expire(name: &str) {
    if let Some(document) = html() {
        let _ =
            document.set_cookie(&format!("{name}=; Path=/; Secure; SameSite=Strict; Max-Age=0"));
    }
}

fn html() -> Option<web_sys::HtmlDocument> {
    document().dyn_into().ok()
}
