//! Explains, where scripts are off, why a form needs them.

use leptos::prelude::*;

/// With scripts on, a parser reads the content of `noscript` as one text, so it must not be elements that hydration
/// looks for.
const WITHOUT_SCRIPTING: &str = "<p class=\"script-needed\">Logging in needs scripting. \
    Baton keeps the access token in the memory of the page alone, \
    and without a script there is no memory to keep it in. Every other page can be read without.</p>";

/// The sentence. [`StartNote`](super::start_note::StartNote) covers scripts that run but fail to start.
#[component]
pub(crate) fn ScriptNeeded() -> impl IntoView {
    view! { <noscript inner_html=WITHOUT_SCRIPTING></noscript> }
}
