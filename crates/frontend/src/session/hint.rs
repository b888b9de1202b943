//! The readable hint cookie: it says that there is probably a refresh cookie. Cookies ignore ports, so another server
//! on this host may have set it: such a hint is left alone. localStorage, which is per origin and so per port,
//! records whose hint it is.

use leptos::prelude::{document, window};
use shared::path::{SIGNED_IN_COOKIE, at_port};
use wasm_bindgen::JsCast;

use super::local_storage::{self, can_keep, keep, kept};
use super::storage_names::HINT_OWNER;

const OWN: &str = "own";
const ANOTHERS: &str = "another server's";

/// Whether a refresh cookie of this server is probably there.
pub(crate) fn is_there() -> bool {
    has(&own_name()) || (has(SIGNED_IN_COOKIE) && kept(HINT_OWNER).as_deref() != Some(ANOTHERS))
}

/// Whether this server has set the hint. Without localStorage it counts as its own.
pub(super) fn is_own() -> bool {
    has(&own_name()) || usual_is_own()
}

fn usual_is_own() -> bool {
    kept(HINT_OWNER).map_or_else(|| !can_keep(), |whose| whose == OWN)
}

/// Records whose hint has the usual name: a session of this server is there, and the server has chosen one of the two
/// names.
pub(super) fn note_session() {
    let whose = if has(&own_name()) { ANOTHERS } else { OWN };
    if kept(HINT_OWNER).as_deref() != Some(whose) {
        keep(HINT_OWNER, whose);
    }
}

/// Removes the hint, so that the next page load does not try a refresh that must fail. Another server's hint stays,
/// and is ignored.
pub(super) fn remove() {
    expire(&own_name());
    if usual_is_own() {
        expire(SIGNED_IN_COOKIE);
    }
    forget();
}

/// Handles a refused refresh of a page that knew no session: the hint may have become another server's since it was
/// recorded. It stays if localStorage can record that.
pub(super) fn disregard() {
    expire(&own_name());
    if !can_keep() {
        expire(SIGNED_IN_COOKIE);
    }
    forget();
}

/// Handles the end of a session whose hint the server has cleared. A hint that is left is another server's.
pub(super) fn forget() {
    if has(SIGNED_IN_COOKIE) {
        keep(HINT_OWNER, ANOTHERS);
    } else {
        local_storage::remove(HINT_OWNER);
    }
}

fn own_name() -> String {
    let location = window().location();
    let port = location.port().ok().and_then(|port| port.parse().ok());
    // A URL without a port has its scheme's default.
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
