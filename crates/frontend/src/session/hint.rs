//! The readable cookie beside the refresh token's: it says that there is probably one. Another server on this host
//! may have set it, since cookies know no ports: that one is left alone. Whose it is, a page knows from what it keeps
//! in localStorage, which does know ports. It must not know what a session is.

use leptos::prelude::{document, window};
use shared::path::{SIGNED_IN_COOKIE, at_port};
use wasm_bindgen::JsCast;

use super::browser::{self, can_keep, keep, kept};

/// Where it is kept whose hint the one of the usual name is.
const WHOSE: &str = "baton.hint";
const OWN: &str = "own";
const ANOTHERS: &str = "another server's";

/// Whether a refresh cookie of this server is probably there.
pub(crate) fn is_there() -> bool {
    has(&own_name()) || (has(SIGNED_IN_COOKIE) && kept(WHOSE).as_deref() != Some(ANOTHERS))
}

/// Whether it was this server that has set the hint. Where nothing can be kept it counts as its own.
pub(super) fn is_own() -> bool {
    has(&own_name()) || usual_is_own()
}

fn usual_is_own() -> bool {
    kept(WHOSE).map_or_else(|| !can_keep(), |whose| whose == OWN)
}

/// A session of this server is there: under which of the two names, the server has chosen.
pub(super) fn note_session() {
    let whose = if has(&own_name()) { ANOTHERS } else { OWN };
    if kept(WHOSE).as_deref() != Some(whose) {
        keep(WHOSE, whose);
    }
}

/// Takes the hint away, so that the next page load does not try a refresh that cannot succeed. One that this server
/// has not set stays, and is not looked at any more.
pub(super) fn remove() {
    expire(&own_name());
    if usual_is_own() {
        expire(SIGNED_IN_COOKIE);
    }
    forget();
}

/// A refresh was refused before this page knew of a session: the hint may have become another server's since it was noted.
/// It stays where that can be noted.
pub(super) fn disregard() {
    expire(&own_name());
    if !can_keep() {
        expire(SIGNED_IN_COOKIE);
    }
    forget();
}

/// The session is over, and the server has cleared its hint. What is left is another server's.
pub(super) fn forget() {
    if has(SIGNED_IN_COOKIE) {
        keep(WHOSE, ANOTHERS);
    } else {
        browser::remove(WHOSE);
    }
}

fn own_name() -> String {
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
