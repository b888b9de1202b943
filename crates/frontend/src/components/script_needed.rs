//! Says why a form needs scripting, where there is none. It must stay readable without.

use leptos::prelude::*;

/// A parser that runs scripts reads the inside of `noscript` as one text, so it must not be made of
/// elements that hydration would look for.
const WITHOUT_SCRIPTING: &str = "<p class=\"script-needed\">Logging in needs scripting. \
    Baton keeps the access token in the memory of the page and nowhere else, \
    and without a script there is no memory to keep it in. Every other page can be read without.</p>";

/// The sentence, where it is needed. That scripts run but do not start is said by
/// [`StartNote`](super::start_note::StartNote).
#[component]
pub(crate) fn ScriptNeeded() -> impl IntoView {
    view! { <noscript inner_html=WITHOUT_SCRIPTING></noscript> }
}
