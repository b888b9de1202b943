//! Says, before a password is typed, that a login would not last, because this browser keeps no cookies. It must not
//! decide whether it does.

use leptos::prelude::*;

use super::text::Text;
use crate::messages;
use crate::session::no_cookie::NoCookie;
use crate::session::probe::why_no_login_lasts;

/// The note, once the browser has been asked. The region is always there, so that what appears in it is read out.
#[component]
pub(crate) fn CookieNote() -> impl IntoView {
    let why = RwSignal::new(None::<NoCookie>);
    // In the browser only, and after hydration: the server cannot know.
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
