//! The browser's clock and timers. For effects and event handlers only, never while the server renders.

use js_sys::{Function, Promise};
use leptos::prelude::window;
use shared::NumericDate;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "a date is far below 2^63")]
pub(super) fn now() -> NumericDate {
    NumericDate((now_ms() / 1000.0) as i64)
}

/// [`now_ms`] without fractions.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a date after 1970, far below 2^53"
)]
pub(super) fn unix_ms() -> u64 {
    now_ms() as u64
}

pub(super) async fn pause(milliseconds: u32) {
    let _ = JsFuture::from(timer(milliseconds)).await;
}

/// A promise that resolves to `undefined` after a timeout.
pub(super) fn timer(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _| call_later(&resolve, milliseconds))
}

fn call_later(function: &Function, milliseconds: u32) {
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    // Without a timer there is no wait, which is right for a page that is closing.
    if window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(function, milliseconds)
        .is_err()
    {
        let _ = function.call0(&JsValue::UNDEFINED);
    }
}
