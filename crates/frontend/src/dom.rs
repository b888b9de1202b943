//! What parts of a page need to know and do about the page in the browser: whether the scripts have
//! taken over, and where the focus goes. It must not know any part.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Whether the scripts have taken over. Until then a click on a button would be lost.
#[derive(Clone, Copy)]
pub(crate) struct Ready(pub(crate) RwSignal<bool>);

/// Focuses the first element that matches, once what is being rendered now is there.
pub(crate) fn focus_soon(selector: &'static str) {
    // The first frame may come before the router has put the new page in place, the second not.
    request_animation_frame(move || {
        request_animation_frame(move || {
            let element = document().query_selector(selector).ok().flatten();
            if let Some(element) = element.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
            {
                let _ = element.focus();
            }
        });
    });
}
