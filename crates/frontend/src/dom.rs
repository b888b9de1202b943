//! Browser functions for components: whether the page is hydrated, focus, and local dates.

use leptos::prelude::*;
use shared::NumericDate;
use wasm_bindgen::JsCast;

/// Whether the page is hydrated. Before that a click on a button would be lost.
#[derive(Clone, Copy)]
pub(crate) struct Ready(pub(crate) RwSignal<bool>);

/// The inputs that users type into.
const TYPED_INTO: &str = "input, textarea";

/// Focuses the first element that matches, after the current render. A user who has begun to type elsewhere keeps the
/// focus.
pub(crate) fn focus_soon(selector: impl Into<String>) {
    let selector = selector.into();
    let before = document().active_element();
    // The first frame may come before the router has mounted the new page; the second cannot.
    request_animation_frame(move || {
        request_animation_frame(move || {
            let now = document().active_element();
            if now != before && now.is_some_and(|it| it.matches(TYPED_INTO).unwrap_or_default()) {
                return;
            }
            let element = document().query_selector(&selector).ok().flatten();
            if let Some(element) = element.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
            {
                let _ = element.focus();
            }
        });
    });
}

/// An instant in this browser's date format. In the browser only.
pub(crate) fn local_time(at: NumericDate) -> String {
    let options = js_sys::Object::new();
    for (name, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Setting a member of a new object cannot fail.
        let _ = js_sys::Reflect::set(&options, &name.into(), &style.into());
    }
    date_of(at).to_locale_string("default", &options).into()
}

/// The time of day of an instant in milliseconds since 1970. In the browser only.
pub(crate) fn time_of_day(at_ms: f64) -> String {
    let options = js_sys::Object::new();
    // Setting a member of a new object cannot fail.
    let _ = js_sys::Reflect::set(&options, &"timeStyle".into(), &"short".into());
    js_sys::Date::new(&at_ms.into()).to_locale_string("default", &options).into()
}

/// An instant as the `datetime` of a `time` element. In the browser only.
pub(crate) fn machine_time(at: NumericDate) -> String {
    date_of(at).to_iso_string().into()
}

fn date_of(NumericDate(seconds): NumericDate) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "a date is far below 2^52")]
    let milliseconds = seconds as f64 * 1000.0;
    js_sys::Date::new(&milliseconds.into())
}
