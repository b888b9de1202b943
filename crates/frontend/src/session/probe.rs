//! Probes whether the browser keeps cookies: sets one and reads it back. [`super::no_cookie`] interprets the result.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;

use super::no_cookie::{NoCookie, Observed};
use super::random;

/// Prefix of the probe's name; a random key follows, since tabs share cookies.
const PROBE: &str = "__Host-baton-probe-";
/// The sessionStorage item, per tab: the browser kept no cookie of this tab's login.
const NOT_KEPT: &str = "baton.no-cookie";

/// Why a login will not last in this browser; `None` if it will, as far as a page can tell.
pub(crate) fn why_no_login_lasts() -> Option<NoCookie> {
    let observed = observe();
    (!observed.probe_kept).then(|| NoCookie::given(observed))
}

/// What the page can observe now.
pub(super) fn observe() -> Observed {
    let navigator = window().navigator();
    let enabled = js_sys::Reflect::get(&navigator, &"cookieEnabled".into());
    Observed {
        cookies_enabled: enabled.ok().and_then(|enabled| enabled.as_bool()).unwrap_or(true),
        storage_allowed: window().local_storage().is_ok(),
        secure_context: window().is_secure_context(),
        over_https: window().location().protocol().is_ok_and(|protocol| protocol == "https:"),
        probe_kept: keeps_the_probe(),
    }
}

/// Sets a cookie with the attributes of the refresh cookie that a script may set, and removes it at once.
fn keeps_the_probe() -> bool {
    let name = format!("{PROBE}{}", random::fresh_key());
    set(&format!("{name}=1; Path=/; Secure; SameSite=Strict; Max-Age=10"));
    let kept =
        html().and_then(|document| document.cookie().ok()).is_some_and(|it| it.contains(&name));
    set(&format!("{name}=; Path=/; Secure; SameSite=Strict; Max-Age=0"));
    kept
}

fn set(cookie: &str) {
    if let Some(document) = html() {
        let _ = document.set_cookie(cookie);
    }
}

fn html() -> Option<web_sys::HtmlDocument> {
    document().dyn_into().ok()
}

/// Records for the next page load of this tab that its login is lost. Not recorded where storage is blocked together
/// with cookies.
pub(super) fn note_not_kept() {
    if let Some(storage) = storage() {
        let _ = storage.set_item(NOT_KEPT, "1");
    }
}

/// Removes the record; whether there was one.
pub(super) fn take_note() -> bool {
    storage().is_some_and(|storage| {
        let noted = storage.get_item(NOT_KEPT).ok().flatten().is_some();
        let _ = storage.remove_item(NOT_KEPT);
        noted
    })
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}
