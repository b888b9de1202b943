//! Warns before the login that a session cannot last, because this browser keeps no cookies. `session::probe` decides
//! that.

use leptos::prelude::*;

use super::text::Text;
use crate::messages;
use crate::session::no_cookie::NoCookie;
use crate::session::probe::why_no_login_lasts;

/// The note, after the cookie probe. The live region is always in the document, so that a screen reader reads what
/// appears in it.
#[component]
pub(crate) fn CookieNote() -> impl IntoView {
    let why = RwSignal::new(None::<NoCookie>);
    // In the browser only, after hydration: the server cannot probe.
    Effect::new(move |_| why.set(why_no_login_lasts()));
    view! {
        <div class="cookie-note" role="status">
            {move || {
                why.get()
                    .map(|why| {
                        view! {
                            <p class="notice" data-kind="trouble">
                                <Text text=messages::no_login_lasts(why) />
                            </p>
                        }
                    })
            }}
        </div>
    }
}
