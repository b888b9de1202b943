//! The browser's random source: jitter of retries, attempt and idempotency keys, and this tab's name. For effects and
//! event handlers only, never while the server renders.

use leptos::prelude::window;

use super::{attempt, clock};

thread_local! {
    /// A page has one thread.
    static TAB: String = fresh_key();
}

/// A number in `0.0..1.0`, good enough for the jitter of retries.
pub(super) fn jitter() -> f64 {
    js_sys::Math::random()
}

/// A new attempt key or idempotency key, also used as a random name.
pub(super) fn fresh_key() -> String {
    attempt::key_of(clock::unix_ms(), random_bytes())
}

/// The name of this tab, until the page closes.
pub(super) fn tab() -> String {
    TAB.with(Clone::clone)
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
