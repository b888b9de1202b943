//! What parts of a page need to know and do about the page in the browser: whether the scripts have
//! taken over, where the focus goes, and how this browser writes dates. It must not know any part.

use leptos::prelude::*;
use shared::NumericDate;
use wasm_bindgen::JsCast;

/// Whether the scripts have taken over. Until then a click on a button would be lost.
#[derive(Clone, Copy)]
pub(crate) struct Ready(pub(crate) RwSignal<bool>);

/// Where users type.
const TYPED_INTO: &str = "input, textarea";

/// Focuses the first element that matches, once what is being rendered now is there. Who has begun to type
/// somewhere meanwhile is not interrupted.
pub(crate) fn focus_soon(selector: impl Into<String>) {
    let selector = selector.into();
    let before = document().active_element();
    // The first frame may come before the router has put the new page in place, the second not.
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

/// The instant as this browser writes dates. In the browser only.
pub(crate) fn local_time(at: NumericDate) -> String {
    let options = js_sys::Object::new();
    for (name, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // Setting a member of a new object cannot fail.
        let _ = js_sys::Reflect::set(&options, &name.into(), &style.into());
    }
    date_of(at).to_locale_string("default", &options).into()
}

/// The time of the day, for an instant in milliseconds since 1970 that is near. In the browser only.
pub(crate) fn time_of_day(at_ms: f64) -> String {
    let options = js_sys::Object::new();
    // Setting a member of a new object cannot fail.
    let _ = js_sys::Reflect::set(&options, &"timeStyle".into(), &"short".into());
    js_sys::Date::new(&at_ms.into()).to_locale_string("default", &options).into()
}

/// The instant for programs, as the `datetime` of a `time` element. In the browser only.
pub(crate) fn machine_time(at: NumericDate) -> String {
    date_of(at).to_iso_string().into()
}

fn date_of(NumericDate(seconds): NumericDate) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "a date is far below 2^52")]
    let milliseconds = seconds as f64 * 1000.0;
    js_sys::Date::new(&milliseconds.into())
}
